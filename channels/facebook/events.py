"""From the bytes of a webhook to single events; pure, and calm about whatever is in them.

Meta sends batches of up to a thousand events for any number of pages, in no certain order.
Times are milliseconds in Messenger and seconds on the wall (facts §6, §7).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

# The lists of an entry that hold events.
LISTS = ("messaging", "standby", "changes")
# What an event of Messenger is about, by the key that is in it; the first one counts.
MESSENGER = (
    "message",
    "message_edit",
    "postback",
    "reaction",
    "read",
    "delivery",
    "referral",
    "optin",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
)
# A stored part has no more events: a worker's claim lasts for as many.
MOST_IN_A_PART = 100
EARLIEST = datetime(2004, 2, 4, tzinfo=UTC)


class NotUnderstoodError(ValueError):
    """The bytes are no batch of events of pages."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened on a page; `at` by Meta's clock, aware.

    `kind` is a key of MESSENGER or the field of the wall ("feed", "mention"); "" is unknown.
    `body` is the whole event of Messenger, or the wall's `value`.
    """

    page_id: str
    kind: str
    at: datetime
    body: Json
    # As it stood in its list; a part of a batch is made of these.
    source: str
    whole: Json
    is_standby: bool = False

    @property
    def value(self) -> Json:
        """What stands under the event's own key."""
        return inner(self.body, self.kind)

    def alone(self) -> bytes:
        """A batch with just this event, for keeping it by itself."""
        return joined(self.page_id, [self])


@dataclass(frozen=True, slots=True)
class Part:
    """What of a batch belongs to one page, as it is stored; no page: nobody knows whose it is."""

    page_id: str
    raw: bytes


def parse(raw: bytes) -> list[Event]:
    """All events of a batch, the earliest first; raises NotUnderstoodError."""
    return sorted(_events(_batch(raw)), key=lambda event: event.at)


def split(raw: bytes) -> list[Part]:
    """A batch by pages, in parts of a size; one that cannot be understood is one part of no page.

    The same batch always gives the same parts. What belongs to one page stays as it came.
    """
    try:
        entries = _batch(raw)
    except NotUnderstoodError:
        return [Part("", raw)]
    try:
        return _split(entries, raw)
    except RecursionError:
        # Just shallow enough to be read, and too deep to be written again.
        return [Part("", raw)]


def _split(entries: list[Any], raw: bytes) -> list[Part]:
    found = list(_events(entries))
    pages = list(dict.fromkeys(event.page_id for event in found))
    is_whole = all(isinstance(entry, dict) and _page_of(entry) for entry in entries)
    if is_whole and len(pages) == 1 and len(found) <= MOST_IN_A_PART:
        return [Part(pages[0], raw)]
    parts = [part for page in pages for part in _parts(page, found)]
    # Entries that name no page or hold nothing known are kept as well.
    return parts if is_whole and parts else [*parts, Part("", raw)]


def joined(page_id: str, events: list[Event]) -> bytes:
    """A batch with these events of one page."""
    entry: dict[str, Any] = {"id": page_id}
    for event in events:
        entry.setdefault(event.source, []).append(event.whole)
    # Escaped and in one spelling: the same events are the same bytes.
    return json.dumps({"object": "page", "entry": [entry]}, separators=(",", ":")).encode()


def inner(json: Json, *keys: str) -> Json:
    """The object under a path of keys; empty where there is none."""
    for key in keys:
        found = json.get(key)
        json = found if isinstance(found, dict) else {}
    return json


def text_of(json: Json, key: str) -> str:
    """A text or number under a key as text; empty where there is none.

    Without NUL, and without halves of a character, which JSON can hold and no database takes.
    """
    found = json.get(key)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    text = str(found).replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def number_of(json: Json, key: str) -> int:
    """A whole number under a key, also where it is written as text; 0 where there is none."""
    found = text_of(json, key)
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 19 else 0


def moment(number: int) -> datetime | None:
    """Meta's times: seconds, or milliseconds where they would be of the far future."""
    seconds = number / 1000 if number > 100_000_000_000 else number
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found >= EARLIEST else None


def _batch(raw: bytes) -> list[Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotUnderstoodError(f"No JSON: {type(error).__name__}") from error
    if not isinstance(found, dict) or found.get("object") != "page":
        raise NotUnderstoodError("Not about pages.")
    entries = found.get("entry")
    if not isinstance(entries, list):
        raise NotUnderstoodError("Without entries.")
    return entries


def _events(entries: list[Any]) -> Iterator[Event]:
    for entry in entries:
        if not isinstance(entry, dict) or not (page_id := _page_of(entry)):
            continue
        entry_at = moment(number_of(entry, "time")) or EARLIEST
        for name in LISTS:
            listed = entry.get(name)
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    yield _event(page_id, name, one, entry_at)


def _event(page_id: str, source: str, whole: Json, entry_at: datetime) -> Event:
    if source == "changes":
        value = inner(whole, "value")
        at = moment(number_of(value, "created_time")) or entry_at
        return Event(page_id, text_of(whole, "field"), at, value, source, whole)
    kind = next((key for key in MESSENGER if key in whole), "")
    at = moment(number_of(whole, "timestamp")) or entry_at
    return Event(page_id, kind, at, whole, source, whole, is_standby=source == "standby")


def _page_of(entry: Json) -> str:
    return text_of(entry, "id")[:40]


def _parts(page: str, found: list[Event]) -> Iterator[Part]:
    own = sorted((event for event in found if event.page_id == page), key=lambda event: event.at)
    for start in range(0, len(own), MOST_IN_A_PART):
        yield Part(page, joined(page, own[start : start + MOST_IN_A_PART]))
