"""Answers to what was said on the wall: in public as a comment, or in private.

Which one is decided by the agent, and written down with the answer in one act: never does a text
become public that nobody meant to be. A private answer goes once to each post or comment, within
seven days; the person's answer to it is a direct message, and then both write to each other there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.facebook import pages, parts, settling, wall_people, window
from channels.facebook.errors import FacebookError
from channels.facebook.events import text_of
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.facebook.wall_own import is_same
from channels.outbox import RefusedError
from tickets.models import Channel, Message, Ticket

Kind = FacebookObject.Kind
LONGEST_COMMENT = 8000
PRIVATE_LASTS = timedelta(days=7)
LOOKED_AT = 100
COMMENT_KEY = "comment_id"


class Way(models.TextChoices):
    """How an answer to the wall leaves."""

    PUBLIC = "public", gettext_lazy("In public, as a comment")
    PRIVATE = "private", gettext_lazy("In private, by Messenger")


@dataclass(frozen=True, slots=True)
class Choice:
    """The ways of a ticket: what would be answered, and why not in private (empty: it can be).

    `is_conversation`: they write to each other in Messenger, with all that goes there.
    """

    target: FacebookObject
    usual: Way
    why_not_private: str = ""
    is_conversation: bool = False


def choice_of(ticket: Ticket) -> Choice | None:
    """The ways in which this ticket can be answered on Facebook; None if it is not from a wall."""
    if ticket.channel != Channel.FACEBOOK:
        return None
    said = FacebookObject.objects.filter(message__ticket=ticket, is_own=False, at__isnull=False)
    latest = list(said.select_related("page", "person").order_by("-at", "-pk")[:50])
    on_wall = [one for one in latest if one.kind != Kind.MESSAGE]
    there = [one for one in on_wall if one.state != FacebookObject.State.DELETED]
    target = next(iter(there), next(iter(on_wall), None))
    if target is None:
        return None
    moment, person = now(), target.person
    last = person.last_inbound_at if person else None
    if window.kind(last, moment, is_human=True) != window.Kind.CLOSED:
        usual = Way.PRIVATE if latest[0].kind == Kind.MESSAGE else Way.PUBLIC
        return Choice(target, usual, is_conversation=True)
    return Choice(target, Way.PUBLIC, _why_not_private(target, moment))


def why_not(choice: Choice, way: str, text: str, *, has_files: bool) -> str:
    """Why this answer cannot leave this way; empty where it can."""
    if way == Way.PUBLIC:
        is_gone = choice.target.state == FacebookObject.State.DELETED
        if is_gone:
            return _("It was removed from Facebook: nobody can comment on it any more.")
        return _("A comment cannot carry files. Please send them in private.") if has_files else ""
    if choice.why_not_private or choice.is_conversation:
        return choice.why_not_private
    if has_files:
        return _("The first private answer can be a text only. Files can follow once they answer.")
    if parts.length(text.strip()) > parts.LONGEST_TEXT:
        return _("The first private answer may have %(most)d characters.") % {
            "most": parts.LONGEST_TEXT
        }
    return ""


def write_down(choice: Choice, message: Message, way: str) -> None:
    """Note how an answer is to leave; in the act that writes it."""
    if way == Way.PRIVATE and choice.is_conversation:
        return
    target = choice.target
    is_public = way == Way.PUBLIC
    texts = parts.split(message.text, LONGEST_COMMENT) if is_public else [message.text.strip()]
    FacebookObject.objects.bulk_create(
        FacebookObject(
            page=target.page,
            kind=Kind.COMMENT if is_public else Kind.MESSAGE,
            person=target.person,
            message=message,
            is_own=True,
            author_id=target.page.page_id,
            author_name=target.page.name[:120],
            parent_id=target.external_id,
            post_id=target.post_id,
            part=number,
            text=text,
            delivery=FacebookObject.Delivery.WAITING,
        )
        for number, text in enumerate(texts)
    )


def recipient_of(message: Message) -> FacebookPerson | None:
    """Whom an answer to the wall is for; None for every other answer."""
    written = FacebookObject.objects.select_related("person__page", "person__user")
    first = written.filter(message=message, part__isnull=False).exclude(post_id="").first()
    return first.person if first is not None else None


def check(page: FacebookPage, part: FacebookObject) -> None:
    """Ask whether a private answer can be sent; raises RefusedError, or what `pages.call` does."""
    if part.kind != Kind.MESSAGE or _recipient_key(part) != COMMENT_KEY:
        # Of a post, Facebook only says so when it is sent.
        return
    asked = {"fields": "can_reply_privately"}
    if (
        pages.call(page, "GET", part.parent_id, params=asked, is_needed=False).get(
            "can_reply_privately"
        )
        is False
    ):
        raise RefusedError(_("Facebook does not let the page answer this in private any more."))


def send(page: FacebookPage, part: FacebookObject, *, metadata: str) -> dict[str, Any]:
    """Send a part that is written down as being sent; raises what `pages.call` raises."""
    if part.kind == Kind.COMMENT:
        form = {"message": part.text}
        return pages.call(page, "POST", f"{part.parent_id}/comments", form=form, is_needed=False)
    body = {
        "recipient": {_recipient_key(part): part.parent_id},
        "messaging_type": "RESPONSE",
        "message": {"text": part.text, "metadata": metadata},
    }
    answer = pages.call(page, "POST", f"{page.page_id}/messages", body=body)
    if part.person is not None:
        wall_people.learn_psid(page, part.person, text_of(answer, "recipient_id"))
    return answer


def is_there(page: FacebookPage, part: FacebookObject) -> bool:
    """Look whether a comment that we may have sent is there, and settle it.

    Not found proves nothing. Found is the same text as the page's, below the same post or
    comment, that is nothing else.
    """
    if part.kind != Kind.COMMENT:
        return False
    asked = {"fields": "id,message,from", "limit": str(LOOKED_AT), "order": "reverse_chronological"}
    above = part.parent_id
    try:
        listed = pages.call(
            page, "GET", f"{_top(page, above)}/comments", params=asked, is_needed=False
        ).get("data")
    except FacebookError:
        return False
    rows = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found = [
        text_of(row, "id")[:255]
        for row in rows
        if _is_from(row, page.page_id) and is_same(text_of(row, "message"), part.text)
    ]
    unknown = next(_unknown(page, found), "")
    if unknown:
        settling.confirm(part, unknown, at=now())
    return bool(unknown)


def _why_not_private(target: FacebookObject, moment: datetime) -> str:
    if target.person is None or target.author_id == "":
        return _("Facebook does not say who wrote this.")
    if target.state == FacebookObject.State.DELETED:
        return _("It was removed from Facebook.")
    if target.at is None or moment - target.at > PRIVATE_LASTS:
        return _("Facebook lets the page answer in private for seven days only.")
    sent = FacebookObject.objects.filter(
        page=target.page, kind=Kind.MESSAGE, parent_id=target.external_id, part__isnull=False
    )
    if sent.exclude(message__status=Message.Status.FAILED).exists():
        return _("This has been answered in private. It goes on once the person answers there.")
    return ""


def _recipient_key(part: FacebookObject) -> str:
    return "post_id" if part.parent_id == part.post_id else COMMENT_KEY


def _top(page: FacebookPage, external_id: str) -> str:
    """Where a comment on this one hangs: a reply to a reply hangs below the top comment."""
    above = FacebookObject.objects.filter(page=page, external_id=external_id).first()
    if above is None or above.kind == Kind.POST or above.parent_id in {"", above.post_id}:
        return external_id
    return above.parent_id


def _is_from(row: dict[str, Any], page_id: str) -> bool:
    author = row.get("from")
    return isinstance(author, dict) and text_of(author, "id") == page_id


def _unknown(page: FacebookPage, found: list[str]) -> Iterator[str]:
    known = FacebookObject.objects.filter(page=page, external_id__in=found)
    taken = set(known.values_list("external_id", flat=True))
    return (one for one in reversed(found) if one and one not in taken)
