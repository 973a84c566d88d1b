"""What hours mean in the coming days and years, before they are saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.timezone import now
from django.utils.translation import get_language

from desk.calendar_days import short_day, stretches
from sla.calendar import Calendar, DayHours, Reason
from sla.public_holidays import ENGLISH, GERMAN, holiday_names

PREVIEWED_DAYS = 14
# This year and the next five.
SHOWN_YEARS = 6
# A time without any hours that is worth asking about, and how far ahead it is looked for.
LONG_GAP = timedelta(days=14)
LOOKED_AHEAD = 2 * 366


@dataclass(frozen=True, slots=True)
class PreviewedDay:
    day: str
    hours: str
    name: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Gap:
    """A long time without business hours; what arrives in it waits until `opens_on`."""

    first: date
    last: date
    days: int
    opens_on: date


@dataclass(frozen=True, slots=True)
class YearOfHolidays:
    year: int
    holidays: list[ShownHoliday]

    @property
    def off(self) -> int:
        return sum(not holiday.is_on for holiday in self.holidays)


@dataclass(frozen=True, slots=True)
class ShownHoliday:
    day: date
    label: str
    name: str
    is_on: bool


def next_days(hours: Calendar) -> list[PreviewedDay]:
    """The coming two weeks, today first."""
    return [_previewed(day) for day in hours.days(today(hours), PREVIEWED_DAYS)]


def long_gaps(hours: Calendar) -> list[Gap]:
    """The times of the coming two years in which two weeks or more are without any hours."""
    shut = {day.day: True for day in hours.days(today(hours), LOOKED_AHEAD) if not day.intervals}
    return [
        Gap(first, last, (last - first).days + 1, last + timedelta(days=1))
        for first, last, _shut in stretches(shut)
        if last - first + timedelta(days=1) >= LONG_GAP
    ]


def years(country: str, subdivision: str, disabled: set[str]) -> list[YearOfHolidays]:
    """The public holidays of this year and the next five; computed, nobody has to fetch them."""
    language = GERMAN if get_language() == "de" else ENGLISH
    this_year = now().year
    return [
        YearOfHolidays(
            year,
            [
                ShownHoliday(day, short_day(day), name, day.isoformat() not in disabled)
                for day, name in holiday_names(country, subdivision, year, language).items()
            ],
        )
        for year in range(this_year, this_year + SHOWN_YEARS)
    ]


def today(hours: Calendar) -> date:
    """The day it is in the calendar's own zone."""
    return now().astimezone(hours.zone).date()


def _previewed(day: DayHours) -> PreviewedDay:
    name = day.name if get_language() == "de" else day.name_en or day.name
    hours = ", ".join(str(interval) for interval in day.intervals)
    return PreviewedDay(short_day(day.day), hours, name, day.reason)
