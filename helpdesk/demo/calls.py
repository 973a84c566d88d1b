"""Calls that customers have agreed: one as soon as possible, one to be tried again, one later.

The numbers are those that the Bundesnetzagentur keeps free for films.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from channels.callback import attempts, calls, offers
from channels.callback.attempts import Attempt
from channels.callback.calls import CallRequest
from channels.callback.numbers import Number
from channels.models import CallAttempt, SystemMail
from tenants.acts import act
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Asked:
    """Which story is to be talked about, where, in which free slot (none: as soon as possible)."""

    subject: str
    e164: str
    slot: int | None = None
    note: str = ""


CALLS = (
    Asked("Rechnungslayout nach dem Update verschoben", "+496990009012"),
    Asked("Lagerbestand weicht zwischen zwei Kanälen ab", "+494066969034", 0, "Besetzt."),
    Asked("Mehrere Absenderadressen hinterlegen", "+493023125056", 3),
    Asked("Pfand wird auf der Rechnung nicht ausgewiesen", "+498999998078", 1),
    Asked("Kassenlade öffnet nicht", "+492214710090"),
)


def agree_calls(at: datetime) -> None:
    """Agree what this tenant's stories ask for; nobody is written to about it."""
    for asked in CALLS:
        ticket = Ticket.objects.queued().filter(subject=asked.subject).last()
        if ticket is not None:
            _agree(ticket, asked, at)


@act()
def _agree(ticket: Ticket, asked: Asked, at: datetime) -> None:
    offer = offers.offer(ticket.organisation, offers.promised_for(ticket, at), at=at)
    free = (*offer.soon, *offer.later)
    slot = free[asked.slot] if asked.slot is not None and len(free) > asked.slot else None
    request = CallRequest(Number(asked.e164), asked.subject, slot)
    call = calls.agree(ticket, request, by=ticket.requester, at=at)
    if asked.note:
        agent = ticket.assignee or User.objects.agents().order_by("pk")[0]
        tried = Attempt(CallAttempt.Outcome.NOT_REACHED, note=asked.note)
        attempts.log(call, tried, by=agent, at=at)
    ticket.messages.filter(is_automatic=True).delete()
    # The copy of one that stands in the portal.
    SystemMail.objects.all().pending().filter(recipient=ticket.requester.email).delete()
