"""What merging two tickets does to their promises: the earliest is kept, nothing is loosened.

One of the two promises goes on, as the merged ticket's own or as its successor. The other ends as
merged: it counts for nothing more, unless it had been broken before, which it stays.
"""

from __future__ import annotations

from datetime import datetime

from sla import changes, history, notices, outcome, queue, services
from sla.models import Promise
from sla.services import Terms, keep_waiting, open_promise
from tickets.models import Message, Ticket

ENDED_BY_A_MERGE = (Promise.End.MERGED, Promise.End.REPLACED)


def merge(ticket: Ticket, into: Ticket, at: datetime) -> None:
    """Leave `into` with the better of both promises, and `ticket` with none."""
    own, other = open_promise(into), open_promise(ticket)
    if other is None:
        queue.place(ticket, None, at)
        keep_waiting(into, since=at, reason=Promise.Reason.REOPENED)
        return
    kept = _earliest(own, other)
    terms = _combined(kept, own if kept is other else other, at)
    if own is not None and terms == _terms_of(own):
        _end(other, Promise.End.MERGED, at, own)
        notices.settle(other, at)
        queue.place(into, own, at)
    else:
        _succeed(into, kept, terms, at, {"own": own, "other": other})
    queue.place(ticket, None, at)


def undo(ticket: Ticket, into: Ticket, merged_at: datetime, at: datetime) -> None:
    """Give both tickets back what was promised before, and what bookings gave since."""
    # Since the merge nothing else can have ended a promise of the ticket that was merged.
    ended = ticket.promises.filter(ended_at__gte=merged_at, end_cause__in=ENDED_BY_A_MERGE)
    back = ended.with_terms().select_related("replaced_by").order_by("-pk").first()
    if back is not None:
        _take_apart(into, back, at)
    keep_waiting(into, since=at, reason=Promise.Reason.REOPENED)
    if back is not None:
        back.ticket = ticket
        outcome.reopen(back, at, cause="unmerged")
        changes.catch_up(ticket, at)


def _take_apart(into: Ticket, back: Promise, at: datetime) -> None:
    """End the promise made for both, if it is still the one that counts; its own comes back."""
    made, current = back.replaced_by, open_promise(into)
    if made is None or made.made_at != back.ended_at or current is None:
        return
    while made.replaced_by is not None and made.pk != current.pk:
        made = made.replaced_by
    if made.pk != current.pk:
        return
    ended = into.promises.filter(ended_at=back.ended_at, end_cause__in=ENDED_BY_A_MERGE)
    own = ended.with_terms().order_by("-pk").first()
    outcome.end(into, Promise.End.REPLACED, at)
    if own is not None:
        Promise.objects.filter(pk=current.pk).update(replaced_by=own)
        own.ticket = into
        outcome.reopen(own, at, cause="unmerged")
        changes.catch_up(into, at)


def take_back(into: Ticket, message: Message, cause: str, at: datetime) -> None:
    """An answer written before a merge did not arrive: what it answered goes on where it is now.

    Where the customer has withdrawn that one, or it is spam, nobody waits for it any more.
    """
    elsewhere = Promise.objects.filter(answer=message).exclude(ticket=into)
    for promise in elsewhere.with_terms().select_related("ticket").order_by("pk"):
        outcome.hand_over(promise, message, into.withdrawn_at or at, cause)
        promise.next_check_at = None
        promise.save(update_fields=Promise.OUTCOME)
        history.note(promise, what="taken_back", at=at, message=message, after=cause)
        if promise.is_open:
            merge(promise.ticket, into, at)
            outcome.after_taking_back(into, at)


def _earliest(own: Promise | None, other: Promise) -> Promise:
    """Whose due moment goes on: a guarantee before a target, the earlier before the later.

    A missed target must not take the place of a guarantee that can still be kept.
    """
    if own is None:
        return other
    return min((own, other), key=lambda one: (not one.is_guaranteed, one.due_at))


def _combined(kept: Promise, left: Promise | None, at: datetime) -> Terms:
    """The terms of the promise that is kept, made earlier and higher by the one that is left."""
    if left is None:
        return _terms_of(kept)
    is_earlier = at <= left.due_at < kept.due_at
    dated = left if is_earlier else kept
    is_first = Promise.Kind.FIRST in {kept.kind, left.kind}
    return Terms(
        kind=Promise.Kind.FIRST if is_first else Promise.Kind.NEXT,
        reason=Promise.Reason.MERGED,
        tier=max((kept.tier, left.tier), key=lambda tier: tier.priority),
        started_at=dated.started_at,
        minutes=dated.minutes,
        is_guaranteed=kept.is_guaranteed,
        priority=max(kept.priority, left.priority),
        version=dated.calendar_version,
        due_at=dated.due_at,
    )


def _terms_of(promise: Promise) -> Terms:
    return Terms(
        kind=promise.kind,
        reason=Promise.Reason.MERGED,
        tier=promise.tier,
        started_at=promise.started_at,
        minutes=promise.minutes,
        is_guaranteed=promise.is_guaranteed,
        priority=promise.priority,
        version=promise.calendar_version,
        due_at=promise.due_at,
    )


def _succeed(
    into: Ticket, kept: Promise, terms: Terms, at: datetime, ended: dict[str, Promise | None]
) -> None:
    """Make the successor; whose outcome it carries on is replaced, the other one is merged."""
    successor = services.promised(into, terms, at)
    services.carry_breach(kept, successor, at)
    # One ticket has one open promise at a time: its own makes room before the successor comes.
    for promise in filter(None, ended.values()):
        cause = Promise.End.REPLACED if promise is kept else Promise.End.MERGED
        _end(promise, cause, at, None)
    services.make_all([(into, successor)], at)
    services.hand_on_notices(kept, successor)
    for promise in filter(None, ended.values()):
        notices.settle(promise, at)
    notices.tell_at_once(successor, at)
    replaced = [promise.pk for promise in ended.values() if promise is not None]
    Promise.objects.filter(pk__in=replaced).update(replaced_by=successor)


def _end(promise: Promise, cause: str, at: datetime, successor: Promise | None) -> None:
    if cause == Promise.End.MERGED and promise.due_at < at:
        outcome.breach(promise, cause=cause)
    promise.ended_at, promise.end_cause, promise.next_check_at = at, cause, None
    promise.replaced_by = successor
    promise.save(update_fields=Promise.OUTCOME)
    history.note(promise, what=cause, at=at)
