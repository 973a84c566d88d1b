"""The stand-in's own time: real time that can be moved and stopped."""

from __future__ import annotations

import time
from datetime import UTC, datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
    """Seconds since 1970 (UTC). It runs with the machine until it is set or advanced."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._stopped_at: float | None = None

    def now(self) -> float:
        """The moment, in seconds since 1970."""
        if self._stopped_at is not None:
            return self._stopped_at
        return time.time() + self._ahead

    def seconds(self) -> int:
        return int(self.now())

    def milliseconds(self) -> int:
        return int(self.now() * 1000)

    def set(self, at: float) -> float:
        """Stop at a moment (seconds since 1970); `advance` still moves it."""
        self._stopped_at = float(at)
        return self.now()

    def advance(self, seconds: float) -> float:
        """Move forward, or backward with a negative number."""
        if self._stopped_at is not None:
            self._stopped_at += seconds
        else:
            self._ahead += seconds
        return self.now()

    def run(self) -> float:
        """Run with the machine's time again."""
        self._ahead, self._stopped_at = 0.0, None
        return self.now()


def iso(seconds: float) -> str:
    """A moment as the Graph API writes it in answers: 2026-09-21T14:13:20+0000."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
