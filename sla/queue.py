"""The order of the queue: one stored key per ticket, kept by the writes and by the sweep.

Escalated first; then guarantees in their last business minutes, earliest due first; then the
priority, highest first; then due; then arrival (DESIGN §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import connection

from sla.models import CalendarVersion, Priority, Promise
from tickets.models import Ticket
from tickets.states import QUEUED


class Band(IntEnum):
    ESCALATED = 0
    AT_RISK = 1
    REGULAR = 2


# The next change of an unbroken promise, in SQL; `next_check` says the same in Python.
AHEAD = """LEAST(due_at,
    CASE WHEN warn_percent_at >= %(at)s THEN warn_percent_at END,
    CASE WHEN warn_minutes_at >= %(at)s THEN warn_minutes_at END,
    CASE WHEN is_guaranteed AND at_risk_at >= %(at)s THEN at_risk_at END)"""
PLACE = """
UPDATE tickets_ticket AS ticket
SET due_at = place.due_at, priority = place.priority,
    queue_band = place.queue_band, queue_rank = place.queue_rank
FROM unnest(%s::bigint[], %s::timestamptz[], %s::smallint[], %s::smallint[], %s::smallint[])
    AS place (id, due_at, priority, queue_band, queue_rank)
WHERE ticket.id = place.id
"""


# The columns of a ticket that say where it stands, in the order of PLACE.
PLACED = ("due_at", "priority", "queue_band", "queue_rank")

NEXT_CHECK = """
UPDATE sla_promise AS promise SET next_check_at = next.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS next (id, at) WHERE promise.id = next.id
"""


def ageing_steps(promise: Promise, at: datetime) -> int:
    """How many priorities a missed target has risen: one per further target period."""
    if promise.is_guaranteed or at <= promise.due_at:
        return 0
    period = timedelta(minutes=promise.minutes)
    overdue = promise.hours.elapsed(promise.due_at, at)
    return min(overdue // period, Priority.HIGHEST - promise.priority)


def next_check(promise: Promise, at: datetime) -> datetime | None:
    """The earliest moment after `at` at which anything about an open promise changes.

    Its agents are warned, it moves up, it is missed, it ages. None when nothing will: a broken
    guarantee stays first, an aged target stays highest. The due moment itself is still in time, so
    a due moment equal to `at` is yet to come.
    """
    if promise.breached_at is None:
        moments = [promise.warn_percent_at, promise.warn_minutes_at]
        if promise.is_guaranteed:
            moments.append(promise.at_risk_at)
        ahead = (one for one in moments if one and at < one < promise.due_at)
        return min(ahead, default=promise.due_at)
    if promise.is_guaranteed:
        return None
    steps = ageing_steps(promise, at)
    if promise.priority + steps >= Priority.HIGHEST:
        return None
    return promise.hours.add(promise.due_at, timedelta(minutes=promise.minutes) * (steps + 1))


def key(promise: Promise, at: datetime) -> tuple[Band, int]:
    """The first two parts of the ticket's place; due moment and arrival follow."""
    if promise.is_guaranteed and promise.due_at < at:
        return Band.ESCALATED, -promise.priority
    if promise.is_guaranteed and promise.at_risk_at <= at:
        return Band.AT_RISK, 0
    return Band.REGULAR, -(promise.priority + ageing_steps(promise, at))


def place(ticket: Ticket, promise: Promise | None, at: datetime) -> None:
    """Store the ticket's place: where its open promise puts it, or nowhere."""
    if promise is None or not promise.is_open:
        ticket.due_at, ticket.queue_band, ticket.queue_rank = None, None, 0
        _store([ticket])
    else:
        place_all([(ticket, promise)], at)


def keep_place(ticket: Ticket, promise: Promise, at: datetime) -> None:
    """Store the ticket's place by its open promise, if it is another one than was read.

    The ticket must have been read as it is stored, since its act has locked it.
    """
    before = _columns(ticket)
    _move(ticket, promise, at)
    if _columns(ticket) != before:
        _store([ticket])


def place_all(placed: Sequence[tuple[Ticket, Promise]], at: datetime) -> None:
    """Store where their open promises put tickets, in one statement.

    Each `ticket.state` must be the stored one; only the columns of the queue are written.
    """
    for ticket, promise in placed:
        _move(ticket, promise, at)
    _store([ticket for ticket, _promise in placed])


def age(targets: Sequence[int], at: datetime) -> None:
    """Let missed targets (promises' ids) rise, and note when they rise next."""
    if not targets:
        return
    placed = _with_tickets(targets)
    place_all(placed, at)
    moments = [next_check(promise, at) for _ticket, promise in placed]
    with connection.cursor() as cursor:
        cursor.execute(NEXT_CHECK, [[promise.pk for _ticket, promise in placed], moments])


def _with_tickets(targets: Sequence[int]) -> list[tuple[Ticket, Promise]]:
    """Promises and their tickets with what ageing needs of them, and no more: they may be many."""
    found = Promise.objects.filter(pk__in=targets).only(
        "ticket_id",
        "due_at",
        "minutes",
        "is_guaranteed",
        "priority",
        "breached_at",
        "at_risk_at",
        "warn_percent_at",
        "warn_minutes_at",
        "calendar_version_id",
    )
    promises = list(found)
    tickets = Ticket.objects.only("state").in_bulk([one.ticket_id for one in promises])
    versions = CalendarVersion.objects.in_bulk({one.calendar_version_id for one in promises})
    for promise in promises:
        promise.calendar_version = versions[promise.calendar_version_id]
    return [(tickets[promise.ticket_id], promise) for promise in promises]


def _move(ticket: Ticket, promise: Promise, at: datetime) -> None:
    """Give the ticket its place, not yet stored."""
    ticket.due_at, ticket.priority = promise.due_at, promise.priority
    ticket.queue_band, ticket.queue_rank = None, 0
    if ticket.state in QUEUED:
        ticket.queue_band, ticket.queue_rank = key(promise, at)


def _columns(ticket: Ticket) -> tuple[object, ...]:
    return tuple(getattr(ticket, field) for field in PLACED)


def _store(tickets: Sequence[Ticket]) -> None:
    columns = [[getattr(ticket, field) for ticket in tickets] for field in ("pk", *PLACED)]
    with connection.cursor() as cursor:
        cursor.execute(PLACE, columns)
