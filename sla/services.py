"""Making promises; always inside the act that causes it.

Each function works on a ticket that its act has locked, and leaves the ticket at its place in the
queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import now

from sla import history, notices, queue
from sla.models import CalendarVersion, Promise, SupportTier
from sla.tiers import default_tier, settle, settled_tier_at, version_for
from tenants import wakeups
from tenants.models import Wakeup
from tenants.prepared import Prepared
from tickets.models import Event, Ticket

# These begin when they are made; the others count from a message, however late it is taken in.
REPLACING = frozenset(
    {
        Promise.Reason.UPGRADED,
        Promise.Reason.CONFIRMED,
        Promise.Reason.LINKED,
        Promise.Reason.CHANNEL,
        Promise.Reason.MERGED,
        Promise.Reason.WISH,
    }
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a promise is to say."""

    kind: str
    reason: str
    tier: SupportTier
    started_at: datetime
    minutes: int
    is_guaranteed: bool
    priority: int
    # Carried over from the promise that this one replaces; else in force now, and computed.
    version: CalendarVersion | None = None
    due_at: datetime | None = None


def make(ticket: Ticket, terms: Terms, *, at: datetime | None = None) -> Promise:
    """Make a promise for a ticket that has none open, and put the ticket in its place."""
    moment = at or now()
    promise = promised(ticket, terms, moment)
    make_all([(ticket, promise)], moment)
    notices.tell_at_once(promise, moment)
    return promise


def promised(ticket: Ticket, terms: Terms, at: datetime) -> Promise:
    """What `terms` mean for a ticket, not yet stored; `at` is when the promise is made."""
    version = terms.version or version_for(terms.tier, at)
    hours = version.hours
    due_at = terms.due_at or hours.add(terms.started_at, timedelta(minutes=terms.minutes))
    at_risk = timedelta(minutes=version.calendar.at_risk_minutes)
    percent_at, minutes_at = _warnings(terms, version, due_at)
    promise = Promise(
        ticket=ticket,
        kind=terms.kind,
        reason=terms.reason,
        tier=terms.tier,
        minutes=terms.minutes,
        calendar_version=version,
        started_at=terms.started_at,
        due_at=due_at,
        is_guaranteed=terms.is_guaranteed,
        priority=terms.priority,
        made_at=at,
        at_risk_at=max(terms.started_at, hours.subtract(due_at, at_risk)),
        warn_percent_at=percent_at,
        warn_minutes_at=minutes_at,
    )
    promise.next_check_at = queue.next_check(promise, at)
    return promise


def _warnings(
    terms: Terms, version: CalendarVersion, due_at: datetime
) -> tuple[datetime | None, datetime | None]:
    """When the agents are warned: after a share of the time, and so many minutes before its end.

    Both are moments of business time. None where the tenant wants none, or where the time is over
    sooner than that.
    """
    percent, minutes = version.calendar.warn_percent, version.calendar.warn_minutes
    share = timedelta(minutes=terms.minutes) * percent / 100
    after_share = version.hours.add(terms.started_at, share) if 0 < percent < 100 else None
    before_end = None
    if 0 < minutes < terms.minutes:
        before_end = version.hours.subtract(due_at, timedelta(minutes=minutes))
    return after_share, before_end


def make_all(made: Sequence[tuple[Ticket, Promise]], at: datetime) -> None:
    """Store promises with their lines in the history, and put their tickets in place."""
    promises = [promise for _ticket, promise in made]
    Promise.objects.bulk_create(promises)
    Event.objects.bulk_create(
        history.line(
            promise,
            what="made",
            at=at if promise.reason in REPLACING else promise.started_at,
            after=promise.due_at.isoformat(),
        )
        for promise in promises
    )
    queue.place_all(made, at)
    for promise in promises:
        ask(promise)


def first_response(
    ticket: Ticket,
    *,
    reason: str = Promise.Reason.OPENED,
    since: datetime | None = None,
    at: datetime | None = None,
) -> bool:
    """Promise a first response, counted from the ticket's arrival unless `since` is given.

    By the tier of that moment, however late this is done; returns whether it is still in force. If
    not, the caller gives what has been booked since (`changes.catch_up`).
    """
    started_at = since or ticket.opened_at
    tier, is_in_force = _tier(ticket, started_at)
    terms = Terms(
        kind=Promise.Kind.FIRST,
        reason=reason,
        tier=tier,
        started_at=started_at,
        minutes=tier.first_response_minutes,
        is_guaranteed=tier.guarantees(ticket.channel),
        priority=tier.priority,
    )
    make(ticket, terms, at=at)
    return is_in_force


def next_response(ticket: Ticket, *, since: datetime, reason: str) -> bool:
    """Start a target for the next answer: not guaranteed, the tier's hours by default.

    Returns whether the tier of that moment is still in force, as above.
    """
    tier, is_in_force = _tier(ticket, since)
    terms = Terms(
        kind=Promise.Kind.NEXT,
        reason=reason,
        tier=tier,
        started_at=since,
        minutes=tier.next_response_minutes or tier.first_response_minutes,
        is_guaranteed=False,
        priority=tier.priority,
    )
    make(ticket, terms)
    return is_in_force


def _tier(ticket: Ticket, at: datetime) -> tuple[SupportTier, bool]:
    """The organisation's tier at a moment; the default one while the sender is not confirmed."""
    if ticket.is_verified:
        return settled_tier_at(ticket.organisation, at)
    # Locked here all the same: the foreign key's check would do it later, after the wakeup.
    settle(ticket.organisation)
    return default_tier(), True


_open_promise = Prepared(
    lambda ticket: Promise.objects.all().open().with_terms().filter(ticket_id=ticket), -1
)


# Without its terms: enough to see where it puts the ticket.
_placing_promise = Prepared(
    lambda ticket: Promise.objects.all().open().filter(ticket_id=ticket), -1
)


def open_promise(ticket: Ticket) -> Promise | None:
    """The ticket's open promise, if it has one; there is never more than one."""
    promise = _open_promise.first(ticket.pk)
    if promise is not None:
        promise.ticket = ticket
    return promise


def replace(ticket: Ticket, old: Promise, new: Promise, at: datetime) -> None:
    """Let a new promise take an open one's place. What is broken stays broken."""
    Promise.objects.filter(pk=old.pk).update(
        ended_at=at, end_cause=Promise.End.REPLACED, next_check_at=None
    )
    history.note(old, what=Promise.End.REPLACED, at=at)
    carry_breach(old, new, at)
    make_all([(ticket, new)], at)
    hand_on_notices(old, new)
    notices.settle(old, at)
    notices.tell_at_once(new, at)
    Promise.objects.filter(pk=old.pk).update(replaced_by=new)


def hand_on_notices(old: Promise, new: Promise) -> None:
    """What was told of a due moment that stays is of the successor now, and not told again."""
    if old.due_at == new.due_at:
        old.notices.update(promise=new)


def carry_breach(old: Promise, new: Promise, at: datetime) -> None:
    """The same due moment, missed already, is missed in the successor too, and counted there."""
    if old.breached_at == new.due_at and old.is_guaranteed == new.is_guaranteed:
        new.breached_at, new.noticed_at = old.breached_at, old.noticed_at
        new.next_check_at = queue.next_check(new, at)


def follow_up(ticket: Ticket, *, since: datetime) -> bool:
    """A customer wrote again: without an open promise, a target starts.

    Where nobody has answered yet (they had withdrawn the ticket), a first response is promised.
    Returns whether the tier of that moment is still in force, as above.
    """
    promise = _placing_promise.first(ticket.pk)
    if promise is not None:
        queue.keep_place(ticket, promise, now())
        return True
    if not ticket.is_workable:
        queue.place(ticket, None, now())
        return True
    if ticket.has_been_answered:
        return next_response(ticket, since=since, reason=Promise.Reason.FOLLOW_UP)
    return first_response(ticket, since=since, reason=Promise.Reason.REOPENED)


def keep_waiting(ticket: Ticket, *, since: datetime, reason: str) -> None:
    """Leave the ticket in its place; work without a promise gets a target, so nobody forgets it."""
    promise = open_promise(ticket)
    if promise is None and ticket.is_workable:
        next_response(ticket, since=since, reason=reason)
    else:
        queue.place(ticket, promise, now())


def ask(promise: Promise) -> None:
    """Ask for the sweep's next look at an open promise."""
    if promise.next_check_at is not None:
        wakeups.ask(Wakeup.Kind.PROMISES, promise.next_check_at)
