"""What the forum's pages show: lists of topics, and one topic as this reader may see it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from forum import names, round_trip, writing
from forum.models import Follow, Post, Topic, TopicTicket, Vote
from forum.topics import TopicQuerySet
from helpdesk import keyset, markdown, page_cache
from helpdesk.http import id_in
from tickets.models import Ticket

TOPICS = 25
POSTS = 30
# Search engines show about as much.
DESCRIPTION = 155
# What of a post stands in the data for search engines.
STRUCTURED = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """A topic in a list."""

    topic: Topic
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as this reader sees it: what they may do with it, and what they did."""

    post: Post
    name: str
    url: str
    is_own: bool
    has_vote: bool
    may_edit: bool
    may_vote: bool
    may_accept: bool
    may_become_ticket: bool
    ticket: Ticket | None


def rows(topics: Iterable[Topic]) -> list[Row]:
    return [Row(topic, names.of(topic.author)) for topic in topics]


def page_of(request: HttpRequest, topics: TopicQuerySet) -> dict[str, object]:
    """A page of a list, latest first; pinned topics stand on the first one alone."""
    key = keyset.decode(request.GET.get("after", ""), keyset.NEWEST_FIRST)
    pinned = [] if key else list(topics.filter(is_pinned=True).latest_first().for_list()[:TOPICS])
    others = topics.filter(is_pinned=False).latest_first().for_list()
    if "after" in request.GET and not _is_place(request.GET["after"], key, topics):
        page_cache.leave_out(request)
    if key:
        # The second condition says the first once more, so that the scan begins in the right place.
        others = others.filter(keyset.older("last_post_at", key), last_post_at__lte=key[0])
    found = list(others[: TOPICS + 1])
    shown = found[:TOPICS]
    last = shown[-1] if len(found) > TOPICS else None
    after = urlencode({"after": keyset.encode((last.last_post_at, last.pk))}) if last else ""
    here = request.build_absolute_uri(request.path)
    return {
        "rows": rows([*pinned, *shown]),
        "first_page": request.path if key else "",
        "next_page": f"{request.path}?{after}" if after else "",
        "canonical": f"{here}?{urlencode({'after': keyset.encode(key)})}" if key else here,
    }


def _is_place(written: str, key: Sequence[Any] | None, topics: TopicQuerySet) -> bool:
    """True for what a list's own link says: a topic that is there, in the one way to write it."""
    if key is None or keyset.encode(key) != written:
        return False
    return topics.filter(pk=key[1], last_post_at=key[0]).exists()


def thread_of(request: HttpRequest, topic: Topic) -> dict[str, Any]:
    """One page of a topic: the question and its answers on the first, then what was said."""
    user = request.user if isinstance(request.user, User) else None
    start = id_in(request.GET.get("from", "")) or 0
    visible = topic.posts.all().visible_to(user).thread()
    top = [topic.accepted_id, topic.official_id]
    question = visible.filter(is_question=True).first()
    answers = [] if start else list(visible.filter(pk__in=[pk for pk in top if pk]))
    answers.sort(key=lambda post: top.index(post.pk))
    said = visible.filter(is_question=False, pk__gte=start)
    found = list(said.exclude(pk__in=[pk for pk in top if pk])[: POSTS + 1])
    said_here, after = found[:POSTS], found[POSTS:]
    if "from" in request.GET and request.GET["from"] != str(found[0].pk if found else ""):
        page_cache.leave_out(request)
    for post in [*filter(None, [question]), *answers, *said_here]:
        post.topic = topic
    look = _Reader(user, topic, [*filter(None, [question]), *answers, *said_here])
    path = topic.get_absolute_url()
    here = request.build_absolute_uri(path)
    return {
        "topic": topic,
        "question": look.at(question) if question and not start else None,
        "answers": [look.at(post) for post in answers],
        "replies": [look.at(post) for post in said_here],
        "is_first": not start,
        "first_page": path if start else "",
        "next_page": f"{path}?{urlencode({'from': after[0].pk})}" if after else "",
        "canonical": f"{here}?{urlencode({'from': start})}" if start else here,
        "description": description(question.html) if question else topic.title,
        "is_followed": bool(user) and Follow.objects.filter(topic=topic, user=user).exists(),
        "json_ld": _json_ld(request, topic, question, [*answers, *said_here])
        if question and not start and not topic.is_hidden
        else "",
    }


def description(html: str) -> str:
    """The beginning of a post, on one line."""
    text = " ".join(markdown.words_of(html[:STRUCTURED]).split())
    return text if len(text) <= DESCRIPTION else text[: DESCRIPTION - 1].rstrip() + "…"


class _Reader:
    """What one reader did with the posts of a page: three queries, however many there are."""

    def __init__(self, user: User | None, topic: Topic, posts: Sequence[Post]) -> None:
        self.user, self.topic = user, topic
        pks = [post.pk for post in posts]
        self.voted: set[int] = set()
        self.tickets: dict[int, Ticket] = {}
        if user is not None:
            votes = Vote.objects.filter(user=user, post__in=pks)
            self.voted = set(votes.values_list("post_id", flat=True))
            tickets = Ticket.objects.visible_to(user)
            if not user.is_agent:
                # A colleague who reads along must not learn under which name somebody writes here.
                tickets = tickets.filter(requester=user)
            links = TopicTicket.objects.filter(topic=topic, ticket__in=tickets)
            self.tickets = {link.post_id: link.ticket for link in links.select_related("ticket")}
            self.tickets |= {
                link.answer_id: link.ticket for link in links if link.answer_id is not None
            }

    def at(self, post: Post) -> Shown:
        user, topic = self.user, self.topic
        is_own = user is not None and post.author_id == user.pk
        ticket = self.tickets.get(post.pk)
        return Shown(
            post=post,
            name=names.of_post(post),
            url=topic.url_of(post),
            is_own=is_own,
            has_vote=post.pk in self.voted,
            may_edit=user is not None and writing.may_edit(post, user),
            may_vote=user is not None and not is_own and post.is_visible,
            may_accept=user is not None
            and (topic.author_id == user.pk or user.is_agent)
            and post.is_visible
            and not post.is_question,
            may_become_ticket=user is not None
            and ticket is None
            and round_trip.may_become_ticket(post, user),
            ticket=ticket,
        )


def _json_ld(
    request: HttpRequest, topic: Topic, question: Post, answers: Sequence[Post]
) -> SafeString:
    """schema.org's QAPage, for search engines; `<` is escaped, so no text can end the element."""
    said = [post for post in answers if post.is_visible]
    chosen = topic.accepted_id or topic.official_id
    accepted = [_answer(request, post) for post in said if post.pk == chosen]
    entity: dict[str, object] = {
        "@type": "Question",
        "name": topic.title,
        "text": _said(question),
        "answerCount": topic.replies,
        "upvoteCount": question.votes,
        "datePublished": question.created_at.isoformat(),
        "author": _author(question),
        "suggestedAnswer": [_answer(request, post) for post in said if post.pk != chosen],
    }
    if accepted:
        entity["acceptedAnswer"] = accepted[0]
    page = {"@context": "https://schema.org", "@type": "QAPage", "mainEntity": entity}
    written = json.dumps(page, ensure_ascii=False)
    for char, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        written = written.replace(char, escaped)
    return mark_safe(written)  # noqa: S308  (JSON without a character that means anything in HTML)


def _answer(request: HttpRequest, post: Post) -> dict[str, object]:
    return {
        "@type": "Answer",
        "text": _said(post),
        "upvoteCount": post.votes,
        "datePublished": post.created_at.isoformat(),
        "url": request.build_absolute_uri(post.topic.url_of(post)),
        "author": _author(post),
    }


def _said(post: Post) -> str:
    return markdown.words_of(post.html)[:STRUCTURED]


def _author(post: Post) -> dict[str, str]:
    kind = "Organization" if post.is_official else "Person"
    return {"@type": kind, "name": names.of_post(post)}
