"""Answers before a ticket is needed: articles by category, and what readers make of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchRank, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from faq.files import ArticleFile
from faq.statistics import ArticleUse, ArticleVote, FailedSearch
from helpdesk import fulltext

if TYPE_CHECKING:
    from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery

__all__ = [
    "Article",
    "ArticleFile",
    "ArticleQuerySet",
    "ArticleUse",
    "ArticleVersion",
    "ArticleVote",
    "Category",
    "FailedSearch",
    "State",
    "Visibility",
]

# Of how many hits the best are looked for: a word that stands everywhere stays cheap.
CANDIDATES = 500
TITLE_LENGTH = 160
LANGUAGES = [("de", _("German")), ("en", _("English"))]
SUMMARY = 160


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Everybody")
    CUSTOMERS = "customers", _("Signed-in customers")
    AGENTS = "agents", _("Only agents")


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")


class Category(models.Model):
    name = models.CharField(_("Name"), max_length=80)
    slug = models.SlugField(max_length=90, unique=True)
    description = models.CharField(_("Description"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("Position"), default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> ArticleQuerySet:
        return self.filter(state=State.PUBLISHED)

    def visible_to(self, user: User | AnonymousUser) -> ArticleQuerySet:
        """What this reader may read: published, and meant for them."""
        found = self.published()
        if not isinstance(user, User):
            return found.filter(visibility=Visibility.PUBLIC)
        return found if user.is_agent else found.for_customers()

    def for_customers(self) -> ArticleQuerySet:
        """What is not meant for agents alone."""
        return self.exclude(visibility=Visibility.AGENTS)

    def for_list(self) -> ArticleQuerySet:
        """Without what only a search reads."""
        return self.select_related("category").defer("search", "words")

    def due_for_review(self, on: date | None = None) -> ArticleQuerySet:
        return self.filter(review_on__lte=on or localdate())

    def matching(self, words: str) -> ArticleQuerySet:
        """Those in which all words stand, in any form; the last may be a beginning."""
        return self.filter(search=fulltext.query(words))

    def ranked(
        self, asked: SearchQuery | CombinedSearchQuery, *, least: float = 0
    ) -> ArticleQuerySet:
        """The best of those that fit: by relevance, then by what readers found helpful."""
        some = self.filter(search=asked).order_by("-pk").values("pk")[:CANDIDATES]
        rank = SearchRank(F("search"), asked)
        found = self.filter(pk__in=some).annotate(rank=rank).filter(rank__gte=least)
        return found.order_by("-rank", "-helpful_count", "pk")


class Article(models.Model):
    """One answer. What it says is its latest version; `words` and `search` follow that."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="articles")
    slug = models.SlugField(max_length=120, unique=True)
    title = models.CharField(max_length=TITLE_LENGTH)
    language = models.CharField(max_length=2, choices=LANGUAGES, default="de")
    visibility = models.CharField(max_length=9, choices=Visibility, default=Visibility.PUBLIC)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    # From this day on the desk asks whether it is still true.
    review_on: models.DateField[date | None, date | None] = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    # When what readers see last changed.
    updated_at = models.DateTimeField(default=now)
    published_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    helpful_count = models.PositiveIntegerField(default=0)
    not_helpful_count = models.PositiveIntegerField(default=0)
    read_count = models.PositiveIntegerField(default=0)
    words = models.TextField(blank=True)
    search = SearchVectorField(null=True)
    related = models.ManyToManyField("self", blank=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="article_search"),
            models.Index(
                fields=["category", "title"],
                name="article_shown",
                condition=Q(state=State.PUBLISHED),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("portal:faq_article", args=[self.slug])

    @property
    def is_published(self) -> bool:
        return self.state == State.PUBLISHED

    @property
    def is_due_for_review(self) -> bool:
        return self.review_on is not None and self.review_on <= localdate()

    @property
    def summary(self) -> str:
        """The beginning in one line, as search engines and lists show it."""
        line = " ".join(self.words[: SUMMARY * 2].split())
        return line if len(line) <= SUMMARY else line[:SUMMARY].rpartition(" ")[0] + " …"

    @property
    def current(self) -> ArticleVersion:
        """The version that is shown. Raises ArticleVersion.DoesNotExist before the first."""
        return self.versions.latest("number")


class ArticleVersion(models.Model):
    """What an article said from a moment on; a trigger refuses every change."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=TITLE_LENGTH)
    text = models.TextField()
    # Made from the text once, so that reading an article renders nothing.
    html = models.TextField()
    contents = models.JSONField(default=list)
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="article_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"
