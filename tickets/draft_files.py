"""Files of messages that nobody has sent yet."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from accounts.models import User
from helpdesk.file_rows import FileRow


class DraftFile(FileRow):
    """A file chosen for a message that is still being written; only its person ever sees it.

    Its bytes are written by `tickets.drafts`, and durable before this row is.
    """

    person = models.ForeignKey(User, models.CASCADE, related_name="draft_files")
    # What is being answered; none: a new request.
    ticket = models.ForeignKey(
        "tickets.Ticket", models.CASCADE, null=True, blank=True, related_name="draft_files"
    )
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # When its person last had it before them.
    used_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="draft_file_unused")]

    def __str__(self) -> str:
        return self.filename
