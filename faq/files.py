"""The files of articles."""

from __future__ import annotations

import uuid

from django.db import models

from helpdesk.file_rows import FileRow


def article_file_path(file: ArticleFile, filename: str) -> str:
    """A random name: nothing anybody wrote becomes part of a path."""
    name = uuid.uuid4().hex
    return f"faq/{name[:2]}/{name}"


class ArticleFile(FileRow):
    """A file beside an article; who may read the article may have it."""

    article = models.ForeignKey("faq.Article", models.CASCADE, related_name="files")
    file = models.FileField(upload_to=article_file_path, max_length=120)
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.filename
