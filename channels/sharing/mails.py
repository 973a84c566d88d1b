"""The mail that says that a ticket is shared with somebody."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts.adapter import AUTOMATIC
from accounts.models import User
from accounts.notifications import Channel, Event, unsubscribe_url, wanting
from channels.email import signed
from tenants.models import Route, Tenant
from tickets.models import Participant, Ticket


def tell(ticket: Ticket, participants: Sequence[Participant], *, by: User) -> int:
    """Queue the mail to each who wants it and whom it reaches; returns how many."""
    people = [one.user for one in participants if one.user_id != by.pk]
    reached = [one for one in people if one.has_address and one.undeliverable_at is None]
    tenant = Tenant.current()
    try:
        mailbox = tenant.mailbox
    except Route.DoesNotExist:
        return 0
    wanted = wanting(reached, Event.TICKET_SHARED, Channel.MAIL)
    for person in wanted:
        _compose(ticket, person, by, tenant, mailbox).send()
    return len(wanted)


def _compose(ticket: Ticket, person: User, by: User, tenant: Tenant, mailbox: str) -> EmailMessage:
    """In its reader's language; an answer to it joins the ticket."""
    unsubscribe = unsubscribe_url(person, Event.TICKET_SHARED)
    with translation.override(person.language or settings.LANGUAGE_CODE):
        context = {
            "ticket": ticket,
            "person": person,
            "by": by,
            "tenant": tenant,
            "link": tenant.url(reverse("portal:ticket", args=[ticket.number])),
            "unsubscribe": unsubscribe,
        }
        words = {"number": ticket.number, "name": " ".join(str(by).split())}
        return EmailMessage(
            subject=gettext("%(name)s shares ticket #%(number)s with you") % words,
            body=render_to_string("channels/shared.txt", context).strip() + "\n",
            from_email=formataddr((tenant.name, mailbox)),
            to=[person.email],
            reply_to=[signed.address(mailbox, "t", ticket.number)],
            headers={
                **AUTOMATIC,
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
