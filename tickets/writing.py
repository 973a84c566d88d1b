"""What is written on a ticket: each call is one act, and leaves its line in the history.

Every act that changes a ticket locks it first, so acts on one ticket happen one after the other.
`at` is the moment at which something happened, now unless given: for an answer that was released
earlier than it is written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from tenants.acts import act
from tickets import changing, recording, signals, states
from tickets.models import Channel, Event, Message, Ticket
from tickets.recording import Content, File
from tickets.states import State


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
            changing.move(ticket, State.OPEN, by=author, at=received_at)
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
    message = outbound(ticket, author, Content(text=text, files=tuple(files)), moment)
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
    message = outbound(ticket, None, content, moment)
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


def outbound(ticket: Ticket, author: User | None, content: Content, at: datetime) -> Message:
    """Store what is to be sent to the requester; part of the act that tells `signals.queued`."""
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
