"""Times of day and stretches of days, as an admin types them and reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TypeVar

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

Day = TypeVar("Day")
Pair = tuple[str, str]

# "9", "9:00", "9.30", "09,30", "0930", "24:00".
CLOCK = re.compile(r"([01]?[0-9]|2[0-4])(?:\s*[:.,hH]?\s*([0-5][0-9]))?(?:\s*(?:Uhr|h))?", re.ASCII)
DASH = re.compile(r"\s*(?:-|–|—|bis|to)\s*")
MINUTES_OF_DAY = 24 * 60


def clock_of(text: str) -> str:
    """A time of day as the calendar stores it, "09:00"; raises ValueError if it is none."""
    found = CLOCK.fullmatch(text.strip())
    if found is None or (int(found[1]) == 24 and int(found[2] or 0)):
        raise ValueError(text)
    return f"{int(found[1]):02d}:{found[2] or '00'}"


def minutes_of(clock: str) -> int:
    """Minutes after midnight of "09:00"."""
    return int(clock[:2]) * 60 + int(clock[3:])


def hours_of(text: str) -> list[Pair]:
    """The intervals of "9–12, 13–15"; raises ValueError for what is none, or in disorder."""
    pairs: list[Pair] = []
    for part in filter(None, re.split(r"\s*(?:;|,|\+|\bund\b|\band\b)\s*", text.strip())):
        start, end = (clock_of(one) for one in DASH.split(part))
        pairs.append((start, end))
    pairs.sort()
    ends = [0, *(minutes_of(end) for _start, end in pairs)]
    for (start, end), earlier in zip(pairs, ends, strict=False):
        if not earlier <= minutes_of(start) < minutes_of(end):
            raise ValueError(text)
    return pairs


def stretches(days: Mapping[date, Day]) -> list[tuple[date, date, Day]]:
    """Days in a row that say the same, each as one (first, last, what they say)."""
    found: list[tuple[date, date, Day]] = []
    for day, value in sorted(days.items()):
        if found and found[-1][1] == day - timedelta(days=1) and found[-1][2] == value:
            found[-1] = (found[-1][0], day, value)
        else:
            found.append((day, day, value))
    return found


def stretch_text(first: date, last: date, form: str = "SHORT_DATE_FORMAT") -> str:
    """One day or a range of days in words."""
    if first == last:
        return date_format(first, form)
    return _("%(first)s to %(last)s") % {
        "first": date_format(first, form),
        "last": date_format(last, form),
    }


def short_day(day: date) -> str:
    """A day in a list of days, e.g. "Mo 24.12." or "Mon 24 Dec"."""
    return date_format(day, "D d.m." if get_language() == "de" else "D j M")


def day_of_year(key: str, year: int) -> date:
    """The date of "12-24" in a year; 29 February in the next year that has one."""
    month, day = int(key[:2]), int(key[3:])
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            year += 1
