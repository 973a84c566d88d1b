"""What a ticket's page shows of a Facebook wall: the post, what hangs below it, who reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from channels.facebook import moderation, wall_own
from channels.models import FacebookObject
from sla.models import Promise
from tickets.models import Channel, Message

Kind, State = FacebookObject.Kind, FacebookObject.State
# Of a post that many comment on, the latest.
MOST_SHOWN = 60


@dataclass(slots=True)
class Entry:
    """A post or comment with what hangs below it; `is_here`: it is a message of this ticket."""

    stored: FacebookObject
    is_here: bool
    replies: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is to be known about one message: who can read it, and what became of it."""

    stored: FacebookObject
    is_public: bool
    can_hide: bool
    can_vouch: bool

    @property
    def is_hidden(self) -> bool:
        return self.stored.state == State.HIDDEN

    @property
    def is_deleted(self) -> bool:
        return self.stored.state == State.DELETED

    @property
    def is_edited(self) -> bool:
        return bool(self.stored.edits)


@dataclass(frozen=True, slots=True)
class Wall:
    """The thread as it is on Facebook, and the marks of the ticket's messages by their ids."""

    post: Entry | None
    marks: dict[int, Mark]


def wall_of(thread: Sequence[Message], promise: Promise | None) -> Wall | None:
    """The wall that a ticket's messages come from; None if they come from none."""
    ids = [one.pk for one in thread if one.channel == Channel.FACEBOOK]
    if not ids:
        return None
    of_ticket = FacebookObject.objects.filter(message__in=ids).select_related("page", "message")
    found = list(of_ticket.order_by("at", "pk"))
    on_wall = [one for one in found if one.kind != Kind.MESSAGE]
    if not on_wall:
        return None
    marks = {one.message_id: _mark(one, promise) for one in reversed(found) if one.message_id}
    return Wall(_post(on_wall, set(ids)), marks)


def _mark(stored: FacebookObject, promise: Promise | None) -> Mark:
    return Mark(
        stored,
        is_public=stored.kind != Kind.MESSAGE,
        can_hide=moderation.can_hide(stored),
        can_vouch=wall_own.can_vouch(stored, promise),
    )


def _post(on_wall: list[FacebookObject], ids: set[int]) -> Entry | None:
    """The post that was last written below, with the comments that this ticket is about."""
    last = on_wall[-1]
    page, post_id = last.page, last.post_id
    of_page = FacebookObject.objects.select_related("page").filter(page=page)
    known = of_page.exclude(kind=Kind.MESSAGE)
    post = known.filter(external_id=post_id).first()
    of_post = known.filter(post_id=post_id).exclude(external_id="").exclude(external_id=post_id)
    if post is None or post.message_id not in ids:
        # Somebody else's post: only the threads in which this ticket's person wrote.
        tops = {_top(one) for one in on_wall if one.post_id == post_id}
        of_post = of_post.filter(Q(external_id__in=tops) | Q(parent_id__in=tops))
    latest = sorted(of_post.order_by("-at", "-pk")[:MOST_SHOWN], key=_order)
    if post is None:
        post = FacebookObject(page=page, kind=Kind.POST, external_id=post_id, post_id=post_id)
    return _tree(post, latest, ids)


def _tree(post: FacebookObject, comments: Iterable[FacebookObject], ids: set[int]) -> Entry:
    root = Entry(post, post.message_id in ids)
    entries = {one.external_id: Entry(one, one.message_id in ids) for one in comments}
    for entry in entries.values():
        above = entries.get(entry.stored.parent_id)
        (above if above is not None and above is not entry else root).replies.append(entry)
    return root


def _top(stored: FacebookObject) -> str:
    """The top comment of the thread that a comment is in."""
    return stored.external_id if stored.parent_id == stored.post_id else stored.parent_id


def _order(stored: FacebookObject) -> tuple[bool, float, int]:
    """By time; what was asked for later, without one, comes first."""
    return (stored.at is not None, stored.at.timestamp() if stored.at else 0, stored.pk)
