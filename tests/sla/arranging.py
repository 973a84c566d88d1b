"""Tickets that arrive, are answered and written to again at local moments."""

from __future__ import annotations

import time_machine

from accounts.models import User
from sla.models import Promise
from tests.factories import CustomerFactory, organisation
from tests.sla.moments import TUESDAY, berlin
from tickets import opening, outcomes, writing
from tickets.models import Channel, Ticket
from tickets.opening import NewTicket
from tickets.recording import Content
from tickets.states import State


def customer_of(booked: str) -> User:
    with time_machine.travel(berlin("2026-03-02 09:00")):
        return CustomerFactory(organisation=organisation(booked=booked))


def opened(
    booked: str = "Basis",
    at: str = f"{TUESDAY} 09:00",
    channel: str = Channel.EMAIL,
    *,
    is_verified: bool = True,
    requester: User | None = None,
) -> Ticket:
    """A ticket that arrived at a local moment and was taken in at once."""
    requester = requester or customer_of(booked)
    with time_machine.travel(berlin(at), tick=False):
        new = NewTicket(requester, "Frage", channel, berlin(at), is_verified=is_verified)
        ticket, _message = opening.open_ticket(new, Content(text="Wie geht das?"))
    ticket.refresh_from_db()
    return ticket


def promise_of(ticket: Ticket) -> Promise:
    return ticket.promises.open().get()


def write_again(ticket: Ticket, at: str) -> None:
    with time_machine.travel(berlin(at), tick=False):
        writing.add_customer_message(
            ticket,
            author=ticket.requester,
            content=Content(text="Und noch etwas"),
            channel=ticket.channel,
            received_at=berlin(at),
        )


def answer(ticket: Ticket, agent: User, at: str, state: State = State.WAITING) -> None:
    with time_machine.travel(berlin(at), tick=False):
        message = writing.reply(ticket, author=agent, text="So geht es.", state=state)
        outcomes.mark_delivered(message)
