"""An answer as Messenger takes it: in parts of 2,000 characters, each known by a mark of ours."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator

from django.conf import settings

from tenants.connection import connection

# Meta says characters and does not say which: counted in UTF-16, both readings hold.
LONGEST_TEXT = 2000
MARK = "hd:msg:"
_MARK = re.compile(r"hd:msg:(\d{1,18})\.([0-9a-f]{16})")
# Where a text may be cut, the best first: behind a paragraph, a line, a sentence, a word.
_ENDS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…:;])[\"“”»«')\]]*\s+"),
    re.compile(r"\s+"),
)
# What must not begin a part: it belongs to the character before it.
_JOINED = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
# A cut this early in a part would leave it nearly empty.
EARLIEST = 0.4


def split(text: str, longest: int = LONGEST_TEXT) -> list[str]:
    """The parts of a text, in order; together they say all of it. An empty text has none."""
    return list(_split(text.strip(), longest))


def length(text: str) -> int:
    """How long a text is for Meta: UTF-16 code units."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def mark(pk: int) -> str:
    """What goes along with a part as `metadata`, and comes back in its echo.

    Signed, so that another tenant's or installation's part of the same number means nothing here.
    """
    return f"{MARK}{pk}.{_signature(pk, settings.SECRET_KEY)}"


def marked(metadata: str) -> int | None:
    """The part that a mark of this tenant names, else None."""
    match = _MARK.fullmatch(metadata)
    if match is None:
        return None
    pk, keys = int(match[1]), (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = any(hmac.compare_digest(match[2], _signature(pk, key)) for key in keys)
    return pk if is_ours else None


def _split(text: str, longest: int) -> Iterator[str]:
    while length(text) > longest:
        at = _cut(text, longest)
        head, text = text[:at].rstrip(), text[at:].lstrip()
        if head:
            yield head
    if text:
        yield text


def _cut(text: str, longest: int) -> int:
    """Where the first part ends: at the latest end of the best kind that is not too early."""
    most = _fitting(text, longest)
    for ends in _ENDS:
        found = [match.end() for match in ends.finditer(text, 0, most + 1) if match.start() <= most]
        if found and found[-1] >= most * EARLIEST:
            return min(found[-1], most)
    while most > 1 and _JOINED.match(text, most):
        most -= 1
    return most


def _fitting(text: str, longest: int) -> int:
    """How many characters of a text fit into a part."""
    units = 0
    for at, letter in enumerate(text):
        units += 2 if letter > "\uffff" else 1
        if units > longest:
            return at
    return len(text)


def _signature(pk: int, key: str) -> str:
    said = f"facebook-part:{connection.schema_name}:{pk}".encode()
    return hmac.digest(key.encode(), said, "sha256").hex()[:16]
