"""What readers do and say: votes, tickets that were not needed, searches that found nothing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User

COMMENT_LENGTH = 1000
WORDS_LENGTH = 100


class ArticleVote(models.Model):
    """Whether an article helped somebody: one vote each, by person or by a visitor's browser."""

    article = models.ForeignKey("faq.Article", models.CASCADE, related_name="votes")
    person = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    # A random name that the browser's session keeps; empty for who is signed in.
    visitor = models.CharField(max_length=40, blank=True)
    is_helpful = models.BooleanField()
    comment = models.CharField(max_length=COMMENT_LENGTH, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["article", "person"],
                name="article_vote_person",
                condition=Q(person__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["article", "visitor"],
                name="article_vote_visitor",
                condition=Q(person__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-created_at"], name="article_vote_comment", condition=~Q(comment="")
            )
        ]

    def __str__(self) -> str:
        return "+" if self.is_helpful else "-"


class ArticleUse(models.Model):
    """An article that was opened from a form, and whether the form was not needed any more."""

    class Kind(models.TextChoices):
        READ = "read", _("Read before a ticket")
        SOLVED = "solved", _("No ticket needed")

    article = models.ForeignKey("faq.Article", models.CASCADE, related_name="uses")
    kind = models.CharField(max_length=6, choices=Kind)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["article", "kind"], name="article_use")]

    def __str__(self) -> str:
        return self.get_kind_display()


class FailedSearch(models.Model):
    """Words for which nothing was found, and how often; nobody's name."""

    words = models.CharField(max_length=WORDS_LENGTH, unique=True)
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["-count", "-last_at"], name="failed_search_often")]

    def __str__(self) -> str:
        return self.words
