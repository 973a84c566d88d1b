"""The outcome of promises: answered, kept, broken, ended; always inside the act that causes it.

Each function works on a ticket that its act has locked, and leaves the ticket at its place in the
queue.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from sla import history, notices, queue
from sla.models import Promise
from sla.services import ask, keep_waiting, next_response, open_promise
from tickets.models import Message, Ticket
from tickets.states import State


def answer(ticket: Ticket, message: Message) -> None:
    """A human's public answer is committed: the open promise is answered from its moment on.

    An agent who leaves the ticket open means to write again; a target runs until then.
    """
    promise = open_promise(ticket)
    if promise is not None:
        promise.answered_at, promise.answer = message.sent_at, message
        promise.next_check_at = None
        if promise.answered_at > promise.due_at:
            breach(promise, cause="late")
        promise.save(update_fields=Promise.OUTCOME)
        notices.settle(promise, message.sent_at)
        history.note(promise, what="answered", at=message.sent_at, message=message)
    if ticket.is_workable:
        next_response(ticket, since=message.sent_at, reason=Promise.Reason.KEPT_OPEN)
    else:
        queue.place(ticket, None, message.sent_at)


def accept(message: Message, at: datetime) -> None:
    """The first hop took the answer: what it answered is kept, unless it was broken before."""
    for promise in Promise.objects.filter(answer=message, accepted_at=None):
        promise.accepted_at = at
        promise.save(update_fields=["accepted_at"])
        what = "kept" if promise.breached_at is None else "answered_late"
        history.note(promise, what=what, at=at, message=message)


def take_back(ticket: Ticket, message: Message, cause: str, at: datetime) -> None:
    """The answer was refused or bounced: what it answered is open again with its due moment.

    Another answer that is on its way or arrived takes its place. If the due moment has passed,
    the breach is dated to it (law 3); who has withdrawn the ticket has waited no longer than that.
    """
    waited_until = ticket.withdrawn_at or at
    reopened = []
    for promise in ticket.promises.filter(answer=message).with_terms().order_by("pk"):
        hand_over(promise, message, waited_until, cause)
        history.note(promise, what="taken_back", at=at, message=message, after=cause)
        if promise.is_open:
            reopened.append(promise)
        else:
            promise.save(update_fields=Promise.OUTCOME)
    if reopened:
        # What was promised first is owed first; a later target for the same silence is part of it.
        _end_open(ticket, Promise.End.REPLACED, at)
        for promise in reopened[1:]:
            _end(promise, Promise.End.REPLACED, at)
        _open_again(reopened[0], at)
    after_taking_back(ticket, at)


def end(ticket: Ticket, cause: str, at: datetime) -> None:
    """End the open promise without an answer: withdrawn by the customer, or spam."""
    _end_open(ticket, cause, at)
    queue.place(ticket, None, at)


def restore(ticket: Ticket, at: datetime) -> Promise | None:
    """Unmarked as spam: the promise that spam ended is open again with its old due moment."""
    ended = ticket.promises.filter(end_cause=Promise.End.SPAM).with_terms()
    promise = ended.order_by("-ended_at", "-pk").first()
    if promise is None:
        return None
    # An earlier mark may have left another one behind; the customer waits for the last one.
    ended.exclude(pk=promise.pk).update(end_cause=Promise.End.REPLACED)
    reopen(promise, at, cause="restored")
    return promise


def reopen(promise: Promise, at: datetime, *, cause: str) -> None:
    """An ended promise is open again with its old due moment; broken if that has passed."""
    promise.ended_at, promise.end_cause, promise.replaced_by = None, "", None
    if promise.due_at < at:
        breach(promise, cause=cause)
    _open_again(promise, at)
    history.note(promise, what=cause, at=at)


def hand_over(promise: Promise, refused: Message, waited_until: datetime, cause: str) -> None:
    """Put another answer in the place of the refused one; without one the promise is open."""
    other = _other_answer(promise, refused)
    promise.answer = other
    promise.answered_at = other.sent_at if other else None
    promise.accepted_at = other.delivered_at if other else None
    if promise.due_at < (promise.answered_at or waited_until):
        breach(promise, cause=cause)


def _other_answer(promise: Promise, refused: Message) -> Message | None:
    answers = refused.ticket.messages.all().by_humans().filter(sent_at__gte=promise.started_at)
    answers = answers.exclude(status=Message.Status.FAILED)
    return answers.exclude(pk=refused.pk).order_by("sent_at", "pk").first()


def after_taking_back(ticket: Ticket, at: datetime) -> None:
    """A ticket that is spam or that its customer has closed waits for nobody, bounce or not."""
    if ticket.state == State.SPAM:
        end(ticket, Promise.End.SPAM, at)
    elif ticket.withdrawn_at is not None:
        end(ticket, Promise.End.WITHDRAWN, ticket.withdrawn_at)
    else:
        keep_waiting(ticket, since=at, reason=Promise.Reason.REOPENED)


def _open_again(promise: Promise, at: datetime) -> None:
    promise.next_check_at = queue.next_check(promise, at)
    promise.save(update_fields=Promise.OUTCOME)
    queue.place(promise.ticket, promise, at)
    notices.tell_at_once(promise, now())
    ask(promise)


def breach(promise: Promise, *, cause: str) -> None:
    """Date the breach to the due moment, whenever it was noticed; once."""
    if promise.breached_at is None:
        promise.breached_at = promise.due_at
        promise.noticed_at = now()
        what = "breached" if promise.is_guaranteed else "target_missed"
        history.note(promise, what=what, at=promise.due_at, after=cause)


def _end_open(ticket: Ticket, cause: str, at: datetime) -> None:
    for promise in ticket.promises.open():
        _end(promise, cause, at)


def _end(promise: Promise, cause: str, at: datetime) -> None:
    """A withdrawal comes too late for a due moment that has passed; spam has no outcome."""
    if cause == Promise.End.WITHDRAWN and promise.due_at < at:
        breach(promise, cause=cause)
    promise.ended_at, promise.end_cause, promise.next_check_at = at, cause, None
    promise.save(update_fields=Promise.OUTCOME)
    notices.settle(promise, at)
    history.note(promise, what=cause, at=at)
