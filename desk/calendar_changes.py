"""What one version of business hours changes about another, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from desk.calendar_days import day_of_year, stretch_text, stretches
from helpdesk.hours import Spec, hours_of_weekday, hours_text, region_text
from sla.calendar import Calendar
from sla.models import BusinessCalendar

A_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """One line: what it is about, how it was, how it will be."""

    what: str
    old: str
    new: str


def of_hours(old: Spec, new: Spec) -> list[Change]:
    """Every difference between two specifications, in the order of the form."""
    changes = [
        *_week(old, new),
        *_lines(_("Time zone"), old.get("zone", ""), new.get("zone", "")),
        *_lines(_("Public holidays"), region_text(old), region_text(new)),
        *_holidays(old, new),
    ]
    usual = _("as usual")
    for key, to_date, form in (
        ("days", date.fromisoformat, "SHORT_DATE_FORMAT"),
        ("recurring", _in_leap_year, "MONTH_DAY_FORMAT"),
    ):
        before, after = old.get(key, {}), new.get(key, {})
        both = {
            to_date(day): (_special(before.get(day)) or usual, _special(after.get(day)) or usual)
            for day in {*before, *after}
            if before.get(day) != after.get(day)
        }
        for first, last, (was, will_be) in stretches(both):
            days = stretch_text(first, last, form)
            what = days if key == "days" else _("Every year: %(days)s") % {"days": days}
            changes += _lines(what, was, will_be)
    return changes


def of_settings(old: BusinessCalendar, new: BusinessCalendar) -> list[Change]:
    """What changes beside the hours: no version is made of it."""
    never = _("never")

    def minutes(number: int) -> str:
        return _("%(n)s min before") % {"n": number} if number else never

    def percent(number: int) -> str:
        return _("at %(n)s %%") % {"n": number} if number else never

    return [
        *_lines(_("Name"), old.name, new.name),
        *_lines(
            _("A guarantee moves up"), minutes(old.at_risk_minutes), minutes(new.at_risk_minutes)
        ),
        *_lines(_("First warning"), percent(old.warn_percent), percent(new.warn_percent)),
        *_lines(_("Last warning"), minutes(old.warn_minutes), minutes(new.warn_minutes)),
    ]


def _lines(what: str, old: str, new: str) -> list[Change]:
    return [Change(what, old, new)] if old != new else []


def _week(old: Spec, new: Spec) -> list[Change]:
    return [
        change
        for day in range(7)
        for change in _lines(
            str(WEEKDAYS[day]), hours_of_weekday(old, day), hours_of_weekday(new, day)
        )
    ]


def _holidays(old: Spec, new: Spec) -> list[Change]:
    """The holidays that are switched off or on again."""
    before, after = (set(spec.get("disabled_holidays", [])) for spec in (old, new))
    hours = Calendar.from_spec(new)
    counts, ordinary = _("holiday"), _("ordinary day")
    changes = []
    for text in sorted(before ^ after):
        day = date.fromisoformat(text)
        names = {
            holiday.day: holiday.name if get_language() == "de" else holiday.name_en
            for holiday in hours.holidays(day.year)
        }
        # A day that is no holiday in this region means nothing, switched off or not.
        if day in names:
            what = f"{names[day]}, {date_format(day, 'SHORT_DATE_FORMAT')}"
            is_on = text in before
            pair = (ordinary, counts) if is_on else (counts, ordinary)
            changes.append(Change(what, *pair))
    return changes


def _special(special: Mapping[str, Any] | None) -> str:
    if special is None:
        return ""
    hours = hours_text(special["intervals"]) or _("closed")
    return f"{hours} ({special['name']})" if special.get("name") else hours


def _in_leap_year(key: str) -> date:
    return day_of_year(key, A_LEAP_YEAR)
