"""Calls and who asks for them, made through the doors of the code they serve."""

from __future__ import annotations

import uuid

from channels.callback import calls, inbound, offers
from channels.callback.calls import CallRequest
from channels.callback.inbound import CallForm
from channels.callback.numbers import Number
from channels.callback.slots import Slot
from tests.factories import CustomerFactory, open_ticket, organisation
from tests.sla.moments import berlin

# A Tuesday without a holiday around it.
DAY = "2026-03-10"
NUMBER = Number("+4930123456")


def slot(start: str, end: str, day: str = DAY) -> Slot:
    return Slot(berlin(f"{day} {start}"), berlin(f"{day} {end}"))


def customer_of(booked: str = "Gold", name: str = "Teehaus Nord GmbH"):
    return CustomerFactory(organisation=organisation(name, booked=booked))


def ask(customer, wanted: Slot | None = None, *, ticket=None, is_wish=False, **values):
    """Send the form, as the portal does."""
    request = CallRequest(
        values.get("number", NUMBER), values.get("topic", "Kasse druckt nicht"), wanted, is_wish
    )
    form = CallForm(
        customer=customer,
        request=request,
        text=values.get("text", "Bitte rufen Sie mich an."),
        form_id=values.get("form_id") or uuid.uuid4().hex,
        ticket=ticket,
        noted_by=values.get("noted_by"),
    )
    return inbound.submit(form)


def agreed(ticket=None, wanted: Slot | None = None, *, by=None, is_wish=False):
    """A call on a ticket, agreed without the form."""
    ticket = ticket or open_ticket(customer_of())
    request = CallRequest(NUMBER, ticket.subject, wanted, is_wish)
    return calls.agree(ticket, request, by=by or ticket.requester)


def offer_for(ticket, at):
    return offers.offer(ticket.organisation, offers.promised_for(ticket, at), at=at)
