"""Answers in the portal: there at once; a copy goes by mail, so that nobody has to look."""

from __future__ import annotations

from email.message import EmailMessage

from accounts.models import User
from accounts.notifications import Channel, Event, unsubscribe_url, wants
from channels.email import outbound
from channels.email.backend import queue_mail
from channels.outbox import RefusedError
from tickets import outcomes
from tickets.models import Message


def deliver(message: Message) -> None:
    """The portal shows what is committed; only the copy has to travel, to who wants it."""
    person = message.recipient or message.ticket.requester
    if message.is_answer and not wants(person, Event.TICKET_ANSWERED, Channel.MAIL):
        return
    try:
        mail = _mail(message, person)
    except RefusedError:
        return
    queue_mail(
        outbound.return_path(message),
        [outbound.recipient_of(message)],
        str(mail["Subject"]),
        outbound.to_bytes(mail),
    )


def _mail(message: Message, person: User) -> EmailMessage:
    if not message.is_answer:
        return outbound.build(message)
    unsubscribe = unsubscribe_url(person, Event.TICKET_ANSWERED)
    return outbound.build_copy(message, person, unsubscribe=unsubscribe)


def deliver_at_once(message: Message) -> None:
    """In the answer's own transaction: the portal is the first hop (law 3)."""
    deliver(message)
    outcomes.mark_delivered(message, at=message.sent_at)
