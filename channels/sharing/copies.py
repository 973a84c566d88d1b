"""Copies of answers for colleagues who take part; what becomes of a copy changes no promise."""

from __future__ import annotations

from accounts.models import User
from accounts.notifications import Channel, Event, unsubscribe_url, wanting
from channels.email import outbound
from channels.email.backend import queue_mail
from channels.outbox import RefusedError
from tickets.models import Message

# Bytes of files in all copies of an answer together: they are stored with it, in its own act.
COPIED = 50_000_000


def send(message: Message) -> int:
    """Queue a copy of a human's answer for each who takes part and wants it; returns how many."""
    if not message.is_answer:
        return 0
    taking_part = message.ticket.participants.all().in_force().for_list()
    people = [one.user for one in taking_part if one.user_id != message.recipient_id]
    wanted = wanting(people, Event.TICKET_ANSWERED, Channel.MAIL)
    size = sum(message.attachments.values_list("size", flat=True))
    with_files = size * len(wanted) <= COPIED
    return sum(_send(message, person, with_files=with_files) for person in wanted)


def _send(message: Message, person: User, *, with_files: bool) -> bool:
    try:
        mail = outbound.build_copy(
            message,
            person,
            unsubscribe=unsubscribe_url(person, Event.TICKET_ANSWERED),
            with_files=with_files,
        )
        # Not the message's own return path: a copy that comes back fails no answer (law 3).
        sender = outbound.mailbox_of(message)
        recipient = outbound.deliverable(person)
    except RefusedError:
        return False
    queue_mail(sender, [recipient], str(mail["Subject"]), outbound.to_bytes(mail))
    return True
