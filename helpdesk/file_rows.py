"""Rows with a file of their own: what is the same whatever the file belongs to."""

from __future__ import annotations

from functools import partial

from django.db import models, transaction

# The raster formats a browser may show in place; never SVG.
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class FileRow(models.Model):
    """A row whose bytes are in the storage; they go with it."""

    file = models.FileField(max_length=120)
    content_type = models.CharField(max_length=127)

    class Meta:
        abstract = True

    @property
    def is_safe_image(self) -> bool:
        """True for what a browser may show in place."""
        return self.content_type in SAFE_IMAGES

    def discard(self) -> None:
        """Forget the row, and its bytes once that is committed."""
        storage, name = self.file.storage, self.file.name
        self.delete()
        transaction.on_commit(partial(storage.delete, name), robust=True)
