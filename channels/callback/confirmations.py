"""The mails about a call: agreed, moved, cancelled. They keep no promise, and answer nothing."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from channels import acknowledgement
from channels.callback import entries
from channels.callback.models import CallBack
from sla.services import open_promise
from sla.tiers import tier_of, version_for
from tenants.models import Tenant
from tickets import writing
from tickets.models import Message, Ticket

# Each tells of something that somebody agreed; the limit stops whoever plays with the form.
MOST_A_DAY = 20


class What(StrEnum):
    """What happened to a call, as the history and the mail name it."""

    AGREED = "agreed"
    MOVED = "moved"
    CANCELLED = "cancelled"


def send(call: CallBack, ticket: Ticket, what: What) -> Message | None:
    """Queue the mail in the customer's language, unless they had too many today or take none."""
    pause = timedelta()
    if not acknowledgement.may_send(ticket.requester, pause=pause, most=MOST_A_DAY):
        return None
    with translation.override(ticket.requester.language or settings.LANGUAGE_CODE):
        entry, text = entries.following(call, ticket), _text(call, ticket, what)
    return writing.acknowledge(ticket, text=text, files=[entry] if entry else [])


def _text(call: CallBack, ticket: Ticket, what: What) -> str:
    """In the zone of the business hours."""
    promise = open_promise(ticket) if ticket.is_verified else None
    hours = promise.hours if promise else version_for(tier_of(ticket.organisation)).hours
    with timezone.override(hours.zone):
        context = {
            "call": call,
            "ticket": ticket,
            "what": what.value,
            "promise": promise,
            "tenant": (tenant := Tenant.current()),
            "base": tenant.url(""),
        }
        return render_to_string("channels/call_back.txt", context).strip()
