"""The files of messages."""

from __future__ import annotations

import uuid

from django.db import models

from helpdesk.file_rows import FileRow


def attachment_path(attachment: Attachment, filename: str) -> str:
    """A random name: nothing a sender wrote becomes part of a path."""
    name = uuid.uuid4().hex
    return f"attachments/{name[:2]}/{name}"


class Attachment(FileRow):
    """A file that came or goes with a message; served as a download, safe images inline."""

    message = models.ForeignKey("tickets.Message", models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to=attachment_path, max_length=120)
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=255, blank=True)
    is_inline = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.filename
