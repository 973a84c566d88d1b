"""The files of messages."""

from __future__ import annotations

import uuid
from functools import partial

from django.db import models, transaction

# The raster formats a browser may show in place; never SVG.
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def attachment_path(attachment: Attachment, filename: str) -> str:
    """A random name: nothing a sender wrote becomes part of a path."""
    name = uuid.uuid4().hex
    return f"attachments/{name[:2]}/{name}"


class Attachment(models.Model):
    """A file that came or goes with a message; served as a download, safe images inline."""

    message = models.ForeignKey("tickets.Message", models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to=attachment_path, max_length=120)
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=255, blank=True)
    is_inline = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.filename

    @property
    def is_safe_image(self) -> bool:
        """True for the raster formats a browser may show in place; never SVG."""
        return self.content_type in SAFE_IMAGES

    def discard(self) -> None:
        """Forget the file, and its bytes once that is committed."""
        storage, name = self.file.storage, self.file.name
        self.delete()
        transaction.on_commit(partial(storage.delete, name), robust=True)
