"""Who takes part in the forum, under which name, and what they follow."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from forum.topics import Topic

NAME_LENGTH = 40


class Profile(models.Model):
    """What the forum shows of a person: a name they chose, and nothing else."""

    user = models.OneToOneField(User, models.CASCADE, related_name="forum_profile")
    public_name = models.CharField(_("Public name"), max_length=NAME_LENGTH)
    # Posts that became visible: how many decides whether the next ones are held back.
    shown_posts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("public_name"),
                name="forum_name_once",
                violation_error_message=_("Somebody else has this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.public_name


class Follow(models.Model):
    """Somebody wants to hear what is said in a topic."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="follows", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="forum_follows")
    # They know of what was published until then.
    told_at = models.DateTimeField(default=now)
    # When to mail them what is new; None when nothing is.
    mail_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    mailed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "user"], name="forum_follow_once")]
        indexes = [
            models.Index(
                fields=["mail_at"], name="forum_follow_due", condition=Q(mail_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.topic}"


class ForumSettings(models.Model):
    """How the tenant looks after its forum; one row, made when it is first changed."""

    # So many posts of a newcomer wait for an agent; 0 lets all through.
    held_posts = models.PositiveSmallIntegerField(_("First posts that are held back"), default=1)

    def __str__(self) -> str:
        return str(self.held_posts)

    @classmethod
    def current(cls) -> ForumSettings:
        return cls.objects.filter(pk=1).first() or cls(pk=1)
