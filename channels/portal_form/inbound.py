"""Tickets and replies written in the portal, through the same intake as every other message."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from accounts.models import User
from channels import intake
from channels.intake import Arrival, InboundMessage
from channels.models import InboundRecord
from tickets.models import Channel, Message, Ticket
from tickets.services import Content, File


class NotTakenInError(RuntimeError):
    """The form is stored and safe, but its ticket could not be made yet; it will be."""


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
    form = json.loads(raw)
    author = (
        User.objects.get_queryset().select_related("membership__organisation").get(pk=form["user"])
    )
    files = tuple(
        File(file["filename"], file["content_type"], base64.b64decode(file["content"]))
        for file in form["files"]
    )
    return InboundMessage(
        channel=Channel.PORTAL,
        subject=form["subject"],
        content=Content(text=form["text"], files=files, from_address=author.email),
        received_at=record.received_at,
        external_id=form["form_id"],
        author=author,
        ticket_number=form.get("ticket"),
    )


def _submit(user: User, form_id: str, values: dict[str, object], files: Sequence[File]) -> Message:
    form = {
        **values,
        "user": user.pk,
        "form_id": form_id,
        "files": [
            {
                "filename": file.filename,
                "content_type": file.content_type,
                "content": base64.b64encode(file.content).decode(),
            }
            for file in files
        ],
    }
    raw = json.dumps(form, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
    arrival = Arrival(Channel.PORTAL, raw, received_at=now(), envelope_from=user.email)
    record_id = intake.accept_for_now(arrival)
    try:
        return _taken_in(record_id, form_id)
    except (OperationalError, InterfaceError) as error:
        raise NotTakenInError(str(error)) from error


def _taken_in(record_id: int, form_id: str) -> Message:
    """The message of a stored form, or of the same form sent before."""
    intake.process(record_id, is_due=False)
    records = InboundRecord.objects.select_related("message__ticket")
    record = records.get(pk=record_id)
    if record.status == InboundRecord.Status.DUPLICATE:
        record = records.exclude(message=None).filter(
            channel=Channel.PORTAL, external_id=form_id, content_sha256=record.content_sha256
        )[0]
    if record.message is None:
        raise NotTakenInError(record.error)
    return record.message
