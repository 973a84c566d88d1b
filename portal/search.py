"""One search over the FAQ, the forum and one's own tickets: what the reader may see, best first.

A word may stand in every fifth of a million posts. So each kind takes a bounded number of
candidates, the newest that match, and ranks those alone.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchRank
from django.db.models import F, Max, QuerySet, TextChoices
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from faq.models import Article
from forum.models import Post, Topic
from helpdesk import fulltext, markdown
from tickets import search as ticket_search
from tickets.models import Message, Ticket

Query = SearchQuery | CombinedSearchQuery

# Candidates of each kind that are ranked.
MOST_ARTICLES, MOST_POSTS, MOST_TOPICS, MOST_MESSAGES = 200, 200, 100, 200
# Candidates are looked for among so many times as many of the newest entries, then among more; a
# word that is too rare for that is looked for everywhere, up to so many times as many hits.
NEAR, FAR = 50, 300
RARE = 8
# What is read of a text to show the piece around a hit.
READ = 20_000
# What is read as Markdown of it: that costs much more.
PARSED = 1_000
# A title says what a topic is about; a post in it may mention a word by the way.
OF_A_POST = 0.6
# An article in the reader's own language is worth this much more.
OWN_LANGUAGE = 1.3


class Kind(TextChoices):
    FAQ = "faq", _("FAQ")
    FORUM = "forum", _("Forum")
    TICKETS = "tickets", _("My tickets")


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, as the list shows it."""

    kind: Kind
    url: str
    title: SafeString
    excerpt: SafeString
    about: str
    at: datetime | None
    is_solved: bool = False


def kinds(user: object) -> list[Kind]:
    """What this reader can search in."""
    has_tickets = isinstance(user, User) and not user.is_agent
    return [Kind.FAQ, Kind.FORUM, *([Kind.TICKETS] if has_tickets else [])]


def find(kind: Kind, words: str, user: object, most: int) -> list[Hit]:
    """The best hits of a kind; none for words that mean nothing."""
    if not any(not term.is_excluded for term in fulltext.terms(words)):
        return []
    return _FINDERS[kind](words, user, most)


def _in_faq(words: str, user: object, most: int) -> list[Hit]:
    """Articles that this reader may read: by relevance, and by what helped others."""
    asked = fulltext.query(words)
    reader = user if isinstance(user, User) else AnonymousUser()
    found = _newest(Article.objects.visible_to(reader), asked, MOST_ARTICLES)
    rank = SearchRank(F("search"), asked)
    fields = ("pk", rank, "helpful_count", "not_helpful_count", "language")
    language = get_language()
    scores = {
        pk: score * _helpfulness(yes, no) * (OWN_LANGUAGE if written == language else 1)
        for pk, score, yes, no, written in found.values_list(*fields)
    }
    best = heapq.nlargest(most, scores, key=lambda pk: (scores[pk], pk))
    shown = Article.objects.visible_to(reader).select_related("category").defer("search")
    articles = shown.in_bulk(best)
    return [_article_hit(articles[pk], words) for pk in best if pk in articles]


def _helpfulness(yes: int, no: int) -> float:
    """From two thirds for what helped nobody to much more than one for what helped many."""
    share = (yes + 2) / (yes + no + 3)
    return share * _trust(yes) * 1.5


def _article_hit(article: Article, words: str) -> Hit:
    return Hit(
        Kind.FAQ,
        article.get_absolute_url(),
        fulltext.highlight(article.title, words),
        fulltext.excerpt(article.words[:READ], words),
        article.category.name,
        None,
    )


def _in_forum(words: str, user: object, most: int) -> list[Hit]:
    """Topics that match, or in which a post does."""
    asked = fulltext.query(words)
    rank = SearchRank(F("search"), asked)
    posts = _newest(Post.objects.filter(state=Post.State.VISIBLE), asked, MOST_POSTS)
    best_post: dict[int, tuple[float, int]] = {}
    for pk, topic_id, score, votes in posts.values_list("pk", "topic_id", rank, "votes"):
        said = OF_A_POST * score * _trust(votes)
        best_post[topic_id] = max(best_post.get(topic_id, (0.0, 0)), (said, pk))
    titles = _newest(Topic.objects.public(), asked, MOST_TOPICS)
    scores = {pk: score for pk, (score, _post) in best_post.items()}
    worths: dict[int, float] = {}
    for pk, score in titles.values_list("pk", rank):
        scores[pk] = scores.get(pk, 0.0) + score
    topics = Topic.objects.public()
    fields = ("pk", "votes", "accepted_id", "official_id")
    for pk, votes, accepted, official in topics.filter(pk__in=scores).values_list(*fields):
        # What is solved, or answered by the tenant, helps more than a question alone.
        worths[pk] = scores[pk] * _trust(votes) * (1.5 if accepted or official else 1.0)
    best = heapq.nlargest(most, worths, key=lambda pk: (worths[pk], pk))
    found = topics.select_related("category").defer("search").in_bulk(best)
    ranked = [found[pk] for pk in best if pk in found]
    shown = _posts_of(ranked, best_post)
    return [_topic_hit(topic, shown.get(topic.pk, ""), words) for topic in ranked]


def _newest(readable: QuerySet[Any], asked: Query, most: int) -> QuerySet[Any]:
    """The newest of what may be read and matches, so many, in no order.

    Each look is bounded, by so many entries or by so many hits, hidden ones among them: however
    often a word occurs, and wherever, the work stays small. Only of a word with more than `RARE`
    times `most` hits, fewer than `most` of them among the newest, are older hits left out.
    """
    everything = readable.model._default_manager
    matching = readable.filter(search=asked).order_by("-pk").values_list("pk", flat=True)
    last = everything.aggregate(last=Max("pk"))["last"] or 0
    near, far = last - most * NEAR, last - most * FAR
    found = list(matching.filter(pk__gt=near)[:most])
    if len(found) < most and near > 0:
        # PostgreSQL does not know how rare a word is: by itself, it might read all these entries.
        with fulltext.index_only():
            found = list(matching.filter(pk__gt=far)[:most])
            if len(found) < most and far > 0:
                some = everything.filter(search=asked).order_by().values("pk")[: most * RARE]
                found += matching.filter(pk__in=some, pk__lte=far)[: most - len(found)]
    newest: QuerySet[Any] = everything.filter(pk__in=found)
    return newest


def _trust(votes: int) -> float:
    return 1 + 0.2 * math.log1p(votes)


def _posts_of(topics: list[Topic], best: dict[int, tuple[float, int]]) -> dict[int, str]:
    """The text of each topic's best post, or of its question where no post matched."""
    pks = [best[topic.pk][1] for topic in topics if topic.pk in best]
    posts = Post.objects.filter(pk__in=pks)
    found = dict(posts.values_list("topic_id", "source"))
    rest = [topic.pk for topic in topics if topic.pk not in found]
    if rest:
        questions = Post.objects.filter(topic__in=rest, is_question=True, state=Post.State.VISIBLE)
        found |= dict(questions.values_list("topic_id", "source"))
    return found


def _topic_hit(topic: Topic, source: str, words: str) -> Hit:
    return Hit(
        Kind.FORUM,
        topic.get_absolute_url(),
        fulltext.highlight(topic.title, words),
        fulltext.excerpt(markdown.plain(fulltext.around(source[:READ], words, PARSED)), words),
        topic.category.name,
        topic.last_post_at,
        is_solved=topic.is_solved,
    )


def _in_tickets(words: str, user: object, most: int) -> list[Hit]:
    """The reader's own tickets, by what they themselves can read there."""
    if not isinstance(user, User) or user.is_agent:
        return []
    own = Ticket.objects.visible_to(user).on_their_own()
    asked = ticket_search.query(words)
    rank = SearchRank(F("search"), asked)
    said = Message.objects.public().filter(search=asked, ticket__in=own).order_by("-pk")
    best: dict[int, tuple[float, str]] = {}
    for ticket_id, score, text in said.values_list("ticket_id", rank, "text")[:MOST_MESSAGES]:
        best[ticket_id] = max(best.get(ticket_id, (0.0, "")), (score, text))
    digits = words.strip().lstrip("#")
    numbered = own.filter(number=int(digits)) if _is_number(digits) else own.none()
    tickets = [*numbered, *own.filter(pk__in=best).exclude(pk__in=[one.pk for one in numbered])]
    ranked = _best(tickets, lambda ticket: best.get(ticket.pk, (math.inf, ""))[0], most)
    return [_ticket_hit(ticket, best.get(ticket.pk, (0.0, ""))[1], words) for ticket in ranked]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def _ticket_hit(ticket: Ticket, text: str, words: str) -> Hit:
    return Hit(
        Kind.TICKETS,
        reverse("portal:ticket", args=[ticket.number]),
        fulltext.highlight(ticket.subject or str(_("(no subject)")), words),
        fulltext.excerpt(text[:READ], words),
        f"#{ticket.number}",
        ticket.updated_at,
        is_solved=ticket.closed_at is not None,
    )


def _best(found: Iterable[Any], score: Callable[[Any], float], most: int) -> list[Any]:
    """The highest scores first; of equals, the newer one."""
    return sorted(found, key=lambda one: (score(one), one.pk), reverse=True)[:most]


_FINDERS: dict[Kind, Callable[[str, object, int], list[Hit]]] = {
    Kind.FAQ: _in_faq,
    Kind.FORUM: _in_forum,
    Kind.TICKETS: _in_tickets,
}
