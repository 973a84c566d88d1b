"""What people write in the forum: posts with their versions, pictures and votes."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from forum.topics import Topic
from helpdesk.file_rows import FileRow


class PostQuerySet(models.QuerySet["Post"]):
    def public(self) -> PostQuerySet:
        """What everybody may read."""
        return self.filter(state=Post.State.VISIBLE, topic__is_hidden=False)

    def visible_to(self, user: object) -> PostQuerySet:
        """Agents see all; everybody else what is public, and their own."""
        if not isinstance(user, User):
            return self.public()
        if user.is_agent:
            return self.all()
        return self.filter(Q(state=Post.State.VISIBLE, topic__is_hidden=False) | Q(author=user))

    def thread(self) -> PostQuerySet:
        """In the order they were written, with what each shows."""
        return (
            self.select_related("author__forum_profile", "author__membership")
            .prefetch_related("pictures")
            .order_by("pk")
        )

    def held(self) -> PostQuerySet:
        """What waits for an agent, the longest waiting first."""
        return self.filter(state=Post.State.HELD).order_by("pk")


class Post(models.Model):
    """One contribution: the question of its topic, or a reply."""

    class State(models.TextChoices):
        VISIBLE = "visible", _("Visible")
        HELD = "held", _("Held back")
        HIDDEN = "hidden", _("Hidden")

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="posts", db_index=False)
    author = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="forum_posts"
    )
    is_question = models.BooleanField(default=False)
    # The tenant says so: shown under its name.
    is_official = models.BooleanField(default=False)
    source = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField(default=now)
    # When everybody could read it first; later than it was written if it was held back.
    published_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    edited_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    state = models.CharField(max_length=8, choices=State, default=State.VISIBLE)
    # What its author is told, when somebody has hidden it.
    reason = models.CharField(max_length=300, blank=True)
    moderated_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    moderated_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    votes = models.PositiveIntegerField(default=0)
    search = SearchVectorField(null=True, editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["topic"], condition=Q(is_question=True), name="forum_one_question"
            )
        ]
        indexes = [
            models.Index(fields=["topic", "id"], name="forum_post_thread"),
            models.Index(fields=["id"], name="forum_post_held", condition=Q(state="held")),
            GinIndex(fields=["search"], name="forum_post_search"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} · {self.pk}"

    @property
    def is_visible(self) -> bool:
        return self.state == self.State.VISIBLE


class PostVersion(models.Model):
    """How a post read before an edit."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="versions")
    title = models.CharField(max_length=150, blank=True)
    source = models.TextField()
    html = models.TextField()
    # When it was replaced, and by whom.
    replaced_at = models.DateTimeField(default=now)
    replaced_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # False once an agent has edited: what they took out stays out of everybody's sight.
    is_public = models.BooleanField(default=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.post} · {self.replaced_at}"


class Vote(models.Model):
    """Somebody found a post helpful."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="cast_votes", db_index=False)
    # None once they have left: their vote still counts.
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="forum_votes")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="forum_vote_once")]

    def __str__(self) -> str:
        return f"{self.user} → {self.post_id}"


class Report(models.Model):
    """Somebody says that a post does not belong here."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("Advertising or spam")
        RUDE = "rude", _("Insulting or rude")
        PERSONAL = "personal", _("Names personal data")
        WRONG = "wrong", _("Wrong or dangerous advice")
        OTHER = "other", _("Something else")

    post = models.ForeignKey(Post, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(User, models.SET_NULL, null=True, related_name="forum_reports")
    reason = models.CharField(_("Reason"), max_length=8, choices=Reason)
    text = models.CharField(_("What is wrong with it"), max_length=500, blank=True)
    created_at = models.DateTimeField(default=now)
    handled_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    handled_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "reporter"],
                condition=Q(handled_at=None),
                name="forum_one_open_report",
            )
        ]
        indexes = [
            models.Index(fields=["id"], name="forum_report_open", condition=Q(handled_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} · {self.post}"


def picture_path(picture: Picture, filename: str) -> str:
    """A random name: nothing a sender wrote becomes part of a path."""
    name = uuid.uuid4().hex
    return f"forum/{name[:2]}/{name}"


class Picture(FileRow):
    """A picture of a post, made anew by us from what was sent (`forum.pictures`)."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="pictures")
    file = models.FileField(upload_to=picture_path, max_length=120)
    # What it is called, for who cannot see it.
    name = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
