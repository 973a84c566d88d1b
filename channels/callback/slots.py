"""Slots for calls: equal parts of the business hours. No database, no clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla.calendar import Calendar, DayHours

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A stretch of business time in which somebody is called, [start, end), in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.start:%Y%m%dT%H%MZ}"


def slots(calendar: Calendar, since: datetime, until: datetime, minutes: int) -> list[Slot]:
    """Every slot of so many minutes that begins at `since` or later and ends by `until`.

    Each interval of a day is cut from its opening on; a rest that is too short is none. A slot is
    business time from end to end, in the nights of a clock change too.
    """
    length = timedelta(minutes=minutes)
    first = since.astimezone(calendar.zone).date()
    last = until.astimezone(calendar.zone).date()
    found: list[Slot] = []
    for day in calendar.days(first, max(0, (last - first).days + 1)):
        for slot in _of_day(day, calendar.zone, length):
            is_asked = since <= slot.start and slot.end <= until
            is_after = not found or found[-1].end <= slot.start
            if is_asked and is_after and calendar.elapsed(slot.start, slot.end) == length:
                found.append(slot)
    return found


def by_day(found: list[Slot], zone: ZoneInfo) -> list[tuple[date, list[Slot]]]:
    """Slots under their local days, in order."""
    days: dict[date, list[Slot]] = {}
    for slot in found:
        days.setdefault(slot.start.astimezone(zone).date(), []).append(slot)
    return list(days.items())


def _of_day(day: DayHours, zone: ZoneInfo, length: timedelta) -> Iterator[Slot]:
    midnight = datetime(day.day.year, day.day.month, day.day.day, tzinfo=zone)
    for interval in day.intervals:
        start = (midnight + timedelta(minutes=interval.start)).astimezone(UTC)
        closes = (midnight + timedelta(minutes=interval.end)).astimezone(UTC)
        while start + length <= closes:
            yield Slot(start, start + length)
            start += length
