"""The confirmation that a new ticket arrived: its number and the promised moment (law 9)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.timezone import now

from accounts.models import User
from sla.models import Promise
from sla.services import open_promise
from tenants.connection import connection
from tenants.models import Route, Tenant
from tickets import services
from tickets.models import Message, Ticket

PAUSE = timedelta(minutes=15)
MOST_A_DAY = 5

LATELY = """
SELECT count(*), max(sent_at) FROM tickets_message
WHERE is_automatic AND kind = 'outbound' AND recipient_id = %s AND sent_at > %s
"""


def send(ticket: Ticket, *, is_verified: bool) -> Message | None:
    """Queue the confirmation, unless the address got one lately or is one of ours."""
    if not may_send(ticket.requester):
        return None
    return services.acknowledge(ticket, text=_text(ticket, is_verified=is_verified))


def may_send(requester: User) -> bool:
    """At most one confirmation per address in 15 minutes and five a day; never to ourselves.

    The requester is locked (`channels.people`), so two workers cannot both find the address free.
    """
    if requester.undeliverable_at or requester.email.endswith(".invalid"):
        return False
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(LATELY, [requester.pk, moment - timedelta(days=1)])
        count, last = cursor.fetchone()
    if count >= MOST_A_DAY or (last is not None and last > moment - PAUSE):
        return False
    return not Route.objects.for_address(requester.email).exists()


def _text(ticket: Ticket, *, is_verified: bool) -> str:
    """What is said, in the customer's language and in the zone of the business hours.

    Who has not proven that the address is theirs is told nothing of deadlines.
    """
    promise: Promise | None = open_promise(ticket) if is_verified else None
    zone = promise.hours.zone if promise else timezone.get_current_timezone()
    with (
        translation.override(ticket.requester.language or settings.LANGUAGE_CODE),
        timezone.override(zone),
    ):
        context = {"ticket": ticket, "promise": promise, "tenant": Tenant.current()}
        return render_to_string("channels/acknowledgement.txt", context).strip()
