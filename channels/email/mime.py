"""The tree of MIME parts, found by searching bytes instead of walking lines.

The standard library's feed parser recurses once per level and looks at each line in Python: 5,000
levels end in RecursionError, 50 MB of short lines take more than ten seconds. This one counts depth
and parts before it goes down, copies nothing but leaves, and takes time linear in the bytes (times
the depth limit).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.email import defects
from channels.email.headers import Headers, split
from channels.email.transfer import decoded

MAX_DEPTH = 30
MAX_PARTS = 200
MAX_DASHED_LINES = 200_000
MAX_BOUNDARY_BYTES = 200

_SHORT_LINE = re.compile(rb"([^\r\n]{0,300})(?:\r\n|\n|\r|\Z)")
_GUESSED_BOUNDARY = re.compile(rb"^--([!-~]{1,70})[ \t]*\r?$", re.M)
_GUESS_BYTES = 4096
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")


@dataclass(slots=True)
class Part:
    """One part of a mail: a leaf with content, or a multipart with children."""

    headers: Headers
    raw: bytes = field(repr=False)
    start: int
    end: int
    content_type: str
    children: list["Part"]
    is_multipart: bool = False
    unopened: str = ""

    @property
    def maintype(self) -> str:
        return self.content_type.partition("/")[0]

    @property
    def disposition(self) -> str:
        return self.headers.token("content-disposition")

    def source(self, limit: int | None = None) -> bytes:
        """Return the body as it was sent, at most `limit` bytes of it."""
        return self.raw[
            self.start : self.end if limit is None else min(self.end, self.start + limit)
        ]

    def content(self, limit: int | None = None) -> tuple[bytes, bool]:
        """Return the decoded body (of its first `limit` sent bytes) and whether it was sound."""
        return decoded(self.source(limit), self.headers.token("content-transfer-encoding"))

    def leaves(self) -> Iterator["Part"]:
        """Yield all leaves in their order; the depth limit bounds the recursion."""
        if not self.is_multipart:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(slots=True)
class _Reader:
    """One pass over one mail, with what it may still spend."""

    raw: bytes
    parts_left: int = MAX_PARTS
    dashed_lines: dict[bytes, list[tuple[int, int]]] | None = None
    defects: list[str] = field(default_factory=list)

    def note(self, defect: str) -> None:
        if defect not in self.defects:
            self.defects.append(defect)

    def read(self, start: int, end: int, depth: int, default_type: str) -> Part:
        headers, body_start, is_cut = split(self.raw, start, end)
        if is_cut:
            self.note(defects.HEADER_CUT)
        part = Part(headers, self.raw, body_start, end, _content_type(headers, default_type), [])
        if part.maintype != "multipart":
            return part
        if depth >= MAX_DEPTH:
            self.note(defects.TOO_DEEP)
            return part
        self._read_children(part, depth)
        return part

    def _read_children(self, part: Part, depth: int) -> None:
        boundary = self._boundary(part)
        default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for start, end in self._ranges(part.start, part.end, boundary) if boundary else ():
            if self.parts_left <= 0:
                self.note(defects.TOO_MANY_PARTS)
                break
            self.parts_left -= 1
            part.children.append(self.read(start, end, depth + 1, default))
        part.is_multipart = bool(part.children)
        if not part.children:
            self.note(defects.NO_BOUNDARY)
            part.content_type = "text/plain"

    def _boundary(self, part: Part) -> bytes:
        claimed = part.headers.parameter("content-type", "boundary").rstrip()
        if claimed:
            return claimed.encode("utf-8", "replace")[:MAX_BOUNDARY_BYTES]
        guess = _GUESSED_BOUNDARY.search(
            self.raw, part.start, min(part.end, part.start + _GUESS_BYTES)
        )
        return guess[1] if guess else b""

    def _ranges(self, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Yield where each part begins and ends; the last one may lack its delimiter."""
        opened = -1
        for line_start, line_end, is_close in self._delimiters(start, end, boundary):
            if opened >= 0:
                yield opened, max(opened, _without_newline(self.raw, opened, line_start))
            opened = -1 if is_close else line_end
        if 0 <= opened < end:
            yield opened, end

    def _delimiters(self, start: int, end: int, boundary: bytes) -> list[tuple[int, int, bool]]:
        """Return where each delimiter line of a boundary begins and ends, and whether it closes."""
        if self.dashed_lines is None:
            self.dashed_lines = self._find_dashed_lines()
        opening = self.dashed_lines.get(boundary, ())
        closing = self.dashed_lines.get(boundary + b"--", ())
        found = [(*line, False) for line in opening if start <= line[0] < end]
        found += [(*line, True) for line in closing if start <= line[0] < end]
        return sorted((first, min(last, end), is_close) for first, last, is_close in found)

    def _find_dashed_lines(self) -> dict[bytes, list[tuple[int, int]]]:
        """Return begin and end of all lines that could be delimiters, by what follows the dashes.

        One search for all levels: one for each would read 50 MB thirty times.
        """
        lines: dict[bytes, list[tuple[int, int]]] = {}
        position = 0
        for _ in range(MAX_DASHED_LINES):
            newline = self.raw.find(b"\n--", position)
            if newline < 0:
                return lines
            position = newline + 3
            if rest := _SHORT_LINE.match(self.raw, position):
                lines.setdefault(rest[1].rstrip(b" \t"), []).append((newline + 1, rest.end()))
        self.note(defects.TOO_MANY_PARTS)
        return lines


def _without_newline(raw: bytes, start: int, end: int) -> int:
    """Return where a part ends: its last line break belongs to the delimiter (RFC 2046 5.1.1)."""
    if end > start and raw[end - 1] == 0x0A:
        end -= 1
    if end > start and raw[end - 1] == 0x0D:
        end -= 1
    return end


def _content_type(headers: Headers, default: str) -> str:
    if "content-type" not in headers:
        return default
    claimed = headers.token("content-type")
    if _MEDIA_TYPE.fullmatch(claimed):
        return claimed
    return "text/plain" if claimed in ("text", "") else "application/octet-stream"


def read(raw: bytes) -> tuple[Part, list[str]]:
    """Return the tree of parts of a mail and what could not be read of it."""
    reader = _Reader(_with_line_feeds(raw))
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while start < min(16, len(raw)) and raw[start] in b"\r\n":
        start += 1
    root = reader.read(start, len(reader.raw), 0, "text/plain")
    return root, reader.defects


def _with_line_feeds(raw: bytes) -> bytes:
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")
