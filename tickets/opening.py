"""A ticket begins: with what a customer wrote, or with what an agent writes to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from tenants import live
from tenants.acts import act
from tickets import recording, signals, writing
from tickets.models import Event, Message, Ticket
from tickets.recording import Content, File
from tickets.states import State

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
    message = writing.outbound(ticket, author, content, new.received_at)
    _note_opening(ticket, message, author, new.received_at)
    signals.answered.send(Ticket, ticket=ticket, message=message)
    signals.queued.send(Ticket, ticket=ticket, message=message)
    live.announce("queue")
    return ticket, message


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
