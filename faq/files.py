"""The files of articles."""

from __future__ import annotations

import uuid
from functools import partial

from django.db import models, transaction


def article_file_path(file: ArticleFile, filename: str) -> str:
    """A random name: nothing anybody wrote becomes part of a path."""
    name = uuid.uuid4().hex
    return f"faq/{name[:2]}/{name}"


class ArticleFile(models.Model):
    """A file beside an article; who may read the article may have it."""

    article = models.ForeignKey("faq.Article", models.CASCADE, related_name="files")
    file = models.FileField(upload_to=article_file_path, max_length=120)
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_safe_image(self) -> bool:
        """True for the raster formats a browser may show in place; never SVG."""
        return self.content_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}

    def discard(self) -> None:
        """Forget the file, and its bytes once that is committed."""
        storage, name = self.file.storage, self.file.name
        self.delete()
        transaction.on_commit(partial(storage.delete, name), robust=True)
