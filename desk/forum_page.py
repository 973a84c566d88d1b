"""What the desk shows of the forum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from forum import names
from forum.models import Post, Report, TopicTicket
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Entry:
    """A post that an agent decides about."""

    post: Post
    name: str
    url: str
    reports: list[Report]


@dataclass(frozen=True, slots=True)
class LinkedTopic:
    """A topic that a ticket came from."""

    link: TopicTicket
    url: str


def entries(posts: Iterable[Post]) -> list[Entry]:
    """The posts with who wrote them and what was said against them; one more query."""
    posts, said = list(posts), defaultdict(list)
    for one in Report.objects.filter(post__in=posts, handled_at=None).order_by("pk"):
        said[one.post_id].append(one)
    return [
        Entry(post, names.of_post(post), post.topic.url_of(post), said[post.pk]) for post in posts
    ]


def linked_topics(ticket: Ticket) -> list[LinkedTopic]:
    links = TopicTicket.objects.filter(ticket=ticket).select_related("topic__category")
    return [LinkedTopic(link, link.topic.get_absolute_url()) for link in links]
