"""What a higher tier would do right now to the tickets of an organisation that wait.

Nothing is locked and nothing written. What is compared, and how, is the statement that carries an
upgrade out (`sla.upgrade.BETTER`), and places come from the queue's own key.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from accounts.models import Organisation
from sla import queue
from sla.models import CalendarVersion, Promise, SupportTier
from sla.tiers import version_for
from sla.upgrade import BETTER, TICKETS, terms_of
from tickets.states import QUEUED

OF_ORGANISATION = """
SELECT ticket.id FROM tickets_ticket AS ticket
WHERE ticket.organisation_id = %(organisation)s AND ticket.is_verified
"""
WAITING = """
SELECT ticket.id, number, subject, ticket.state, promise.due_at, promise.is_guaranteed,
       queue_band, queue_rank, ticket.due_at, opened_at{better}
FROM tickets_ticket AS ticket
JOIN sla_promise AS promise ON promise.ticket_id = ticket.id
     AND promise.answered_at IS NULL AND promise.ended_at IS NULL
{join}
WHERE ticket.organisation_id = %(organisation)s AND ticket.is_verified
ORDER BY promise.due_at, ticket.id
"""
AS_IT_IS = WAITING.format(better="", join="")
WITH_TIER = BETTER.replace(TICKETS, f"ARRAY ({OF_ORGANISATION})") + WAITING.format(
    better=""", better.due_at, better.is_guaranteed, better.priority, better.minutes,
       better.at_risk_at, better.version""",
    join="LEFT JOIN better ON better.ticket_id = ticket.id",
)
# How many tickets stand before each place; counted up to a limit, off the queue's index alone.
AHEAD = """
SELECT (SELECT count(*) FROM (
    SELECT FROM tickets_ticket AS other
    WHERE other.queue_band IS NOT NULL
      AND (other.queue_band, other.queue_rank, other.due_at, other.opened_at, other.id)
        < (place.band, place.rank, place.due_at, place.opened_at, place.id)
    LIMIT place.most
) AS ahead)
FROM unnest(%s::smallint[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[],
            %s::int[])
    WITH ORDINALITY AS place (band, rank, due_at, opened_at, id, most, n)
ORDER BY n
"""
# Beyond this, a place is only "far behind".
COUNTED_TO = 1000

Key = tuple[int, int, datetime, datetime, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket's promise and its place: 1 is the next one.

    `place` is None for a ticket that waits for the customer, and COUNTED_TO + 1 far behind.
    """

    due_at: datetime
    is_guaranteed: bool
    place: int | None = None

    @property
    def is_far(self) -> bool:
        return self.place is not None and self.place > COUNTED_TO


@dataclass(frozen=True, slots=True)
class Effect:
    """One waiting ticket as it stands, and as it would with the tier."""

    number: int
    subject: str
    now: Standing
    then: Standing

    @property
    def is_better(self) -> bool:
        return self.now != self.then


@dataclass(frozen=True, slots=True)
class Preview:
    """The most urgent tickets first; `count` is how many wait in all, `better` how many gain."""

    effects: list[Effect]
    count: int
    better: int

    @property
    def unlisted(self) -> int:
        return self.count - len(self.effects)


@dataclass(slots=True)
class _Waiting:
    """A ticket that waits, with its key in the queue now and then."""

    pk: int
    number: int
    subject: str
    state: str
    now: Standing
    then: Standing
    key_now: Key | None
    key_then: Key | None


def preview(
    organisation: Organisation,
    tier: SupportTier,
    at: datetime,
    *,
    is_upgrade: bool,
    version: CalendarVersion | None = None,
    most: int = 100,
) -> Preview:
    """What `assign_tier` at this moment would do; with no upgrade every promise stays.

    At most `most` tickets are listed, all are counted. `version` is the tier's calendar version,
    where it is known already.
    """
    if is_upgrade:
        terms = terms_of(tier, at, version or version_for(tier, at))
        waiting, better = _with_tier(_rows(WITH_TIER, organisation, terms), at)
    else:
        waiting, better = [_as_it_is(*row) for row in _rows(AS_IT_IS, organisation, {})], 0
    shown = waiting[:most]
    _place(waiting, shown)
    effects = [Effect(one.number, one.subject, one.now, one.then) for one in shown]
    return Preview(effects, len(waiting), better)


def _rows(sql: str, organisation: Organisation, terms: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"organisation": organisation.pk, **terms})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _as_it_is(
    pk: int, number: int, subject: str, state: str, promised: datetime, guaranteed: bool, *key: Any
) -> _Waiting:
    band, rank, due_at, opened_at = key
    place = None if band is None else (band, rank, due_at, opened_at, pk)
    now = Standing(promised, guaranteed)
    return _Waiting(pk, number, subject, state, now, now, place, place)


def _with_tier(rows: Sequence[tuple[Any, ...]], at: datetime) -> tuple[list[_Waiting], int]:
    """Let each have what the tier gives it; returns them, and how many gain."""
    waiting = [_as_it_is(*row[:10]) for row in rows]
    # What counts from this moment on is the same for many.
    promise_of = cache(_promise)
    better = {row[0]: promise_of(*row[10:]) for row in rows if row[10] is not None}
    _load_calendars([one for one in better.values() if not one.is_guaranteed and one.due_at < at])
    for one in waiting:
        promise = better.get(one.pk)
        if promise is None:
            continue
        one.then = Standing(promise.due_at, promise.is_guaranteed)
        if one.state in QUEUED and one.key_now is not None:
            band, rank = queue.key(promise, at)
            one.key_then = (band, rank, promise.due_at, one.key_now[3], one.pk)
    return waiting, len(better)


def _promise(
    due_at: datetime,
    is_guaranteed: bool,
    priority: int,
    minutes: int,
    at_risk_at: datetime,
    version: int,
) -> Promise:
    return Promise(
        due_at=due_at,
        is_guaranteed=is_guaranteed,
        priority=priority,
        minutes=minutes,
        at_risk_at=at_risk_at,
        calendar_version_id=version,
    )


def _load_calendars(missed: Iterable[Promise]) -> None:
    """A missed target rises with business time: its place needs its calendar."""
    missed = list(missed)
    if not missed:
        return
    versions = CalendarVersion.objects.in_bulk({one.calendar_version_id for one in missed})
    for promise in missed:
        promise.calendar_version = versions[promise.calendar_version_id]


def _place(waiting: Sequence[_Waiting], shown: Sequence[_Waiting]) -> None:
    """Say where the shown ones stand now and then: among others', and among their own."""
    own_now = sorted(one.key_now for one in waiting if one.key_now)
    own_then = sorted(one.key_then for one in waiting if one.key_then)
    keys = [key for one in shown for key in (one.key_now, one.key_then) if key]
    if not keys:
        return
    ahead = dict(zip(keys, _others_ahead(own_now, keys), strict=True))
    for one in shown:
        if one.key_now and one.key_then:
            now = _rank(ahead[one.key_now], own_now, one.key_now)
            then = _rank(ahead[one.key_then], own_then, one.key_then)
            one.now = Standing(one.now.due_at, one.now.is_guaranteed, now)
            one.then = Standing(one.then.due_at, one.then.is_guaranteed, then)


def _rank(others: int, own: Sequence[Key], key: Key) -> int:
    return min(others + bisect_left(own, key), COUNTED_TO) + 1


def _others_ahead(own_now: Sequence[Key], keys: Sequence[Key]) -> list[int]:
    """How many tickets of others stand before each key: all that do, without their own."""
    own = [bisect_left(own_now, key) for key in keys]
    columns = [list(column) for column in zip(*keys, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, [*columns, [COUNTED_TO + count for count in own]])
        return [max(all_ - count, 0) for (all_,), count in zip(cursor.fetchall(), own, strict=True)]
