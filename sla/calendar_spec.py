"""Reads and checks a calendar's specification: JSON as it is stored with a calendar version.

    {"zone": "Europe/Berlin", "country": "DE", "subdivision": "NW",
     "weekly": {"0": [["09:00", "17:00"]], …, "6": []},
     "disabled_holidays": ["2026-12-25"],
     "days": {"2026-12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]}},
     "recurring": {"12-24": {"name": "Heiligabend", "intervals": []}}}

`zone` and `weekly` must be there ("0" is Monday; a missing weekday has no hours). No `country`
means no public holidays, no `subdivision` those of the whole country. A weekly interval that ends
before it starts runs past midnight: 22:00–06:00 on Monday is Monday 22:00–24:00 and Tuesday
00:00–06:00, and on a holiday only the part of that day falls out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sla.calendar_errors import CalendarError
from sla.opening_hours import MINUTES_OF_DAY, Interval, OpeningHours, SpecialDay, clock, in_order
from sla.public_holidays import region

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KEYS = frozenset(
    {"zone", "country", "subdivision", "weekly", "disabled_holidays", "days", "recurring"}
)
A_LEAP_YEAR = 2000

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def opening_hours(spec: Mapping[str, object]) -> OpeningHours:
    """Return the specification as a value; CalendarError says where and what if it is none."""
    spec = _mapping(spec, "The calendar")
    if unknown := sorted(set(spec) - KEYS):
        raise CalendarError(f"Unknown keys: {', '.join(unknown)}")
    country = _text(spec.get("country", ""), "country")
    disabled = _sequence(spec.get("disabled_holidays", ()), "disabled_holidays")
    days = _mapping(spec.get("days", {}), "days")
    recurring = _mapping(spec.get("recurring", {}), "recurring")
    return OpeningHours(
        zone=_zone(_text(spec.get("zone", ""), "zone")),
        country=country,
        subdivision=region(country, _text(spec.get("subdivision", ""), "subdivision")),
        weekly=_weekly(_mapping(spec.get("weekly"), "weekly")),
        disabled_holidays=frozenset(_day(_text(day, "disabled_holidays")) for day in disabled),
        days=tuple(sorted((_day(key), _special_day(day, key)) for key, day in days.items())),
        recurring=tuple(
            sorted((_day_of_year(key), _special_day(day, key)) for key, day in recurring.items())
        ),
    )


def _weekly(weekly: Mapping[str, object]) -> tuple[tuple[Interval, ...], ...]:
    week: list[list[Interval]] = [[] for _ in WEEKDAYS]
    for key, pairs in weekly.items():
        if key not in {"0", "1", "2", "3", "4", "5", "6"}:
            raise CalendarError(f"weekly: {key!r} is no weekday; Monday is '0', Sunday '6'")
        weekday = int(key)
        for start, end in _pairs(pairs, WEEKDAYS[weekday]):
            if end < start:
                week[weekday].append(Interval(start, MINUTES_OF_DAY))
                week[(weekday + 1) % 7] += [Interval(0, end)] if end else []
            else:
                week[weekday].append(_interval(start, end, WEEKDAYS[weekday]))
    return tuple(in_order(day, name) for day, name in zip(week, WEEKDAYS, strict=True))


def _special_day(value: object, where: str) -> SpecialDay:
    day = _mapping(value, where)
    if set(day) - {"name", "intervals"} or "intervals" not in day:
        raise CalendarError(f"{where}: a day has a name and intervals, and nothing else")
    intervals = [_interval(start, end, where) for start, end in _pairs(day["intervals"], where)]
    return SpecialDay(_text(day.get("name", ""), where), in_order(intervals, where))


def _pairs(value: object, where: str) -> list[tuple[int, int]]:
    pairs = []
    for pair in _sequence(value, where):
        ends = _sequence(pair, where)
        if len(ends) != 2:
            raise CalendarError(f"{where}: an interval is a start and an end, not {pair!r}")
        pairs.append((_minutes(ends[0], where), _minutes(ends[1], where)))
    return pairs


def _interval(start: int, end: int, where: str) -> Interval:
    if end <= start:
        raise CalendarError(f"{where}: {clock(start)}–{clock(end)} does not end after it starts")
    return Interval(start, end)


def _minutes(value: object, where: str) -> int:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise CalendarError(f"{where}: {value!r} is no time of day; 00:00 to 24:00 is")
    return int(value[:2]) * 60 + int(value[3:])


def _day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise CalendarError(f"{text!r} is no day; '2026-12-24' is one")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CalendarError(f"There is no day {text}") from error


def _day_of_year(text: str) -> tuple[int, int]:
    try:
        day = _day(f"{A_LEAP_YEAR}-{text}")
    except CalendarError as error:
        raise CalendarError(f"recurring: {text!r} is no day of a year; '12-24' is one") from error
    return day.month, day.day


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, KeyError, OSError) as error:  # bad form, unknown, a folder of zones
        raise CalendarError(f"Unknown time zone {name!r}") from error


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise CalendarError(f"{where}: an object is needed, not {value!r}")
    return value


def _sequence(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, (list, tuple)):
        raise CalendarError(f"{where}: a list is needed, not {value!r}")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CalendarError(f"{where}: a text is needed, not {value!r}")
    return value
