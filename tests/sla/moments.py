"""Moments in the tenants' own time, for tests that read like the promise they check."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str) -> datetime:
    """A moment of local time, e.g. "2026-03-10 09:00", as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


MONDAY = "2026-03-09"
TUESDAY = "2026-03-10"
WEDNESDAY = "2026-03-11"
THURSDAY = "2026-03-12"
FRIDAY = "2026-03-13"
