"""Leaving Redis alone for a moment after it failed, so that a page does not wait for each call."""

from __future__ import annotations

import time

PAUSE = 5.0  # seconds


class Circuit:
    """Open for PAUSE seconds after `trip`; while it is open, nobody should call Redis."""

    def __init__(self) -> None:
        self._closed_again_at = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._closed_again_at

    def trip(self) -> None:
        self._closed_again_at = time.monotonic() + PAUSE

    def close(self) -> None:
        """Forget the failure: the next call goes to Redis."""
        self._closed_again_at = 0.0


# One for the process: cache, queue and live hints use the same Redis.
circuit = Circuit()
