"""Reading a mail's content off an SMTP connection (RFC 5321 §4.1.1.4), whatever its lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

END = b"\r\n.\r\n"


class TooLargeError(Exception):
    """The mail is larger than a mail may be."""


class NoRoomError(Exception):
    """All mails on their way in do not fit into memory together."""


class Memory:
    """What the mails on their way in hold together, in bytes."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0


class Content:
    """One mail while it is read, in large pieces: its lines may be as long as they like."""

    def __init__(self, memory: Memory, largest: int) -> None:
        self._memory, self._largest = memory, largest
        # A dot on the first line is like any other with a line's end before it.
        self._bytes = bytearray(END[:2])
        self._refusal: Exception | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """The memory is given back when the block ends."""
        self._memory.held += len(self._bytes)
        try:
            yield
        finally:
            self._memory.held -= len(self._bytes)
            self._bytes.clear()

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        """Return the content up to the lone dot, transparency undone.

        Raises TooLargeError or NoRoomError, after all of it has been read.
        """
        while True:
            piece = await reader.read(self._largest)
            if not piece:
                raise ConnectionResetError("The mail ended in the middle.")
            searched = max(0, len(self._bytes) - len(END))
            self._bytes += piece
            self._memory.held += len(piece)
            end = self._bytes.find(END, searched)
            if end >= 0:
                # What the client sent behind it goes back to the reader, which is empty now.
                if rest := bytes(self._bytes[end + len(END) :]):
                    reader.feed_data(rest)
                return self._finish(end)
            self._check(len(self._bytes) - len(END))

    def _finish(self, end: int) -> bytes:
        self._keep(self._bytes[: end + 2].replace(b"\r\n.", b"\r\n"))
        self._check(len(self._bytes) - 2)
        if self._refusal is not None:
            raise self._refusal
        return bytes(memoryview(self._bytes)[2:])

    def _check(self, size: int) -> None:
        """Forget what is too much; what follows is read, and the answer comes after the dot."""
        if self._refusal is None and size > self._largest:
            self._refusal = TooLargeError()
        if self._refusal is None and self._memory.held > self._memory.most:
            self._refusal = NoRoomError()
        if self._refusal is not None:
            self._keep(self._bytes[-len(END) :])

    def _keep(self, kept: bytearray) -> None:
        self._memory.held += len(kept) - len(self._bytes)
        self._bytes[:] = kept
