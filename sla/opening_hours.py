"""What a calendar says about one local day: its intervals, and why it has these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from sla.calendar_errors import CalendarError
from sla.public_holidays import ENGLISH, GERMAN, holiday_names

MINUTES_OF_DAY = 24 * 60
SATURDAY = 5


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Local wall clock time of one day, [start, end), in minutes after midnight, 0 to 1440."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_OF_DAY:
            raise CalendarError(f"The interval {self} does not end after it starts, within one day")

    def __str__(self) -> str:
        return f"{clock(self.start)}–{clock(self.end)}"


class Reason(StrEnum):
    """Why a day, or a part of it, counts or does not."""

    OPEN = "open"
    HALF_DAY = "half_day"  # hours of its own, of the tenant's making
    WEEKEND = "weekend"
    CLOSED = "closed"  # a working day on which the week has no hours
    HOLIDAY = "holiday"
    CLOSURE = "closure"  # the tenant's own
    OUTSIDE_HOURS = "outside_hours"  # it has hours, but none of them lie within what is explained


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A closure (no intervals) or a day with hours of its own."""

    name: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class DayHours:
    """One local day. The names are a holiday's in German and English, or the tenant's words."""

    day: date
    intervals: tuple[Interval, ...]
    reason: Reason
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class OpeningHours:
    """A checked specification, as a value. Precedence, strongest first:

    1. a day of `days`: the tenant named this very date, so it holds on a holiday and on a Sunday
       too;
    2. a public holiday which is not disabled;
    3. the week: a day without hours stays closed;
    4. a day of `recurring`, which comes every year: it replaces the hours of a working day but
       never opens a Sunday or a holiday, since nobody chose the weekday it falls on.
    """

    zone: str
    country: str
    subdivision: str
    weekly: tuple[tuple[Interval, ...], ...]  # Monday first
    disabled_holidays: frozenset[date]
    days: tuple[tuple[date, SpecialDay], ...]
    recurring: tuple[tuple[tuple[int, int], SpecialDay], ...]  # by (month, day)

    @cached_property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _days(self) -> dict[date, SpecialDay]:
        return dict(self.days)

    @cached_property
    def _recurring(self) -> dict[tuple[int, int], SpecialDay]:
        return dict(self.recurring)

    def holidays(self, year: int, language: str = GERMAN) -> Mapping[date, str]:
        """Return all public holidays of a year with their names, disabled ones among them."""
        return holiday_names(self.country, self.subdivision, year, language)

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        return self._decide(day)[0]

    def on(self, day: date) -> DayHours:
        """Return the hours of a local day and why it has them."""
        intervals, reason, special = self._decide(day)
        if reason is Reason.HOLIDAY:
            german, english = (
                self.holidays(day.year, language)[day] for language in (GERMAN, ENGLISH)
            )
            return DayHours(day, intervals, reason, german, english)
        name = special.name if special else ""
        return DayHours(day, intervals, reason, name, name)

    def _decide(self, day: date) -> tuple[tuple[Interval, ...], Reason, SpecialDay | None]:
        if special := self._days.get(day):
            return special.intervals, _reason(special), special
        if day not in self.disabled_holidays and day in self.holidays(day.year):
            return (), Reason.HOLIDAY, None
        weekday = day.weekday()
        if not self.weekly[weekday]:
            return (), Reason.WEEKEND if weekday >= SATURDAY else Reason.CLOSED, None
        if special := self._recurring.get((day.month, day.day)):
            return special.intervals, _reason(special), special
        return self.weekly[weekday], Reason.OPEN, None


def clock(minutes: int) -> str:
    """Write minutes after midnight as "HH:MM"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def in_order(intervals: list[Interval], where: str) -> tuple[Interval, ...]:
    """Sort the intervals of one day; raises CalendarError when two overlap."""
    ordered = tuple(sorted(intervals))
    for earlier, later in pairwise(ordered):
        if later.start < earlier.end:
            raise CalendarError(f"{where}: {earlier} and {later} overlap")
    return ordered


def _reason(special: SpecialDay) -> Reason:
    return Reason.HALF_DAY if special.intervals else Reason.CLOSURE
