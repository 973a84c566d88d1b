"""What a message of Messenger says: its text, and the files that hang on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from channels.facebook.events import Json, inner, text_of

# A message may carry thirty pictures.
MOST_FILES = 30
SUBJECT_LENGTH = 80
FILES = frozenset({"image", "audio", "video", "file"})
LINKS = frozenset({"fallback", "post", "ig_post", "reel", "ig_reel", "template", "share"})
THUMBS_UP = "👍"
# The same thumb in three sizes.
THUMBS = frozenset({"369239263222822", "369239343222814", "369239383222810"})


@dataclass(slots=True)
class Said:
    """The text, and the files as they are to be fetched: [{"type", "url"}, …]."""

    text: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)


def read(message: Json) -> Said:
    """The `message` of an event, whatever is in it; nothing is dropped without a word."""
    said = Said()
    listed = message.get("attachments")
    attached = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    lines = [text_of(message, "text"), *(_attached(one, said.files) for one in attached)]
    said.text = "\n".join(filter(None, lines))
    return said


def subject_of(said: Said, name: str) -> str:
    """A ticket's subject: the first line, cut at a word, or what kind of message it is."""
    line = next((one for one in (raw.strip() for raw in said.text.splitlines()) if one), "")
    if not line:
        words = _("Picture or file from %(name)s") if said.files else _("Message from %(name)s")
        return words % {"name": name}
    if len(line) <= SUBJECT_LENGTH:
        return line
    cut = line[:SUBJECT_LENGTH].rpartition(" ")[0]
    return f"{cut or line[:SUBJECT_LENGTH]} …"


def _attached(one: Json, files: list[dict[str, Any]]) -> str:
    """A line for what is no file; a file is added to the list instead."""
    kind, payload = text_of(one, "type"), inner(one, "payload")
    sticker, url = text_of(payload, "sticker_id"), text_of(payload, "url") or text_of(one, "url")
    if sticker in THUMBS:
        return THUMBS_UP
    if (kind in FILES or sticker) and url:
        if len(files) >= MOST_FILES:
            return _("(One more file: %(url)s)") % {"url": url}
        files.append({"type": "image" if sticker else kind, "url": url})
        return ""
    if kind == "location":
        return _location(one, payload)
    title = text_of(one, "title") or text_of(payload, "title") or text_of(payload, "text")
    if title or (url and kind in LINKS):
        return " ".join(filter(None, (title, url)))
    return _("(Content that cannot be shown here: %(kind)s)") % {"kind": kind or "?"}


def _location(one: Json, payload: Json) -> str:
    coordinates = inner(payload, "coordinates")
    latitude, longitude = coordinates.get("lat"), coordinates.get("long")
    title = text_of(one, "title")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return title or _("(A place)")
    marker = f"mlat={latitude:.6f}&mlon={longitude:.6f}"
    return " ".join(filter(None, (title, f"https://www.openstreetmap.org/?{marker}")))
