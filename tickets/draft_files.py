"""Files of messages that nobody has sent yet."""

from __future__ import annotations

from functools import partial

from django.db import models, transaction
from django.utils.timezone import now

from accounts.models import User
from tickets.attachments import SAFE_IMAGES


class DraftFile(models.Model):
    """A file chosen for a message that is still being written; only its person ever sees it."""

    person = models.ForeignKey(User, models.CASCADE, related_name="draft_files")
    # What is being answered; none: a new request.
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, null=True, blank=True, related_name="draft_files"
    )
    # Written by `tickets.drafts`, durable before this row is.
    file = models.FileField(max_length=120)
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # When its person last had it before them.
    used_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="draft_file_unused")]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_safe_image(self) -> bool:
        """True for what a browser may show in place, as with what has been sent."""
        return self.content_type in SAFE_IMAGES

    def discard(self) -> None:
        """Forget the file, and its bytes once that is committed."""
        storage, name = self.file.storage, self.file.name
        self.delete()
        transaction.on_commit(partial(storage.delete, name), robust=True)
