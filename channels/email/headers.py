"""Header fields: found by bytes, cut to limits, decoded without trust (RFC 5322, RFC 2047)."""

import binascii
import re
from email.message import Message
from typing import NamedTuple

from channels.email.charsets import clean_line, codec_name, decode, decode_header_bytes

BLOCK_BYTES = 256 * 1024
SCANNED_BLOCK_BYTES = (
    4 * 1024 * 1024
)  # what is looked at, so that a field behind a huge one is still found
FIELD_BYTES = 8 * 1024
REFERENCES_BYTES = 16 * 1024
MAX_FIELDS = 1000
MAX_LINE_CHARS = 998
MAX_IDS = 50
MAX_ID_CHARS = 500

_NOT_A_FIELD = re.compile(rb"^(?![!-9;-~]+[ \t]*:|[ \t])", re.M)
_KNOWN_FIELD = re.compile(
    rb"^(?:from|to|subject|date|message-id|mime-version|content-type|received)[ \t]*:", re.I | re.M
)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(rb"\n(?=[ \t])")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_COMMENT = re.compile(r"\([^()]*\)")
_CUT_WORD = re.compile(rb"=(?:\?[^?\s]*){0,3}$")
_BRACKETED_ID = re.compile(r"<([^<>\s]+)>")
_ID_SEPARATORS = re.compile(r"[<>\s,;\"]+")


class Split(NamedTuple):
    """Where a header ends: its fields, the offset of the body, and whether something was cut."""

    headers: "Headers"
    body_start: int
    is_cut: bool


class Headers:
    """The fields of one header block, names in lower case, in their order."""

    __slots__ = ("_fields", "_parsed")

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self._fields = fields
        self._parsed: Message | None = None

    def __contains__(self, name: str) -> bool:
        return any(field == name for field, _ in self._fields)

    def raw(self, name: str) -> bytes:
        """Return the first field of this name, unfolded and undecoded, or b''."""
        return next((value for field, value in self._fields if field == name), b"")

    def all(self, name: str) -> list[bytes]:
        return [value for field, value in self._fields if field == name]

    def text(self, name: str) -> str:
        """Return the first field of this name as one clean line with its encoded words decoded."""
        return clean_line(decode_words(decode_header_bytes(self.raw(name))), MAX_LINE_CHARS)

    def token(self, name: str) -> str:
        """Return a field without parameters and comments in lower case: 'No (x); y=z' → 'no'."""
        value = _COMMENT.sub(" ", decode_header_bytes(self.raw(name).partition(b";")[0]))
        return clean_line(value.partition("(")[0], 200).lower()

    def parameter(self, name: str, parameter: str) -> str:
        """Return a parameter of a structured field (RFC 2045, RFC 2231), or ''."""
        raw = self.raw(name)
        if b";" not in raw:
            return ""
        if self._parsed is None:
            self._parsed = Message()
        if name not in self._parsed:
            self._parsed[name] = decode_header_bytes(raw)
        try:
            value = self._parsed.get_param(parameter, "", name)
        except (
            ValueError,
            LookupError,
            TypeError,
        ):  # hostile continuations: a*99999…, a charset with NUL
            return ""
        if isinstance(value, tuple):
            return _extended_value(value[0], value[2])
        return decode_words(str(value or ""))


def _extended_value(charset: str | None, value: str) -> str:
    """Decode a value of RFC 2231, which the standard library hands out as Latin-1."""
    try:
        return decode(value.encode("latin-1"), charset or "")[0]
    except UnicodeEncodeError:
        return value


def split(raw: bytes, start: int, end: int) -> Split:
    """Read the header of raw[start:end]; bytes that do not begin with a field are all body."""
    header_end, body_start = _extent(raw, start, end)
    if raw.startswith((b"From ", b">From "), start, header_end):  # an mbox separator
        start = (raw.find(b"\n", start, header_end) + 1) or header_end
    scanned_end = min(header_end, start + SCANNED_BLOCK_BYTES)
    block = raw[start:scanned_end]
    stray = _NOT_A_FIELD.search(block)
    if stray and stray.start() < len(block):
        if stray.start() and header_end < body_start and _KNOWN_FIELD.search(block, stray.start()):
            # A raw line break inside a value: the line belongs to the field above.
            block = _NOT_A_FIELD.sub(b" ", block)
        else:
            body_start = start + stray.start()
            block = block[: stray.start()]
    fields, is_cut = _fields(block.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return Split(Headers(fields), body_start, is_cut or scanned_end < header_end)


def _extent(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header ends and the body starts; both are `end` without a blank line."""
    for newline in (b"\r\n", b"\n"):
        if raw.startswith(newline, start, end):
            return start, start + len(newline)
    blank = _BLANK_LINE.search(raw, start, end)
    return (blank.start() + 1, blank.end()) if blank else (end, end)


def _fields(block: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    fields: list[tuple[str, bytes]] = []
    kept = 0
    is_cut = False
    for line in _FOLD.sub(b"", block).split(b"\n"):
        name, colon, value = line.partition(b":")
        if not colon:
            continue
        field = name.strip().lower().decode("ascii", "replace")
        limit = REFERENCES_BYTES if field in ("references", "in-reply-to") else FIELD_BYTES
        if len(value) > limit:
            value, is_cut = _CUT_WORD.sub(b"", value[:limit]), True
        fields.append((field, value.strip()))
        kept += len(value)
        if kept > BLOCK_BYTES or len(fields) >= MAX_FIELDS:
            return fields, True
    return fields, is_cut


def decode_words(text: str) -> str:
    """Decode the words of RFC 2047, adjacent ones of one charset together; unreadable ones stay."""
    if "=?" not in text:
        return text
    pieces: list[str] = []
    pending, charset, position, is_after_word = b"", "", 0, False
    for word in _WORD.finditer(text):
        between = text[position : word.start()]
        position = word.end()
        label, content = word[1].partition("*")[0].lower(), _word_bytes(word)
        if is_after_word and content is not None and not between.strip():
            between = ""  # white space between adjacent words is not shown
        if between or label != charset or content is None:
            pieces.append(decode(pending, charset)[0])
            pending = b""
        pieces.append(between if content is not None else between + word[0])
        pending, charset, is_after_word = pending + (content or b""), label, content is not None
    return "".join([*pieces, decode(pending, charset)[0], text[position:]])


def _word_bytes(word: re.Match[str]) -> bytes | None:
    """Return the bytes of an encoded word, or None when they cannot be had."""
    if codec_name(word[1].partition("*")[0]) is None:
        return None
    payload = word[3].encode("utf-8", "replace")
    if word[2] in "qQ":
        return binascii.a2b_qp(payload, header=True)
    try:
        return binascii.a2b_base64(payload + b"=" * (-len(payload) % 4)) or None
    except binascii.Error:
        return None


def message_ids(value: bytes) -> tuple[str, ...]:
    """Return the message ids of a field with their angle brackets, oldest first, at most MAX_IDS.

    Too many keep the first and the newest. Lists with commas, folds or without brackets are read
    too.
    """
    text = decode_header_bytes(value)
    bare = (word for word in _ID_SEPARATORS.split(text) if "@" in word.strip("@"))
    found = _BRACKETED_ID.findall(text) or bare
    ids = [
        f"<{clean}>"
        for one in found
        if (clean := clean_line(one, MAX_ID_CHARS + 1)) and len(clean) <= MAX_ID_CHARS
    ]
    unique = list(dict.fromkeys(ids))
    return tuple(unique if len(unique) <= MAX_IDS else [unique[0], *unique[1 - MAX_IDS :]])
