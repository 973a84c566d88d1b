"""The confirmation that a new ticket arrived: its number and the promised moment (law 9).

Who wrote by the contact form with an address that is not proven to be theirs is asked to prove it.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.timezone import now

from accounts.models import User
from channels.contact_form import proof
from sla.models import Promise
from sla.services import open_promise
from tenants.connection import connection
from tenants.models import Route, Tenant
from tickets import writing
from tickets.models import Channel, Message, Ticket

PAUSE = timedelta(minutes=15)
MOST_A_DAY = 5
BY_MAIL = "channels/acknowledgement.txt"
TEMPLATES: dict[str, str] = {Channel.FACEBOOK: "channels/facebook/acknowledgement.txt"}

LATELY = """
SELECT count(*), max(sent_at) FROM tickets_message
WHERE is_automatic AND kind = 'outbound' AND recipient_id = %s AND sent_at > %s
"""


def send(ticket: Ticket, *, is_verified: bool) -> Message | None:
    """Queue the confirmation, unless the address got one lately or is one of ours."""
    asks_for_proof = not is_verified and ticket.channel == Channel.CONTACT_FORM
    if not may_send(ticket.requester, ticket.channel, asks_for_proof=asks_for_proof):
        return None
    if asks_for_proof:
        return writing.acknowledge(ticket, text=proof.text(ticket))
    return writing.acknowledge(ticket, text=_text(ticket, is_verified=is_verified))


def may_send(
    requester: User,
    channel: str = Channel.EMAIL,
    *,
    asks_for_proof: bool = False,
    pause: timedelta = PAUSE,
    most: int = MOST_A_DAY,
) -> bool:
    """At most one confirmation per person in 15 minutes and five a day; never to ourselves.

    What people agree is confirmed each time: such mails have limits of their own. Where mail has
    come back, whoever says again that the address is theirs may be asked to prove it, once a day.

    The requester is locked (`channels.people`), so two workers cannot both find the address free.
    """
    by_mail = channel != Channel.FACEBOOK
    came_back = by_mail and requester.undeliverable_at is not None
    if by_mail and not (requester.has_address and (asks_for_proof or not came_back)):
        return False
    most, moment = 1 if came_back else most, now()
    with connection.cursor() as cursor:
        cursor.execute(LATELY, [requester.pk, moment - timedelta(days=1)])
        count, last = cursor.fetchone()
    if count >= most or (last is not None and last > moment - pause):
        return False
    return not (by_mail and Route.objects.for_address(requester.email).exists())


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
        return render_to_string(TEMPLATES.get(ticket.channel, BY_MAIL), context).strip()
