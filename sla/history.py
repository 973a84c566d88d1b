"""What happened to a promise, as lines of its ticket's history."""

from __future__ import annotations

from datetime import datetime

from sla.models import Promise
from tickets.models import Event, Message, Ticket

CAUSE_LENGTH = 300


def changes_of(ticket: Ticket) -> list[Promise]:
    """Every promise of a ticket in the order they were made, each with the reason it was made."""
    return list(ticket.promises.with_terms().order_by("pk"))


def note(
    promise: Promise,
    *,
    what: str,
    at: datetime,
    message: Message | None = None,
    after: str = "",
) -> None:
    """Add a line to the history; `after` is the due moment or a cause."""
    line(promise, what=what, at=at, message=message, after=after).save(force_insert=True)


def line(
    promise: Promise,
    *,
    what: str,
    at: datetime,
    message: Message | None = None,
    after: str = "",
) -> Event:
    """A line that is not stored yet; `before` is the promise's kind."""
    return Event(
        ticket_id=promise.ticket_id,
        kind=Event.Kind.PROMISE,
        what=what,
        at=at,
        message=message,
        before=str(promise.kind),
        after=after[:CAUSE_LENGTH],
    )
