"""Atom feeds of the forum: what a stranger may read, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum import names
from forum.models import Category, Post, Topic
from forum.posts import PostQuerySet
from helpdesk.http import id_in
from tenants.models import Tenant

if TYPE_CHECKING:
    Base = Feed[Any, Any]
else:
    Base = Feed

ENTRIES = 30
# What XML 1.0 cannot hold: control characters but tab, line feed and carriage return.
_UNWRITABLE = {code: None for code in range(32) if code not in {9, 10, 13}} | {
    0xFFFE: None,
    0xFFFF: None,
}


class PublicFeed(Base):
    """Posts, the latest first; each with what it says and under which name it was written."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().__call__(request, *args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    def item_title(self, item: Post) -> str:
        title = item.topic.title.translate(_UNWRITABLE)
        return title if item.is_question else _("Re: %(title)s") % {"title": title}

    def item_description(self, item: Post) -> str:
        return item.html.translate(_UNWRITABLE)

    def item_link(self, item: Post) -> str:
        return item.topic.url_of(item)

    def item_guid(self, item: Post) -> str:
        # Stays when the topic moves, gets another title, or is served on another domain.
        return f"tag:helpdesk.invalid,2026:{Tenant.current().slug}/forum/{item.pk}"

    def item_author_name(self, item: Post) -> str:
        return names.of_post(item)

    def item_pubdate(self, item: Post) -> datetime:
        return item.created_at

    def item_updateddate(self, item: Post) -> datetime:
        return item.edited_at or item.created_at


class LatestFeed(PublicFeed):
    """What was written lately, in all categories."""

    def title(self, obj: object) -> str:
        return _("Forum of %(tenant)s") % {"tenant": Tenant.current().name}

    def link(self, obj: object) -> str:
        return reverse("portal:forum")

    def items(self, obj: object) -> Iterable[Post]:
        return _latest()


class CategoryFeed(PublicFeed):
    """What was asked lately in one category."""

    def get_object(self, request: HttpRequest, slug: str) -> Category:
        return get_object_or_404(Category, slug=slug)

    def title(self, obj: Category) -> str:
        return f"{obj.name} · {Tenant.current().name}".translate(_UNWRITABLE)

    def link(self, obj: Category) -> str:
        return reverse("portal:forum_category", args=[obj.slug])

    def items(self, obj: Category) -> Iterable[Post]:
        """The questions of the topics that were written in last: one index scan at any size."""
        topics = obj.topics.all().public().latest_first().values_list("pk", flat=True)[:ENTRIES]
        questions = Post.objects.public().filter(topic__in=list(topics), is_question=True)
        return _for_feed(questions)


class TopicFeed(PublicFeed):
    """What is said in one topic."""

    def get_object(self, request: HttpRequest, slug: str, key: str) -> Topic:
        topics = Topic.objects.public().select_related("category")
        return get_object_or_404(topics, pk=id_in(key.partition("-")[0]) or 0)

    def title(self, obj: Topic) -> str:
        return obj.title.translate(_UNWRITABLE)

    def link(self, obj: Topic) -> str:
        return obj.get_absolute_url()

    def items(self, obj: Topic) -> Iterable[Post]:
        return _for_feed(Post.objects.public().filter(topic=obj))[:ENTRIES]


def _latest() -> Iterable[Post]:
    return _for_feed(Post.objects.public())[:ENTRIES]


def _for_feed(posts: PostQuerySet) -> PostQuerySet:
    return posts.select_related("topic__category", "author__forum_profile").order_by("-pk")


latest = login_not_required(require_safe(LatestFeed()))
category = login_not_required(require_safe(CategoryFeed()))
topic = login_not_required(require_safe(TopicFeed()))
