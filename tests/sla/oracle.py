"""Business time counted the slow way: walk through UTC minute by minute and read the clock on the
wall.

Shares nothing with sla/: it reads the specification itself and computes the holidays of four
federal states from their laws. It is right for every interval whose ends exist exactly once on
that day.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


class Oracle:
    def __init__(self, spec):
        self.spec = spec
        self.zone = ZoneInfo(spec["zone"])
        self.minutes_of_day = cache(self._minutes_of_day)

    def add(self, start, seconds, limit_days=40):
        """Walk until so many seconds have been counted; None when that takes longer than the
        limit.
        """
        now = start.astimezone(UTC)
        stop = now + timedelta(days=limit_days)
        while seconds > 0:
            minute = now.replace(second=0, microsecond=0)
            left = int((minute + MINUTE - now).total_seconds())
            if self.is_open(minute):
                if seconds <= left:
                    return now + timedelta(seconds=seconds)
                seconds -= left
            now = minute + MINUTE
            if now > stop:
                return None
        return now

    def elapsed(self, start, end):
        """Count the seconds of open minutes between two moments."""
        now, end, seconds = start.astimezone(UTC), end.astimezone(UTC), 0
        while now < end:
            minute = now.replace(second=0, microsecond=0)
            following = min(minute + MINUTE, end)
            if self.is_open(minute):
                seconds += int((following - now).total_seconds())
            now = following
        return seconds

    def is_open(self, minute):
        wall = minute.astimezone(self.zone)
        return wall.hour * 60 + wall.minute in self.minutes_of_day(wall.date())

    def _minutes_of_day(self, day):
        minutes = set()
        for start, end in self._hours_of_day(day):
            minutes.update(range(as_minutes(start), as_minutes(end)))
        return minutes

    def _hours_of_day(self, day):
        special = self.spec.get("days", {})
        if day.isoformat() in special:
            return special[day.isoformat()]["intervals"]
        disabled = day.isoformat() in self.spec.get("disabled_holidays", ())
        if (
            self.spec.get("country")
            and not disabled
            and day in holidays(self.spec["subdivision"], day.year)
        ):
            return []
        hours = self.spec["weekly"].get(str(day.weekday()), [])
        yearly = self.spec.get("recurring", {}).get(day.isoformat()[5:])
        return yearly["intervals"] if hours and yearly else hours


def as_minutes(clock):
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def easter(year):
    """Easter Sunday by the Meeus/Jones/Butcher algorithm."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@cache
def holidays(state, year):
    """Public holidays of NW, BY, HE, SN or of all Germany (""), 2015 to 2040, by the holiday law
    of each.
    """
    days = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}
    days |= {"NW": {(11, 1)}, "BY": {(1, 6), (11, 1)}, "SN": {(10, 31)}}.get(state, set())
    if year == 2017:  # 500 years of the Reformation, once in every state
        days.add((10, 31))
    moving = [-2, 1, 39, 50] + ([60] if state in {"NW", "BY", "HE"} else [])
    found = {date(year, *day) for day in days} | {
        easter(year) + timedelta(days=shift) for shift in moving
    }
    if state == "SN":  # Repentance Day: the Wednesday before 23 November
        found.add(
            next(
                day
                for day in (date(year, 11, 22 - back) for back in range(7))
                if day.weekday() == 2
            )
        )
    return found


def clock_changes(year):
    """The two moments at which Central Europe changes its clocks: 1:00 UTC on the last Sunday of
    March and October.
    """
    for month in (3, 10):
        sunday = next(
            day for day in (date(year, month, 31 - back) for back in range(7)) if day.weekday() == 6
        )
        yield datetime(year, month, sunday.day, 1, tzinfo=UTC)
