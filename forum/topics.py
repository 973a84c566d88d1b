"""Where people ask each other: categories, and the topics in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Ticket

if TYPE_CHECKING:
    from forum.posts import Post

TITLE_LENGTH = 150
SLUG_LENGTH = 60


class CategoryQuerySet(models.QuerySet["Category"]):
    def in_order(self) -> CategoryQuerySet:
        return self.order_by("position", "name")

    def with_latest(self) -> CategoryQuerySet:
        """With the moment of the latest public post: one look into an index for each."""
        topics = Topic.objects.public().filter(category=models.OuterRef("pk"))
        return self.annotate(
            latest_at=models.Subquery(topics.order_by("-last_post_at").values("last_post_at")[:1])
        )


class Category(models.Model):
    """A shelf of the forum; the tenant's administrators arrange them."""

    name = models.CharField(_("Name"), max_length=80, unique=True)
    slug = models.SlugField(_("Web address"), max_length=SLUG_LENGTH, unique=True)
    description = models.CharField(_("Description"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("Position"), default=0)

    objects = CategoryQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class TopicQuerySet(models.QuerySet["Topic"]):
    def public(self) -> TopicQuerySet:
        """What everybody may read: neither held back nor hidden."""
        return self.filter(is_hidden=False)

    def visible_to(self, user: object) -> TopicQuerySet:
        """Agents see all; everybody else what is public, and their own."""
        if not isinstance(user, User):
            return self.public()
        if user.is_agent:
            return self.all()
        return self.filter(Q(is_hidden=False) | Q(author=user))

    def latest_first(self) -> TopicQuerySet:
        return self.order_by("-last_post_at", "-pk")

    def for_list(self) -> TopicQuerySet:
        """Load what a row of a list shows, in one query."""
        return self.select_related("category", "author__forum_profile")


class Topic(models.Model):
    """A question or a matter, and what people said about it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        LOCKED = "locked", _("Locked")

    category = models.ForeignKey(Category, models.PROTECT, related_name="topics")
    title = models.CharField(_("Title"), max_length=TITLE_LENGTH)
    slug = models.CharField(max_length=SLUG_LENGTH)
    # None once they have left: what they wrote stays.
    author = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="forum_topics"
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    is_pinned = models.BooleanField(default=False)
    # Not public: its question is held back or hidden (`Post.state` says which).
    is_hidden = models.BooleanField(default=False)
    accepted = models.ForeignKey(
        "forum.Post", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    official = models.ForeignKey(
        "forum.Post", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Public posts besides the question; votes for the question.
    replies = models.PositiveIntegerField(default=0)
    votes = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    last_post_at = models.DateTimeField(default=now)
    # The title, and what the question says.
    search = SearchVectorField(null=True, editable=False)

    tickets: models.ManyToManyField[Ticket, TopicTicket] = models.ManyToManyField(
        Ticket, through="forum.TopicTicket", related_name="forum_topics"
    )

    objects = TopicQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["category", "-last_post_at", "-id"],
                name="forum_topic_of_category",
                condition=Q(is_hidden=False),
            ),
            models.Index(
                fields=["-last_post_at", "-id"],
                name="forum_topic_latest",
                condition=Q(is_hidden=False),
            ),
            # Few, and looked for with each first page.
            models.Index(
                fields=["category", "-last_post_at"],
                name="forum_topic_pinned",
                condition=Q(is_pinned=True),
            ),
            GinIndex(fields=["search"], name="forum_topic_search"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """Its part of an address: the id finds it, the words are for people."""
        return f"{self.pk}-{self.slug}"

    @property
    def is_locked(self) -> bool:
        return self.state == self.State.LOCKED

    @property
    def is_solved(self) -> bool:
        return self.accepted_id is not None

    def get_absolute_url(self) -> str:
        return reverse("portal:forum_topic", args=[self.category.slug, self.key])

    def url_of(self, post: Post) -> str:
        """Where a post of this topic is read."""
        return self.get_absolute_url() + self.place_of(post.pk, is_question=post.is_question)

    def place_of(self, post_id: int, *, is_question: bool = False) -> str:
        """What leads to a post, behind the topic's address.

        The page that begins with it, unless it stands on the first one anyway.
        """
        is_on_top = is_question or post_id in {self.accepted_id, self.official_id}
        return f"{'' if is_on_top else f'?from={post_id}'}#message-{post_id}"

    def takes_replies_of(self, user: User) -> bool:
        """A locked topic takes an agent's word only; one that is not public nobody else's."""
        return user.is_agent or (not self.is_locked and not self.is_hidden)


class TopicTicket(models.Model):
    """A post that became its author's private ticket, and the answer that came back."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="ticket_links")
    post: models.OneToOneField[Post, Post] = models.OneToOneField(
        "forum.Post", models.CASCADE, related_name="ticket_link"
    )
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="topic_links")
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=now)
    # The official post that the ticket's answer became.
    answer: models.OneToOneField[Post | None, Post | None] = models.OneToOneField(
        "forum.Post", models.SET_NULL, null=True, blank=True, related_name="answer_of"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "ticket"], name="forum_topic_ticket_once")
        ]

    def __str__(self) -> str:
        return f"{self.topic} → {self.ticket}"
