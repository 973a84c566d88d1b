"""Tickets and replies written in the portal, through the same intake as every other message."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from accounts.models import User
from channels import posted
from channels.intake import InboundMessage
from channels.models import InboundRecord
from channels.posted import NotTakenInError
from tickets import drafts
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content, File

__all__ = ["NotTakenInError", "read", "sent_before", "submit_reply", "submit_ticket"]


def submit_ticket(
    user: User,
    *,
    subject: str,
    text: str,
    files: Sequence[File],
    form_id: str,
    draft_files: Sequence[int] = (),
) -> Ticket:
    """Open a ticket for a signed-in customer; the same form sent twice is one ticket.

    `draft_files` are done with once the message is there: sent among `files`, or left out.
    """
    message = _submit(user, form_id, {"subject": subject, "text": text}, files, draft_files)
    return message.ticket


def submit_reply(
    ticket: Ticket,
    *,
    user: User,
    text: str,
    files: Sequence[File],
    form_id: str,
    draft_files: Sequence[int] = (),
) -> Message:
    """Add a customer's reply to their ticket, as `submit_ticket` does.

    Where the ticket takes none (spam), it becomes a ticket of its own with the same subject.
    """
    values = {"ticket": ticket.number, "subject": ticket.subject, "text": text}
    return _submit(user, form_id, values, files, draft_files)


def sent_before(form_id: str) -> Message | None:
    """The message that this form has become, if it was sent and taken in."""
    records = InboundRecord.objects.filter(channel=Channel.PORTAL, external_id=form_id)
    taken_in = records.filter(status=InboundRecord.Status.PROCESSED).exclude(message=None)
    record = taken_in.select_related("message__ticket").first()
    return record.message if record else None


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
        then=partial(_end_draft, author, form.get("draft_files", ())),
    )


def _end_draft(
    author: User, draft_files: Sequence[int], _ticket: Ticket, _message: Message
) -> None:
    """In the message's own transaction: its files are always with it or with the draft."""
    if draft_files:
        drafts.forget(author, draft_files)


def _submit(
    user: User,
    form_id: str,
    values: dict[str, object],
    files: Sequence[File],
    draft_files: Sequence[int],
) -> Message:
    form = {**values, "user": user.pk, "form_id": form_id}
    if draft_files:
        form["draft_files"] = list(draft_files)
    return posted.submit(Channel.PORTAL, form, files, sender=user.email)
