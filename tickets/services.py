"""What people do with tickets: each call is one act, and leaves its line in the history.

Every act that changes a ticket locks it first, so acts on one ticket happen one after the other.
`at` is the moment at which something happened, now unless given: for an answer that was released
earlier than it is written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from tenants import live
from tenants.acts import act
from tickets import recording, signals, states
from tickets.delivery import UNDECIDED
from tickets.models import Channel, Event, Message, Ticket
from tickets.recording import Content, File
from tickets.states import State

__all__ = ["Content", "File", "MergedError", "NewTicket", "NoOrganisationError"]

SUBJECT_LENGTH = 250


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What a ticket starts with. `received_at` is our door's clock, aware."""

    requester: User
    subject: str
    channel: str
    received_at: datetime
    mailbox: str = ""
    hint: str = ""
    # False while nobody has verified the address: the lowest tier, and nothing said about tiers.
    is_verified: bool = True


class NoOrganisationError(ValueError):
    """A customer without an organisation cannot have a ticket."""


class MergedError(ValueError):
    """The ticket goes on in another one; what it is now cannot be changed."""


@act()
def open_ticket(new: NewTicket, content: Content) -> tuple[Ticket, Message]:
    """Open a ticket with a customer's first message; the promise is made in the same act."""
    ticket = _create_ticket(new, State.NEW)
    message = recording.message(
        ticket, Message.Kind.INBOUND, new.requester, content, new.received_at
    )
    _note_opening(ticket, message, new.requester, new.received_at)
    signals.ticket_opened.send(Ticket, ticket=ticket, message=message)
    live.announce("queue")
    return ticket, message


@act()
def open_for_customer(
    new: NewTicket,
    *,
    author: User,
    text: str,
    files: Iterable[File] = (),
    state: State = State.WAITING,
) -> tuple[Ticket, Message]:
    """Open a ticket with an agent's message to a customer, queued for sending.

    The customer has had their first response with it: nothing is promised (DESIGN §5).
    """
    ticket = _create_ticket(new, state)
    content = Content(text=text, files=tuple(files))
    message = _outbound(ticket, author, content, new.received_at)
    _note_opening(ticket, message, author, new.received_at)
    signals.answered.send(Ticket, ticket=ticket, message=message)
    signals.queued.send(Ticket, ticket=ticket, message=message)
    live.announce("queue")
    return ticket, message


@act()
def add_customer_message(
    ticket: Ticket, *, author: User, content: Content, channel: str, received_at: datetime
) -> Message:
    """Add what a customer wrote to their ticket; one that waited or was done opens again."""
    ticket = recording.locked(ticket)
    message = recording.message(
        ticket, Message.Kind.INBOUND, author, content, received_at, channel=channel
    )
    recording.event(
        ticket, Event.Kind.MESSAGE, author, received_at, message=message, what="inbound"
    )
    if not content.is_automatic:
        if ticket.state in {State.WAITING, *states.DONE}:
            _move(ticket, State.OPEN, by=author, at=received_at)
        signals.customer_wrote.send(Ticket, ticket=ticket, message=message)
    recording.touch(ticket, received_at)
    return message


@act()
def reply(
    ticket: Ticket,
    *,
    author: User,
    text: str,
    files: Iterable[File] = (),
    state: State = State.WAITING,
    at: datetime | None = None,
) -> Message:
    """Record an agent's public answer and queue it for sending; the ticket goes to `state`.

    The promise is answered at the commit; it is kept when the first hop accepts (law 3). Raises
    TransitionError where there is no way to that state, and for spam.
    """
    ticket, moment = recording.locked(ticket), at or now()
    if ticket.state != state or state == State.SPAM:
        states.check(ticket.state, state)
    message = _outbound(ticket, author, Content(text=text, files=tuple(files)), moment)
    recording.event(ticket, Event.Kind.MESSAGE, author, moment, message=message, what="answer")
    if ticket.state != state:
        recording.set_state(ticket, state, by=author, at=moment)
    signals.answered.send(Ticket, ticket=ticket, message=message)
    signals.queued.send(Ticket, ticket=ticket, message=message)
    recording.touch(ticket, moment)
    return message


@act()
def record_call(
    ticket: Ticket,
    *,
    author: User,
    text: str,
    state: State = State.WAITING,
    at: datetime | None = None,
) -> Message:
    """Record that an agent spoke with the customer: an answer that arrived with it (law 3).

    The customer reads `text` in the conversation; nothing is sent. Raises as `reply` does.
    """
    ticket, moment = recording.locked(ticket), at or now()
    if ticket.state != state or state == State.SPAM:
        states.check(ticket.state, state)
    message = recording.message(
        ticket,
        Message.Kind.OUTBOUND,
        author,
        Content(text=text),
        moment,
        channel=Channel.CALLBACK,
        status=Message.Status.SENT,
        delivered_at=moment,
        recipient=ticket.requester,
    )
    recording.event(ticket, Event.Kind.CALL, author, moment, message=message, what="reached")
    if ticket.state != state:
        recording.set_state(ticket, state, by=author, at=moment)
    signals.answered.send(Ticket, ticket=ticket, message=message)
    signals.delivered.send(Ticket, ticket=ticket, message=message, at=moment)
    recording.touch(ticket, moment)
    return message


@act()
def acknowledge(
    ticket: Ticket,
    *,
    text: str,
    files: Iterable[File] = (),
    at: datetime | None = None,
    what: str = "acknowledgement",
) -> Message:
    """Queue an automatic message to the requester; it keeps no promise (law 3)."""
    ticket, moment = recording.locked(ticket), at or now()
    content = Content(text=text, files=tuple(files), is_automatic=True)
    message = _outbound(ticket, None, content, moment)
    recording.event(ticket, Event.Kind.MESSAGE, None, moment, message=message, what=what)
    signals.queued.send(Ticket, ticket=ticket, message=message)
    return message


@act()
def add_note(
    ticket: Ticket,
    *,
    author: User,
    text: str,
    files: Iterable[File] = (),
    at: datetime | None = None,
) -> Message:
    """Add an internal note; no customer ever sees it."""
    ticket, moment = recording.locked(ticket), at or now()
    content = Content(text=text, files=tuple(files))
    message = recording.message(ticket, Message.Kind.NOTE, author, content, moment)
    recording.event(ticket, Event.Kind.MESSAGE, author, moment, message=message, what="note")
    recording.touch(ticket, moment)
    return message


@act()
def change_state(ticket: Ticket, state: State, *, by: User, at: datetime | None = None) -> Ticket:
    """Move a ticket to another state; raises TransitionError where there is no way.

    A customer who closes their ticket withdraws it: its open promise ends without an outcome.
    """
    ticket, moment = locked_on_its_own(ticket), at or now()
    if ticket.state != state:
        states.check(ticket.state, state)
        _move(ticket, state, by=by, at=moment)
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


def locked_on_its_own(ticket: Ticket) -> Ticket:
    """Lock a ticket that is to be changed itself; raises MergedError where it goes on elsewhere."""
    found = recording.locked_itself(ticket.pk)
    if found.merged_into_id:
        raise MergedError(f"#{found.number} has been merged.")
    return found


def _create_ticket(new: NewTicket, state: State) -> Ticket:
    organisation = new.requester.organisation
    if organisation is None:
        raise NoOrganisationError(f"{new.requester.email} belongs to no organisation.")
    return Ticket.objects.create(
        subject=new.subject.strip()[:SUBJECT_LENGTH],
        channel=new.channel,
        requester=new.requester,
        organisation=organisation,
        mailbox=new.mailbox,
        hint=new.hint[:300],
        is_verified=new.is_verified,
        opened_at=new.received_at,
        updated_at=new.received_at,
        state=state,
    )


def _note_opening(ticket: Ticket, message: Message, actor: User, at: datetime) -> None:
    recording.event(ticket, Event.Kind.OPENED, actor, at, message=message, after=ticket.channel)


def _outbound(ticket: Ticket, author: User | None, content: Content, at: datetime) -> Message:
    return recording.message(
        ticket,
        Message.Kind.OUTBOUND,
        author,
        content,
        at,
        channel=ticket.written_channel,
        status=Message.Status.QUEUED,
        next_try_at=now(),
        recipient=ticket.requester,
    )


def _move(ticket: Ticket, state: State, *, by: User, at: datetime) -> None:
    before = recording.set_state(ticket, state, by=by, at=at)
    signals.state_changed.send(Ticket, ticket=ticket, before=before, after=state, by=by, at=at)
