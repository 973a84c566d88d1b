"""What the fields `feed` and `mention` tell about a wall: read here, and nothing is done yet.

Pure, and calm about whatever is in them (facts §7): times are seconds, half of the keys may be
missing, and items and verbs have more than one spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.timezone import now

from channels.facebook.contents import MOST_FILES
from channels.facebook.events import Event, Json, text_of
from channels.facebook.models import ID_LENGTH, FacebookObject
from channels.intake import NothingToTakeInError
from channels.models import InboundRecord

Kind = FacebookObject.Kind


class Act(StrEnum):
    """What happened to a post or comment."""

    ADD = "add"
    EDIT = "edit"
    REMOVE = "remove"
    HIDE = "hide"
    UNHIDE = "unhide"


VERBS = {
    "add": Act.ADD,
    "edit": Act.EDIT,
    "edited": Act.EDIT,
    "update": Act.EDIT,
    "remove": Act.REMOVE,
    "delete": Act.REMOVE,
    "hide": Act.HIDE,
    "unhide": Act.UNHIDE,
}
# What somebody posts; `mention` is a post elsewhere that names the page.
POSTS = frozenset(
    {
        "album",
        "link",
        "mention",
        "note",
        "photo",
        "photo-album",
        "picture",
        "platform-story",
        "post",
        "question",
        "share",
        "status",
        "story",
        "video",
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one post or comment; `at` by Meta's clock, aware. Empty: it does not say."""

    act: Act
    kind: str
    external_id: str
    post_id: str
    # The comment above, or the post; of a post itself empty.
    parent_id: str
    author_id: str
    author_name: str
    text: str
    permalink: str
    at: datetime
    files: tuple[str, ...] = ()
    is_mention: bool = False

    @property
    def is_comment(self) -> bool:
        return self.kind == Kind.COMMENT

    @property
    def lacks_something(self) -> bool:
        """Whether Facebook should be asked for what the change does not say."""
        is_empty = not self.text and not self.files
        lost = self.is_comment and not (self.post_id and self.parent_id)
        return is_empty or lost or not self.author_id


def read(event: Event) -> Change:
    """A change from its event; raises NothingToTakeInError for what is no post and no comment."""
    value = event.body
    item, verb = text_of(value, "item"), text_of(value, "verb")
    is_mention = event.kind == "mention" or item == "mention"
    act = VERBS.get(verb or ("add" if is_mention else ""))
    is_comment = item == "comment" or (is_mention and bool(text_of(value, "comment_id")))
    if act is None or not (is_comment or item in POSTS or is_mention):
        raise _ignored(f"{event.kind}: {item or '?'} {verb or '?'}")
    post_id = text_of(value, "post_id") or text_of(_object(value, "post"), "id")
    external_id = text_of(value, "comment_id") if is_comment else post_id
    if not external_id or len(external_id) > ID_LENGTH:
        raise _ignored(f"{event.kind}: {item} {verb} without an id")
    author = _object(value, "from")
    return Change(
        act=act,
        kind=Kind.COMMENT if is_comment else Kind.POST,
        external_id=external_id,
        post_id=post_id[:ID_LENGTH],
        parent_id=text_of(value, "parent_id")[:ID_LENGTH] if is_comment else "",
        author_id=(text_of(author, "id") or text_of(value, "sender_id"))[:64],
        author_name=_name(text_of(author, "name") or text_of(value, "sender_name")),
        text=_text(value, item),
        permalink=permalink_of(value),
        at=min(event.at, now()),
        files=_files(value, item),
        is_mention=is_mention,
    )


def _text(value: Json, item: str) -> str:
    """What was said, with the address it is about."""
    link = text_of(value, "link")
    is_address = item != "photo" and link.startswith("https://")
    video = text_of(value, "video")
    lines = (text_of(value, "message"), link if is_address else "", video)
    return "\n".join(filter(None, lines))


def _files(value: Json, item: str) -> tuple[str, ...]:
    """The addresses of pictures."""
    listed = value.get("photos")
    several = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    lone = text_of(value, "photo") or (text_of(value, "link") if item == "photo" else "")
    found = dict.fromkeys(one for one in (lone, *several) if one.startswith("http"))
    return tuple(found)[:MOST_FILES]


def permalink_of(value: Json) -> str:
    """Where it stands on Facebook; empty for what is no address of the web."""
    found = text_of(value, "permalink_url") or text_of(_object(value, "post"), "permalink_url")
    return found if found.startswith(("https://", "http://")) else ""


def _name(text: str) -> str:
    return " ".join(text.split())[:120]


def _object(value: Json, key: str) -> Json:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _ignored(reason: str) -> NothingToTakeInError:
    return NothingToTakeInError(InboundRecord.Status.IGNORED, reason[:200])
