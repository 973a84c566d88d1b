"""Business-time arithmetic: deadlines, elapsed business time, and why a deadline is what it is.

Business time is the set of moments inside a calendar's intervals on days that are neither holiday
nor closure. Pure: no database, no clock of its own. Every datetime that comes in must be aware;
those that go out are UTC, but for the steps of an explanation, which are local. Everything is
exact to the microsecond: a start at 16:59:59.25 leaves 0.75 s of a day that ends at 17:00.

Intervals are wall clock time. Both ends are converted to UTC and subtracted there, so the night of
a clock change has the hours it really has. Each operation takes a binary search over pre-summed
days, however far it reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sla.calendar_errors import CalendarError, ZeroHoursError
from sla.calendar_spec import opening_hours
from sla.opening_hours import DayHours, Interval, OpeningHours, Reason
from sla.public_holidays import ENGLISH
from sla.timeline import FIRST_YEAR, LAST_YEAR, MICROSECOND, Stretches, Timeline, micros, moment

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "Calendar",
    "CalendarError",
    "DayHours",
    "Holiday",
    "Interval",
    "Reason",
    "Step",
    "ZeroHoursError",
]

SECOND = 1_000_000
LONGEST_RUN = timedelta(days=400) // MICROSECOND

_Part = tuple[int, int, int]  # start and end in microseconds, whole seconds counted


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an explanation: time that counted, or a local day of which nothing did.

    `from_` and `to` are local, None where nothing counted; `seconds` is what counted, 0 where
    nothing did. `name` and `name_en` name the holiday in German and English, or the closure or
    half day twice in the tenant's words.
    """

    day: date
    from_: datetime | None
    to: datetime | None
    seconds: int
    reason: Reason
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday. One that is disabled is an ordinary day in this calendar."""

    day: date
    name: str
    name_en: str
    is_disabled: bool


class Calendar:
    """The business hours of one version of a calendar, immutable and hashable.

    Calendars are equal when their specifications are; those that `from_spec` returns are then one
    object with one set of pre-summed days, for all tenants.
    """

    __slots__ = ("_hours", "_timeline")

    def __init__(self, hours: OpeningHours) -> None:
        self._hours = hours
        self._timeline = Timeline(hours)

    @classmethod
    def from_spec(cls, spec: Mapping[str, object]) -> Calendar:
        """Read a specification as `sla.calendar_spec` describes it.

        Raises CalendarError, which says where and what, if it makes no sense. A calendar without
        any hours can be read and shown; counting in it raises ZeroHoursError.
        """
        return _shared(opening_hours(spec))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._hours == other._hours

    def __hash__(self) -> int:
        return hash(self._hours)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the hours are meant."""
        return self._hours.zone_info

    def add(self, start: datetime, amount: timedelta | int) -> datetime:
        """Return the earliest moment at which `amount` of business time has elapsed since `start`.

        An int is seconds. The result may be a closing time: Monday 9:00 + 8 h is Monday 17:00.
        Nothing has elapsed at `start` itself, so adding 0 returns `start`, open or not. Raises
        ZeroHoursError when the time would not have elapsed ten years later, CalendarError outside
        the years 1991 to 2100, ValueError for a negative amount or a naive start.
        """
        length = _length(amount)
        begins = micros(start)
        return moment(self._timeline.add(begins, length) if length else begins)

    def add_timestamp(self, start: int, seconds: int) -> int:
        """As `add`, from and to whole seconds since 1970-01-01T00:00Z, for those who count many."""
        length = _length(seconds)
        return self._timeline.add(start * SECOND, length) // SECOND if length else start

    def subtract(self, end: datetime, amount: timedelta | int) -> datetime:
        """Return the latest moment with `amount` of business time between it and `end`.

        An int is seconds. The result is never a closing time: Monday 13:00 − 4 h is Monday 9:00,
        not Friday 17:00. Subtracting 0 returns `end`. Raises as `add` does.
        """
        length = _length(amount)
        ends = micros(end)
        return moment(self._timeline.subtract(ends, length) if length else ends)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the business time between two moments; 0 when `end` is not after `start`."""
        begins, ends = micros(start), micros(end)
        if ends <= begins:
            return timedelta()
        stretches = self._timeline.covering(begins, ends)
        return timedelta(microseconds=stretches.elapsed_at(ends) - stretches.elapsed_at(begins))

    def is_open(self, at: datetime) -> bool:
        """Say whether a moment is business time; an opening time is, a closing time is not."""
        now = micros(at)
        stretches = self._timeline.covering(now, now)
        index = stretches.index_after(now)
        return index < len(stretches.starts) and stretches.starts[index] <= now

    def next_opening(self, at: datetime) -> datetime:
        """Return the first moment of business time not before `at`: `at` itself while open.

        Raises ZeroHoursError when there is none within ten years.
        """
        now = micros(at)
        stretches, index = self._timeline.next_open(now)
        return moment(max(now, stretches.starts[index]))

    def closing(self, at: datetime) -> datetime | None:
        """Return when the business time running at `at` ends, or the next one if closed then.

        Intervals that touch, over midnight too, are one. None when it does not end within 400 days
        (24 hours a day without holidays); raises ZeroHoursError when no business time follows at
        all.
        """
        now = micros(at)
        stretches, index = self._timeline.next_open(now)
        end = stretches.ends[index]
        while end - now <= LONGEST_RUN:
            stretches, index = self._timeline.next_open(end)
            if stretches.starts[index] > end:
                return moment(end)
            end = stretches.ends[index]
        return None

    def explain(self, start: datetime, due: datetime) -> list[Step]:
        """Return how the business time between two moments adds up, in order of time.

        One step for each interval that counted, and one for each local day of which nothing did.
        The seconds of all steps sum to those of `elapsed(start, due)` exactly: of fractions, each
        step has what the sum reached.
        """
        begins, ends = micros(start), micros(due)
        if ends <= begins:
            return []
        stretches = self._timeline.covering(begins, ends)
        counted = _counted(stretches, begins, ends)
        first, last = self._local(begins).toordinal(), self._local(ends - 1).toordinal()
        return [
            step
            for day in range(min([first, *counted]), max([last, *counted]) + 1)
            for step in self._steps_of(date.fromordinal(day), counted.get(day, []))
        ]

    def days(self, start: date, count: int) -> list[DayHours]:
        """Return the hours of `count` local days from `start` on, each with its reason and name."""
        return [self._hours.on(start + timedelta(days=number)) for number in range(count)]

    def holidays(self, year: int) -> list[Holiday]:
        """Return the public holidays of a year, also those that are disabled, in order."""
        english = self._hours.holidays(year, ENGLISH)
        disabled = self._hours.disabled_holidays
        return [
            Holiday(day, name, english[day], day in disabled)
            for day, name in self._hours.holidays(year).items()
        ]

    def _local(self, at: int) -> datetime:
        return moment(at).astimezone(self._hours.zone_info)

    def _steps_of(self, day: date, counted: list[_Part]) -> Iterator[Step]:
        hours = self._hours.on(day)
        for start, end, seconds in counted:
            local = self._local(start), self._local(end)
            yield Step(day, *local, seconds, hours.reason, hours.name, hours.name_en)
        if not counted:
            reason = Reason.OUTSIDE_HOURS if hours.intervals else hours.reason
            yield Step(day, None, None, 0, reason, hours.name, hours.name_en)


def _counted(stretches: Stretches, start: int, end: int) -> dict[int, list[_Part]]:
    """Return the parts of all stretches that lie between two moments, by the day's ordinal."""
    parts: dict[int, list[_Part]] = {}
    total = 0
    for index in range(stretches.index_after(start), stretches.index_before(end)):
        begins, ends = max(stretches.starts[index], start), min(stretches.ends[index], end)
        reached, total = total, total + ends - begins
        seconds = total // SECOND - reached // SECOND
        parts.setdefault(stretches.days[index], []).append((begins, ends, seconds))
    return parts


@lru_cache(maxsize=512)
def _shared(hours: OpeningHours) -> Calendar:
    return Calendar(hours)


def _length(amount: timedelta | int) -> int:
    """Return microseconds; raises ValueError for a negative amount."""
    length = amount * SECOND if isinstance(amount, int) else amount // MICROSECOND
    if length < 0:
        raise ValueError(f"Business time can only be 0 or more, not {amount}")
    return length
