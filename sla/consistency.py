"""Proves that nothing will be found late, and puts right what would be.

Compares what is stored with what follows from the promises: each open promise's next check, its
ticket's place in the queue, and the tenant's wakeup. What is due for the sweep at this moment is
the sweep's to do and no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from sla import queue, services, sweep
from sla.models import Promise
from tenants import wakeups
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Wakeup
from tickets import recording
from tickets.models import Ticket
from tickets.states import QUEUED, WORKABLE

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it follows: of which ticket (0: of the tenant), what, and how."""

    ticket: int
    what: str
    stored: str
    expected: str


def findings(at: datetime) -> Iterator[Finding]:
    """Everything that is wrong in the current tenant at a moment; reads, and changes nothing."""
    for promise in _open_promises():
        yield from _of_promise(promise, at)
    for ticket in _without_promise():
        yield from _of_ticket_without(ticket)
    yield from _of_wakeup()


def repair(at: datetime) -> list[Finding]:
    """Put everything right that `findings` names, ticket by ticket; returns what was wrong."""
    found = list(findings(at))
    for number in sorted({finding.ticket for finding in found} - {0}):
        _repair_ticket(number, at)
    with act():
        if (earliest := sweep.earliest()) is not None:
            wakeups.ask(Wakeup.Kind.PROMISES, earliest)
    return found


def _open_promises() -> Iterator[Promise]:
    promises = Promise.objects.open().with_terms().select_related("ticket").order_by("pk")
    return promises.iterator(CHUNK)


def _without_promise() -> Iterator[Ticket]:
    has_promise = Exists(Promise.objects.open().filter(ticket=OuterRef("pk")))
    waiting = Ticket.objects.filter(~has_promise)
    strays = waiting.filter(state__in=WORKABLE) | waiting.filter(queue_band__isnull=False)
    return strays.order_by("pk").iterator(CHUNK)


def _of_promise(promise: Promise, at: datetime) -> Iterator[Finding]:
    ticket, stored = promise.ticket, promise.next_check_at
    if stored is not None and stored <= at:
        return
    expected = queue.next_check(promise, at)
    if stored != expected:
        yield Finding(ticket.number, "next check", _said(stored), _said(expected))
    place = (promise.due_at, promise.priority, *_place(promise, at))
    is_at = (ticket.due_at, ticket.priority, ticket.queue_band, ticket.queue_rank)
    if is_at != place:
        yield Finding(ticket.number, "place in the queue", _row(is_at), _row(place))


def _of_ticket_without(ticket: Ticket) -> Iterator[Finding]:
    if ticket.state in WORKABLE:
        yield Finding(ticket.number, "promise", "none", "a promise or a target")
    else:
        yield Finding(ticket.number, "place in the queue", str(ticket.queue_band), "none")


def _of_wakeup() -> Iterator[Finding]:
    earliest = sweep.earliest()
    wakeup = Wakeup.objects.filter(
        schema_name=connection.schema_name, kind=Wakeup.Kind.PROMISES
    ).first()
    stored = wakeup.next_at if wakeup else None
    if earliest is not None and (stored is None or stored > earliest):
        yield Finding(0, "wakeup", _said(stored), f"at the latest {_said(earliest)}")


def _place(promise: Promise, at: datetime) -> tuple[int | None, int]:
    if promise.ticket.state not in QUEUED:
        return None, 0
    return queue.key(promise, at)


@act()
def _repair_ticket(number: int, at: datetime) -> None:
    ticket = recording.locked_itself(Ticket.objects.get(number=number).pk)
    promise = services.open_promise(ticket)
    if promise is not None:
        promise.next_check_at = queue.next_check(promise, at)
        promise.save(update_fields=["next_check_at"])
        services.ask(promise)
    services.keep_waiting(ticket, since=at, reason=Promise.Reason.REOPENED)


def _said(moment: datetime | None) -> str:
    return moment.isoformat() if moment else "never"


def _row(place: tuple[object, ...]) -> str:
    return ", ".join(str(part) for part in place)
