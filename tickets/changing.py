"""What is changed on a ticket itself: its state, and the way it is answered.

A ticket that has been merged goes on in another one and cannot be changed. `at` is the moment at
which something happened, now unless given.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from tenants.acts import act
from tickets import recording, signals, states
from tickets.models import Event, Ticket
from tickets.states import State


class MergedError(ValueError):
    """The ticket goes on in another one; what it is now cannot be changed."""


@act()
def change_state(ticket: Ticket, state: State, *, by: User, at: datetime | None = None) -> Ticket:
    """Move a ticket to another state; raises TransitionError where there is no way.

    A customer who closes their ticket withdraws it: its open promise ends without an outcome.
    """
    ticket, moment = locked_on_its_own(ticket), at or now()
    if ticket.state != state:
        states.check(ticket.state, state)
        move(ticket, state, by=by, at=moment)
        recording.touch(ticket, moment)
    return ticket


@act()
def hold_as_spam(ticket: Ticket, *, at: datetime | None = None) -> Ticket:
    """A rule takes a new ticket for a robot's: nobody works on it, and it can be taken back."""
    ticket, moment = locked_on_its_own(ticket), at or now()
    before = recording.set_state(ticket, State.SPAM, by=None, at=moment)
    signals.state_changed.send(
        Ticket, ticket=ticket, before=before, after=State.SPAM, by=None, at=moment
    )
    return ticket


@act()
def change_channel(ticket: Ticket, channel: str, *, by: User, at: datetime | None = None) -> Ticket:
    """Answer a ticket another way from now on; where the tier guarantees that, so does it here."""
    ticket, moment = locked_on_its_own(ticket), at or now()
    if ticket.channel != channel:
        before, ticket.channel = ticket.get_channel_display(), channel
        ticket.save(update_fields=["channel"])
        after = ticket.get_channel_display()
        recording.event(ticket, Event.Kind.CHANNEL, by, moment, before=before, after=after)
        signals.channel_changed.send(Ticket, ticket=ticket, at=moment)
        recording.touch(ticket, moment)
    return ticket


def locked_on_its_own(ticket: Ticket) -> Ticket:
    """Lock a ticket that is to be changed itself; raises MergedError where it goes on elsewhere."""
    found = recording.locked_itself(ticket.pk)
    if found.merged_into_id:
        raise MergedError(f"#{found.number} has been merged.")
    return found


def move(ticket: Ticket, state: State, *, by: User, at: datetime) -> None:
    """Write the new state of a locked ticket, and tell who asks; part of another act."""
    before = recording.set_state(ticket, state, by=by, at=at)
    signals.state_changed.send(Ticket, ticket=ticket, before=before, after=state, by=by, at=at)
