"""Forms whose sender waits for the answer: stored first, then taken in at once."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from channels import arrivals, intake
from channels.arrivals import Arrival
from channels.models import InboundRecord
from tickets.models import Message
from tickets.recording import File


class NotTakenInError(RuntimeError):
    """The form is stored and safe, but its ticket could not be made yet; it will be."""


def submit(
    channel: str, values: Mapping[str, object], files: Sequence[File], *, sender: str
) -> Message:
    """Store a form and take it in; the same form sent twice is one message.

    `values` has the form's name as "form_id". Raises NotTakenInError, and what `arrivals.accept`
    raises when nothing could be stored.
    """
    return take_in(store(channel, values, files, sender=sender))


def store(channel: str, values: Mapping[str, object], files: Sequence[File], *, sender: str) -> int:
    """Make a form durable whose sender waits; returns its record's id. Raises as `submit` does."""
    form = {**values, "files": [_packed(file) for file in files]}
    raw = json.dumps(form, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")
    return arrivals.accept_for_now(Arrival(channel, raw, received_at=now(), envelope_from=sender))


def take_in(record_id: int) -> Message:
    """The message of a stored form, or of the same form sent before; raises NotTakenInError."""
    try:
        intake.process(record_id, is_due=False)
        return _message_of(record_id)
    except (OperationalError, InterfaceError) as error:
        raise NotTakenInError(str(error)) from error


def read(raw: bytes) -> dict[str, Any]:
    """A stored form, its files as they were sent."""
    form: dict[str, Any] = json.loads(raw)
    form["files"] = tuple(
        File(file["filename"], file["content_type"], base64.b64decode(file["content"]))
        for file in form.get("files", ())
    )
    return form


def _packed(file: File) -> dict[str, str]:
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "content": base64.b64encode(file.content).decode(),
    }


def _message_of(record_id: int) -> Message:
    records = InboundRecord.objects.select_related("message__ticket")
    record = records.get(pk=record_id)
    if record.status == InboundRecord.Status.DUPLICATE:
        record = records.exclude(message=None).filter(
            channel=record.channel,
            external_id=record.external_id,
            content_sha256=record.content_sha256,
        )[0]
    if record.message is None:
        raise NotTakenInError(record.error)
    return record.message
