"""What people write: topics, replies, and edits with their history. Each call is one act."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

from django.db.models import F
from django.utils.text import slugify
from django.utils.timezone import now

from accounts import notification_list
from accounts.models import User
from accounts.notifications import Event
from forum import following, indexing, pictures
from forum.people import ForumSettings, Profile
from forum.posts import Post, PostVersion
from forum.topics import SLUG_LENGTH, Category, Topic, TopicTicket
from helpdesk import markdown
from tenants.acts import act

# What a newcomer may link to in one post.
LINKS = 1
# The same words of the same person within this time were sent twice.
TWICE = timedelta(minutes=10)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LINK = re.compile(r"<a\s[^>]*href=", re.I)


class LockedError(ValueError):
    """The topic takes no more posts of this person."""


class TooManyLinksError(ValueError):
    """A newcomer's post links to more than LINKS places."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote: Markdown, and pictures that were made anew already."""

    source: str
    pictures: Sequence[pictures.Made] = ()


@act()
def open_topic(category: Category, *, author: User, title: str, draft: Draft) -> Topic:
    """Open a topic with its question; its author follows it. Raises TooManyLinksError."""
    # Locked, so that pressing the button twice opens one topic.
    User.objects.get_queryset().select_for_update(no_key=True).get(pk=author.pk)
    same = author.forum_topics.filter(title=title, created_at__gt=now() - TWICE)
    for topic in same.filter(posts__is_question=True, posts__source=draft.source)[:1]:
        return topic
    is_held = is_newcomer(author)
    topic = Topic.objects.create(
        category=category,
        title=title,
        slug=slug_of(title),
        author=author,
        is_hidden=is_held,
    )
    _write(topic, author, draft, is_question=True, is_held=is_held)
    following.follow(topic, author)
    return topic


@act()
def reply(topic: Topic, *, author: User, draft: Draft) -> Post:
    """Add a reply, and let those who follow know; raises LockedError and TooManyLinksError.

    An agent's first reply is the topic's official answer.
    """
    topic = locked(topic)
    if not topic.takes_replies_of(author):
        raise LockedError
    same = topic.posts.filter(author=author, source=draft.source, created_at__gt=now() - TWICE)
    for post in same[:1]:
        return post
    post = _write(topic, author, draft, is_question=False, is_held=is_newcomer(author))
    if post.is_visible:
        publish(post)
    return post


@act()
def edit(
    post: Post, *, by: User, draft: Draft, title: str = "", removed: Iterable[int] = ()
) -> Post:
    """Change what a post says; how it read before stays in its history.

    What an agent takes out of somebody's post, or of an answer that came from a ticket, is from
    then on seen by agents alone. What a newcomer makes of a post that was let through is held back
    like a new one. Raises LockedError and TooManyLinksError.
    """
    topic = locked(post.topic)
    post = Post.objects.select_for_update(no_key=True, of=("self",)).get(pk=post.pk)
    post.topic = topic
    if not may_edit(post, by):
        raise LockedError
    html = _html(draft.source)
    _refuse_links(html, by)
    title = title if post.is_question and title else topic.title
    is_other = (post.source, topic.title) != (draft.source, title)
    if is_other:
        _keep_version(post, by)
        if title != topic.title:
            topic.title, topic.slug = title, slug_of(title)
            topic.save(update_fields=["title", "slug"])
        post.source, post.html, post.edited_at = draft.source, html, now()
        post.save(update_fields=["source", "html", "edited_at"])
        indexing.index(post)
    for picture in post.pictures.filter(pk__in=list(removed)):
        picture.discard()
    pictures.keep(post, draft.pictures)
    if (is_other or draft.pictures) and post.is_visible and is_newcomer(by):
        _hold(post)
    return post


def may_edit(post: Post, user: User) -> bool:
    """Agents may; its author too, unless it is hidden or the topic is locked."""
    if user.is_agent:
        return True
    is_own = post.author_id == user.pk and not post.is_official
    return is_own and post.state != Post.State.HIDDEN and not post.topic.is_locked


def publish(post: Post) -> None:
    """Count a reply that everybody may read from now on, and tell who follows."""
    topic = post.topic
    topic.replies += 1
    topic.last_post_at = max(topic.last_post_at, post.created_at)
    changed = ["replies", "last_post_at"]
    if post.is_official and topic.official_id is None:
        topic.official = post
        changed.append("official")
    topic.save(update_fields=changed)
    following.announce(post)


def hide(topic: Topic, *, is_hidden: bool = True) -> None:
    """Take a locked topic out of everybody's sight but its author's, or show it again."""
    topic.is_hidden = is_hidden
    topic.save(update_fields=["is_hidden"])
    # Its author, who still sees it, is told of it by another event.
    notification_list.hide(topic.pk, Event.TOPIC_FOLLOWED, is_hidden=is_hidden)


def recount(topic: Topic) -> None:
    """Say anew how many replies everybody may read, and when the last was written."""
    shown = topic.posts.filter(state=Post.State.VISIBLE)
    topic.replies = shown.filter(is_question=False).count()
    latest = shown.order_by("-pk").values_list("created_at", flat=True).first()
    topic.last_post_at = latest or topic.created_at
    topic.save(update_fields=["replies", "last_post_at", "accepted", "official"])


def is_newcomer(author: User) -> bool:
    """True while an agent looks at what somebody writes before others do."""
    if author.is_agent:
        return False
    shown = Profile.objects.filter(user=author).values_list("shown_posts", flat=True).first()
    return (shown or 0) < ForumSettings.current().held_posts


def locked(topic: Topic) -> Topic:
    """The topic, read again and locked: acts on one topic come one after the other."""
    return Topic.objects.select_for_update(no_key=True, of=("self",)).get(pk=topic.pk)


def slug_of(title: str) -> str:
    """The words of a topic's address; never empty."""
    return slugify(title.lower().translate(_UMLAUTS))[:SLUG_LENGTH].strip("-") or "thema"


def _write(topic: Topic, author: User, draft: Draft, *, is_question: bool, is_held: bool) -> Post:
    html = _html(draft.source)
    _refuse_links(html, author)
    post = Post.objects.create(
        topic=topic,
        author=author,
        is_question=is_question,
        is_official=author.is_agent,
        source=draft.source,
        html=html,
        state=Post.State.HELD if is_held else Post.State.VISIBLE,
        published_at=None if is_held else now(),
    )
    pictures.keep(post, draft.pictures)
    indexing.index(post)
    if not is_held:
        count_shown(author)
    return post


def _hold(post: Post) -> None:
    """Take a post back until an agent has looked; what it is marked as waits with it."""
    post.state = Post.State.HELD
    post.save(update_fields=["state"])
    topic = post.topic
    if post.is_question:
        hide(topic)
    else:
        recount(topic)


def count_shown(author: User | None) -> None:
    """One more of somebody's posts became visible."""
    Profile.objects.filter(user=author).update(shown_posts=F("shown_posts") + 1)


def _html(source: str) -> str:
    """With headings whose ids no other post of a page has."""
    return str(markdown.render(source, prefix=f"h{token_hex(4)}-"))


def _refuse_links(html: str, author: User) -> None:
    if len(_LINK.findall(html)) > LINKS and is_newcomer(author):
        raise TooManyLinksError


def _keep_version(post: Post, by: User) -> None:
    is_own = post.author_id == by.pk or post.is_official
    # What came from a private ticket may have said too much: nobody reads again what was taken out.
    is_own &= not TopicTicket.objects.filter(answer=post).exists()
    PostVersion.objects.create(
        post=post,
        title=post.topic.title if post.is_question else "",
        source=post.source,
        html=post.html,
        replaced_by=by,
        is_public=is_own,
    )
    if not is_own:
        post.versions.update(is_public=False)
