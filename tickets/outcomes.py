"""What became of a message that left: the first hop took it, or refused it (`unclear`: neither)."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from tenants import live
from tenants.acts import act
from tickets import recording, signals, states
from tickets.delivery import UNDECIDED
from tickets.models import Event, Message, Ticket
from tickets.states import State


@act()
def mark_delivered(message: Message, *, at: datetime | None = None) -> None:
    """The first hop took the message: a human's answer keeps its promise.

    Without effect on one that has failed: its bounce can be here before the worker has reported.
    """
    ticket, moment = recording.locked(message.ticket), at or now()
    taken = Message.objects.filter(pk=message.pk, status__in=UNDECIDED).update(
        status=Message.Status.SENT, delivered_at=moment, next_try_at=None, error=""
    )
    if not taken:
        return
    recording.event(ticket, Event.Kind.DELIVERY, None, moment, message=message, what="sent")
    if message.is_answer:
        signals.delivered.send(Ticket, ticket=ticket, message=message, at=moment)
    live.announce("ticket", ticket.number)


@act()
def mark_failed(message: Message, *, cause: str, at: datetime | None = None) -> None:
    """A final refusal or a bounce: the answer is taken back and the promise open again.

    The ticket opens again too, unless its customer has closed it.
    """
    ticket, moment = recording.locked(message.ticket), at or now()
    taken = (
        Message.objects.filter(pk=message.pk)
        .exclude(status=Message.Status.FAILED)
        .update(status=Message.Status.FAILED, error=cause[:2000], next_try_at=None)
    )
    if not taken:
        return
    recording.event(
        ticket, Event.Kind.DELIVERY, None, moment, message=message, what="failed", after=cause
    )
    if message.is_answer:
        if ticket.state in {State.WAITING, *states.DONE} and ticket.withdrawn_at is None:
            recording.set_state(ticket, State.OPEN, by=None, at=moment)
        signals.delivery_failed.send(Ticket, ticket=ticket, message=message, cause=cause, at=moment)
    recording.touch(ticket, moment)
