"""Messages of which nobody knows whether they arrived: never sent again unasked (law 1)."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from tenants import live
from tenants.acts import act
from tickets import recording, signals
from tickets.models import Event, Message, Ticket


@act()
def mark_unclear(message: Message, *, cause: str, at: datetime | None = None) -> None:
    """Sent, without a word whether it was taken. The promise stays answered and is not kept yet."""
    ticket = recording.locked(message.ticket)
    taken = Message.objects.all().pending().filter(pk=message.pk)
    if not taken.update(status=Message.Status.UNCLEAR, error=cause[:2000], next_try_at=None):
        return
    recording.event(
        ticket,
        Event.Kind.DELIVERY,
        None,
        at or now(),
        message=message,
        what="unclear",
        after=cause,
    )
    live.announce("ticket", ticket.number)


@act()
def note_settled(message: Message, *, has_arrived: bool, by: User) -> None:
    """An agent has looked and says what became of an unclear message."""
    ticket = recording.locked(message.ticket)
    if Message.objects.filter(pk=message.pk, status=Message.Status.UNCLEAR).exists():
        what = "arrived" if has_arrived else "lost"
        recording.event(ticket, Event.Kind.DELIVERY, by, now(), message=message, what=what)


@act()
def send_again(message: Message, *, by: User | None = None) -> None:
    """Try an unclear message again: now it is known what is still to be sent."""
    ticket, moment = recording.locked(message.ticket), now()
    taken = Message.objects.filter(pk=message.pk, status=Message.Status.UNCLEAR)
    if not taken.update(status=Message.Status.QUEUED, next_try_at=moment, claimed_at=None):
        return
    recording.event(ticket, Event.Kind.DELIVERY, by, moment, message=message, what="again")
    signals.queued.send(Ticket, ticket=ticket, message=message, is_again=True)
    live.announce("ticket", ticket.number)
