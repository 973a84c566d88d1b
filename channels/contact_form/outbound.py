"""Answers to what came by the contact form leave by mail."""

from __future__ import annotations

from channels.contact_form import proof
from channels.email import first_hop, outbound
from tickets.models import Message


def deliver(message: Message) -> None:
    """Hand a message to the first hop; raises RefusedError or TryLaterError."""
    if not message.is_automatic or message.ticket.is_verified:
        outbound.deliver(message)
        return
    ticket = message.ticket
    mail = outbound.build_bare(
        message,
        subject=proof.subject(ticket.requester),
        text=proof.text(ticket, link=proof.url(ticket)),
    )
    first_hop.send(
        outbound.return_path(message),
        outbound.address_of(ticket.requester),
        outbound.to_bytes(mail),
    )
