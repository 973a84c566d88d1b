"""Tickets and replies written in the portal, through the same intake as every other message."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from channels import posted
from channels.intake import InboundMessage
from channels.models import InboundRecord
from channels.posted import NotTakenInError
from tickets.models import Channel, Message, Ticket
from tickets.services import Content, File

__all__ = ["NotTakenInError", "read", "submit_reply", "submit_ticket"]


def submit_ticket(
    user: User, *, subject: str, text: str, files: Sequence[File], form_id: str
) -> Ticket:
    """Open a ticket for a signed-in customer; the same form sent twice is one ticket."""
    message = _submit(user, form_id, {"subject": subject, "text": text}, files)
    return message.ticket


def submit_reply(
    ticket: Ticket, *, user: User, text: str, files: Sequence[File], form_id: str
) -> Message:
    """Add a customer's reply to their ticket; the same form sent twice is one message.

    Where the ticket takes none (spam), it becomes a ticket of its own with the same subject.
    """
    values = {"ticket": ticket.number, "subject": ticket.subject, "text": text}
    return _submit(user, form_id, values, files)


def read(record: InboundRecord, raw: bytes) -> InboundMessage:
    """The stored form as the one inbound shape."""
    form = posted.read(raw)
    author = (
        User.objects.get_queryset().select_related("membership__organisation").get(pk=form["user"])
    )
    return InboundMessage(
        channel=Channel.PORTAL,
        subject=form["subject"],
        content=Content(text=form["text"], files=form["files"], from_address=author.email),
        received_at=record.received_at,
        external_id=form["form_id"],
        author=author,
        ticket_number=form.get("ticket"),
    )


def _submit(user: User, form_id: str, values: dict[str, object], files: Sequence[File]) -> Message:
    form = {**values, "user": user.pk, "form_id": form_id}
    return posted.submit(Channel.PORTAL, form, files, sender=user.email)
