"""One edit of a calendar: the forms of its page together, and the specification they make."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

from django import forms
from django.forms import BaseFormSet
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from desk.calendar_days import day_of_year, stretch_text, stretches
from desk.calendar_forms import (
    CalendarForm,
    IntervalForm,
    IntervalFormSet,
    SpecialDayForm,
    SpecialDayFormSet,
)
from helpdesk.hours import hours_text
from sla import calendar_edits
from sla.calendar import Calendar, CalendarError, ZeroHoursError
from sla.calendar_edits import SETTINGS, EndlessTierError
from sla.models import BusinessCalendar

Spec = dict[str, Any]
A_LEAP_YEAR = 2000


class CalendarEditing:
    """What was typed, or what is stored as long as nobody typed; `hours` once it is valid."""

    def __init__(
        self, calendar: BusinessCalendar, stored: Spec, typed: QueryDict | None = None
    ) -> None:
        self.calendar, self.stored, self.typed = calendar, stored, typed
        # The calendar with the settings that were typed, not stored yet.
        self.edited = copy(calendar)
        self.form = CalendarForm(
            typed,
            initial=_initial(calendar, stored) if typed is None else None,
            country=stored.get("country", ""),
            zone=stored["zone"],
        )
        self.week: list[BaseFormSet[IntervalForm]] = [
            IntervalFormSet(
                typed,
                prefix=f"week-{weekday}",
                initial=_intervals(stored, weekday) if typed is None else None,
            )
            for weekday in range(7)
        ]
        self.days: BaseFormSet[SpecialDayForm] = SpecialDayFormSet(
            typed, prefix="days", initial=_special_days(stored) if typed is None else None
        )
        # What concerns the whole: said at the top of the form.
        self.problems: list[str] = []
        # What lies crosswise in a week, by weekday.
        self.overlaps: dict[int, str] = {}
        self.hours: Calendar | None = None
        self._has_double_days = False

    @property
    def weekdays(self) -> list[dict[str, object]]:
        """The rows of the week, each with its name and what is wrong with it."""
        return [
            {"name": str(WEEKDAYS[day]), "rows": rows, "overlap": self.overlaps.get(day, "")}
            for day, rows in enumerate(self.week)
        ]

    def is_valid(self) -> bool:
        """Say whether promises can be counted in it; each complaint stands where it belongs."""
        self.problems, self.overlaps = [], {}
        are_valid = [self.form.is_valid(), self.days.is_valid()]
        are_valid += [rows.is_valid() for rows in self.week]
        if not all(are_valid) or not self._is_clear():
            return False
        self._fill()
        try:
            self.hours = calendar_edits.check(self.edited, self.spec)
        except EndlessTierError as error:
            self.problems.append(
                _("What “%(tier)s” promises would never end in these hours.") % {"tier": error.tier}
            )
        except ZeroHoursError:
            self.problems.append(
                _("The week has no business hours: every promise would never end. Add some.")
            )
        except CalendarError as error:
            self.problems.append(str(error))
        return self.hours is not None

    @property
    def is_unchanged(self) -> bool:
        """True when what was typed is what is stored."""
        is_same = self.hours == Calendar.from_spec(self.stored)
        return is_same and all(
            getattr(self.calendar, name) == getattr(self.edited, name) for name in SETTINGS
        )

    @property
    def is_outdated(self) -> bool:
        """True when somebody saved the calendar since this edit began."""
        return str(self.form["seen"].value()) != calendar_edits.fingerprint(self.calendar)

    def taken_up(self) -> CalendarEditing:
        """The same typed values as an edit of what is stored now; its holder is to be told."""
        typed = self.typed.copy() if self.typed is not None else QueryDict(mutable=True)
        typed["seen"] = calendar_edits.fingerprint(self.calendar)
        return CalendarEditing(self.calendar, self.stored, typed)

    @cached_property
    def spec(self) -> Spec:
        """The specification; only once the forms are valid."""
        values = self.form.cleaned_data
        once, yearly = self._special()
        return {
            "zone": values["zone"],
            "country": values["country"],
            "subdivision": values["subdivision"] if values["country"] else "",
            "weekly": {
                str(day): [form.pair for form in rows.forms if not form.is_empty]
                for day, rows in enumerate(self.week)
            },
            "disabled_holidays": sorted(self.disabled_holidays),
            "days": {day.isoformat(): special for day, special in sorted(once.items())},
            "recurring": {f"{day:%m-%d}": special for day, special in sorted(yearly.items())},
        }

    @cached_property
    def disabled_holidays(self) -> set[str]:
        """The holidays that are switched off, as ISO days; those that were not shown stay so."""
        disabled = set(self.stored.get("disabled_holidays", []))
        if self.typed is None:
            return disabled
        shown = set(filter(None, self.typed.get("shown", "").split(",")))
        shown = {day for day in shown if _is_day(day)}
        return (disabled - shown) | (shown - set(self.typed.getlist("holiday")))

    def _fill(self) -> None:
        for name in SETTINGS:
            setattr(self.edited, name, self.form.cleaned_data[name])

    def _is_clear(self) -> bool:
        """Say that no two rows contradict each other."""
        self._find_overlaps()
        self._special()
        return not self.overlaps and not self._has_double_days

    def _find_overlaps(self) -> None:
        covered: dict[int, list[tuple[int, int, str]]] = {day: [] for day in range(7)}
        for day, rows in enumerate(self.week):
            for form in rows.forms:
                for later, start, end in [] if form.is_empty else form.parts:
                    covered[(day + later) % 7].append((start, end, "–".join(form.pair)))
        for day, parts in covered.items():
            for (_start, end, one), (start, _end, other) in pairwise(sorted(parts)):
                if start < end:
                    self.overlaps[day] = _("%(one)s and %(other)s overlap.") % {
                        "one": one,
                        "other": other,
                    }

    def _special(self) -> tuple[dict[date, Spec], dict[date, Spec]]:
        """The special days, once and yearly; a day in two rows is an error at the later one."""
        once: dict[date, Spec] = {}
        yearly: dict[date, Spec] = {}
        self._has_double_days = False
        for form in self.days.forms:
            if form.is_empty:
                continue
            found = yearly if form.cleaned_data["is_yearly"] else once
            days = form.days
            doubles = sorted(day for day in days if day in found)
            if doubles:
                self._has_double_days = True
                _complain(form, doubles[0], "MONTH_DAY_FORMAT" if found is yearly else "")
            found.update(dict.fromkeys(days, form.special))
        return once, yearly


def _complain(form: forms.Form, day: date, date_form: str) -> None:
    said = _("%(day)s stands in two rows.") % {
        "day": stretch_text(day, day, date_form or "SHORT_DATE_FORMAT")
    }
    if said not in form.non_field_errors():
        form.add_error(None, said)


def _initial(calendar: BusinessCalendar, stored: Mapping[str, Any]) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(calendar, name) for name in SETTINGS}
    values |= {key: stored.get(key, "") for key in ("zone", "country", "subdivision")}
    values["seen"] = calendar_edits.fingerprint(calendar) if calendar.pk else ""
    return values


def _intervals(stored: Mapping[str, Any], weekday: int) -> list[dict[str, object]]:
    pairs = stored["weekly"].get(str(weekday), [])
    rows = [
        {"start": start, "end": end, "is_overnight": end < start} for start, end in sorted(pairs)
    ]
    return rows or [{}]


def _special_days(stored: Mapping[str, Any]) -> list[dict[str, object]]:
    """The special days as rows, days in a row that say the same as one."""
    once = {date.fromisoformat(day): special for day, special in stored.get("days", {}).items()}
    yearly = {day_of_year(day, A_LEAP_YEAR): s for day, s in stored.get("recurring", {}).items()}
    rows = [_row(first, last, special) for first, last, special in stretches(once)]
    for first, last, special in stretches(yearly):
        first, last = _this_year(first, last)
        rows.append({**_row(first, last, special), "is_yearly": True})
    return rows


def _this_year(first: date, last: date) -> tuple[date, date]:
    """Days of a year as dates of this one; of the next leap year if one of them is 29 February."""
    this_year = localdate().year
    year = max(day_of_year(f"{day:%m-%d}", this_year).year for day in (first, last))
    return first.replace(year=year), last.replace(year=year)


def _row(first: date, last: date, special: Spec) -> dict[str, object]:
    return {
        "name": special.get("name", ""),
        "first": first,
        "last": last if last != first else None,
        "hours": hours_text(special["intervals"]),
    }


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
