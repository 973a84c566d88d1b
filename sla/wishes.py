"""A due moment that the customer has put off themselves: the one loosening there is (law 2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla import services
from sla.models import Promise
from sla.services import Terms
from tickets.models import Ticket

MINUTE = timedelta(minutes=1)


def follow_slot(
    ticket: Ticket,
    ends_at: datetime | None,
    *,
    at: datetime,
    asked_at: datetime,
    may_loosen: bool,
) -> Promise | None:
    """The customer has chosen a slot for a call; returns the promise that this makes, if any.

    A slot that ends after the due moment makes its end the due moment, if they knew what they chose
    (`may_loosen`); a nearer one takes back what an earlier wish had put off, down to what had been
    promised before. `ends_at` None is as soon as possible. What is broken stays broken: a wish
    expressed (`asked_at`) after the due moment moves nothing. The ticket is locked by its act.
    """
    old = services.open_promise(ticket)
    if old is None or old.breached_at is not None or old.due_at < asked_at:
        return None
    due_at = _due(old, ends_at, at)
    if due_at == old.due_at or (due_at > old.due_at and not may_loosen):
        return None
    used = old.hours.elapsed(old.started_at, due_at)
    terms = Terms(
        kind=old.kind,
        reason=Promise.Reason.WISH,
        tier=old.tier,
        started_at=old.started_at,
        minutes=max(1, round(used / MINUTE)),
        is_guaranteed=old.is_guaranteed,
        priority=old.priority,
        version=old.calendar_version,
        due_at=due_at,
    )
    new = services.promised(ticket, terms, at)
    services.replace(ticket, old, new, at)
    return new


def _due(old: Promise, ends_at: datetime | None, at: datetime) -> datetime:
    before = _before_wishes(old)
    if ends_at is not None:
        return max(ends_at, before.due_at)
    if before.due_at >= at:
        return before.due_at
    # What had been promised first is long over: as soon as possible is its time from now on.
    return min(old.due_at, old.hours.add(at, timedelta(minutes=before.minutes)))


def _before_wishes(promise: Promise) -> Promise:
    """What had been promised before the customer wished for anything."""
    while promise.reason == Promise.Reason.WISH:
        replaced = Promise.objects.filter(replaced_by=promise).order_by("pk").last()
        if replaced is None:
            break
        promise = replaced
    return promise
