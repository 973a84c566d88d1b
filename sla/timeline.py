"""Business time, pre-summed: each open stretch of a range of years, and how much lies before it.

All moments and lengths here are whole microseconds, moments since 1970-01-01T00:00Z: a datetime
converts without loss.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock

from sla.calendar_errors import CalendarError, ZeroHoursError
from sla.opening_hours import OpeningHours

# The package `holidays` knows these years of Germany. Beyond them every holiday would silently be
# a working day.
FIRST_YEAR = 1991
LAST_YEAR = 2100

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# What has not ended after so long never does: a promise that far away is a mistake in the calendar.
HORIZON_YEARS = 10
HORIZON = timedelta(days=HORIZON_YEARS * 366) // MICROSECOND


@dataclass(slots=True)
class Stretches:
    """The open stretches of consecutive local years, never changed once they are shared.

    Stretch `i` is [starts[i], ends[i]), belongs to the local day with the ordinal days[i] and has
    before[i] of business time before it, counted from `opens`. `before` has one entry more: the
    total.
    """

    first_year: int
    last_year: int
    opens: int
    closes: int
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    days: array[int] = field(default_factory=lambda: array("i"))
    before: array[int] = field(default_factory=lambda: array("q", (0,)))

    def append(self, day: int, start: int, end: int) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.days.append(day)
        self.before.append(self.before[-1] + end - start)

    def followed_by(self, later: Stretches) -> Stretches:
        """Return these and the stretches of the years right after them."""
        total = self.before[-1]
        return Stretches(
            self.first_year,
            later.last_year,
            self.opens,
            later.closes,
            self.starts + later.starts,
            self.ends + later.ends,
            self.days + later.days,
            self.before + array("q", (total + before for before in later.before[1:])),
        )

    def index_after(self, at: int) -> int:
        """Return the first stretch that ends after `at`, or the number of stretches."""
        return bisect_right(self.ends, at)

    def index_before(self, at: int) -> int:
        """Return the number of stretches that start before `at`."""
        return bisect_left(self.starts, at)

    def elapsed_at(self, at: int) -> int:
        """Return the business time between `opens` and `at`."""
        index = bisect_right(self.ends, at)
        if index < len(self.starts) and at > self.starts[index]:
            return self.before[index] + at - self.starts[index]
        return self.before[index]


class Timeline:
    """Grows the stretches of one calendar year by year, as far as asked; threads may share it."""

    def __init__(self, hours: OpeningHours) -> None:
        self._hours = hours
        self._lock = Lock()
        # Swapped as one object: a reader sees the old or the new, each complete in itself.
        self._stretches: Stretches | None = None

    def covering(self, earliest: int, latest: int) -> Stretches:
        """Return stretches that reach from `earliest` to `latest`, both included.

        Raises CalendarError outside the years 1991 to 2100.
        """
        known = self._stretches
        if known is not None and known.opens <= earliest and latest < known.closes:
            return known
        return self._grow(self._local(earliest).year, self._local(latest).year)

    def add(self, start: int, amount: int) -> int:
        """Return the earliest moment with `amount` > 0 of business time between it and `start`."""
        stretches = self.covering(start, start)
        target = stretches.elapsed_at(start) + amount
        while target > stretches.before[-1]:
            self._check_horizon(stretches.closes - start, start, "after")
            stretches = self._grow(stretches.first_year, stretches.last_year + 1)
            target = stretches.elapsed_at(start) + amount
        index = bisect_left(stretches.before, target) - 1
        end = stretches.starts[index] + target - stretches.before[index]
        if end - start > HORIZON:
            self._check_horizon(end - start, start, "after")
        return end

    def subtract(self, end: int, amount: int) -> int:
        """Return the latest moment with `amount` > 0 of business time between it and `end`."""
        stretches = self.covering(end, end)
        target = stretches.elapsed_at(end) - amount
        while target < 0:
            self._check_horizon(end - stretches.opens, end, "before")
            stretches = self._grow(stretches.first_year - 1, stretches.last_year)
            target = stretches.elapsed_at(end) - amount
        index = bisect_right(stretches.before, target) - 1
        start = stretches.starts[index] + target - stretches.before[index]
        self._check_horizon(end - start, end, "before")
        return start

    def next_open(self, at: int) -> tuple[Stretches, int]:
        """Return stretches and the index in them of the first one that ends after `at`."""
        stretches = self.covering(at, at)
        while (index := stretches.index_after(at)) == len(stretches.starts):
            self._check_horizon(stretches.closes - at, at, "after")
            stretches = self._grow(stretches.first_year, stretches.last_year + 1)
        self._check_horizon(stretches.starts[index] - at, at, "after")
        return stretches, index

    def _check_horizon(self, distance: int, at: int, direction: str) -> None:
        if distance > HORIZON:
            raise ZeroHoursError(
                f"The calendar has too few business hours within {HORIZON_YEARS} years {direction} "
                f"{self._local(at):%Y-%m-%d}: what is asked for would never end"
            )

    def _local(self, at: int) -> datetime:
        try:
            return moment(at).astimezone(self._hours.zone_info)
        except OverflowError as error:
            raise CalendarError("The moment lies outside every calendar") from error

    def _grow(self, first: int, last: int) -> Stretches:
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise CalendarError(
                f"The years {FIRST_YEAR} to {LAST_YEAR} are known, not {first} to {last}"
            )
        # Results would be right without the lock too; it keeps threads from building a year twice.
        with self._lock:
            known = self._stretches
            if known is None:
                known = self._year(first)
            while known.first_year > first:
                known = self._year(known.first_year - 1).followed_by(known)
            while known.last_year < last:
                known = known.followed_by(self._year(known.last_year + 1))
            self._stretches = known
            return known

    def _year(self, year: int) -> Stretches:
        opens, closes = self._midnight(date(year, 1, 1)), self._midnight(date(year + 1, 1, 1))
        stretches = Stretches(year, year, opens, closes)
        shut = opens
        for day, start, end in self._wall_clock(year):
            # A switch of the clock between two ends can make stretches touch, overlap or vanish.
            start, end = max(start, shut), min(end, closes)
            if start < end:
                stretches.append(day, start, end)
                shut = end
        return stretches

    def _wall_clock(self, year: int) -> Iterator[tuple[int, int, int]]:
        """Yield (ordinal of the local day, start, end) of each interval of a year."""
        day = date(year, 1, 1)
        while day.year == year:
            midnight = datetime(day.year, day.month, day.day, tzinfo=self._hours.zone_info)
            for interval in self._hours.intervals_on(day):
                # Adding to a local datetime moves the wall clock and clears `fold`: of an hour
                # that exists twice the first counts, one that does not exist is read with the
                # offset before the switch.
                start = micros(midnight + timedelta(minutes=interval.start))
                yield day.toordinal(), start, micros(midnight + timedelta(minutes=interval.end))
            day += timedelta(days=1)

    def _midnight(self, day: date) -> int:
        return micros(datetime(day.year, day.month, day.day, tzinfo=self._hours.zone_info))


def micros(at: datetime) -> int:
    """Return the microseconds since 1970-01-01T00:00Z; raises ValueError without a time zone."""
    try:
        return (at - EPOCH) // MICROSECOND
    except TypeError as error:
        raise ValueError(f"{at!r} has no time zone") from error


def moment(at: int) -> datetime:
    """Return the UTC datetime of microseconds since 1970-01-01T00:00Z."""
    return EPOCH + timedelta(microseconds=at)
