"""What was written to a customer in another program, and is only written down here."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from tenants.acts import act
from tickets import recording, signals
from tickets.models import Event, Message, Ticket
from tickets.recording import Content
from tickets.states import State


@act()
def record_answer(
    ticket: Ticket,
    content: Content,
    *,
    channel: str,
    at: datetime,
    is_answer: bool,
    is_last: bool,
    is_by_human: bool = True,
) -> Message:
    """Add what has reached the customer already, at that moment (aware).

    `is_answer`: a human wrote it, after what the customer waits for; it keeps the promise. What
    an automation wrote has `content.is_automatic` and keeps none (law 3). `is_last` is False where
    the customer has written again since: then the ticket stays open. `is_by_human` is False where
    nobody knows who wrote it: until somebody says so, it is nobody's answer.
    """
    ticket = recording.locked(ticket)
    message = recording.message(
        ticket,
        Message.Kind.OUTBOUND,
        None,
        content,
        at,
        channel=channel,
        status=Message.Status.SENT,
        delivered_at=at,
        # Nobody here has written to them: it does not count as a confirmation of ours (law 9), nor
        # as a human's answer (law 3).
        recipient=ticket.requester if is_by_human and not content.is_automatic else None,
    )
    recording.event(ticket, Event.Kind.MESSAGE, None, at, message=message, what="elsewhere")
    if is_answer:
        if is_last and ticket.is_workable:
            recording.set_state(ticket, State.WAITING, by=None, at=at)
        signals.answered.send(Ticket, ticket=ticket, message=message)
        signals.delivered.send(Ticket, ticket=ticket, message=message, at=at)
    recording.touch(ticket, at)
    return message


@act()
def count_as_answer(
    message: Message, *, at: datetime, is_last: bool, by: User | None = None
) -> None:
    """It keeps the promise after all: a human wrote it, and `by` says so where that was unknown.

    It counts from `at`, when it was written. `is_last` as above. The caller has made sure that
    something waits for it.
    """
    ticket, moment = recording.locked(message.ticket), now()
    message.recipient, message.sent_at, message.delivered_at = ticket.requester, at, at
    message.save(update_fields=["recipient", "sent_at", "delivered_at"])
    if by is not None:
        recording.event(ticket, Event.Kind.MESSAGE, by, moment, message=message, what="vouched")
    if is_last and ticket.is_workable:
        recording.set_state(ticket, State.WAITING, by=by, at=moment)
    signals.answered.send(Ticket, ticket=ticket, message=message)
    signals.delivered.send(Ticket, ticket=ticket, message=message, at=at)
    recording.touch(ticket, moment)


@act()
def move(message: Message, ticket: Ticket) -> None:
    """It belongs to another ticket than the one it was written down in, its line too."""
    before = recording.locked(message.ticket)
    Event.objects.filter(message=message).update(ticket=ticket)
    message.ticket = ticket
    message.save(update_fields=["ticket"])
    recording.touch(before, now())
    recording.touch(ticket, now())
