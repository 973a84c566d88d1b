"""Business hours in words, for whoever reads a calendar's specification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from helpdesk import regions

Spec = Mapping[str, Any]


def hours_text(pairs: Iterable[Sequence[str]]) -> str:
    """Intervals as they are written: "09:00–12:00, 13:00–15:00"; "" for none."""
    return ", ".join(f"{start}–{end}" for start, end in pairs)


def hours_of_weekday(spec: Spec, weekday: int) -> str:
    """The hours of a day of the week, Monday is 0."""
    return hours_text(sorted(spec["weekly"].get(str(weekday), []))) or _("closed")


def week_text(spec: Spec) -> list[tuple[str, str]]:
    """The week in few lines: days in a row with the same hours together."""
    names = [str(WEEKDAYS[day]) for day in range(7)]
    lines: list[tuple[int, int, str]] = []
    for day in range(7):
        hours = hours_of_weekday(spec, day)
        if lines and lines[-1][2] == hours:
            lines[-1] = (lines[-1][0], day, hours)
        else:
            lines.append((day, day, hours))
    return [
        (names[first] if first == last else f"{names[first]} – {names[last]}", hours)
        for first, last, hours in lines
    ]


def region_text(spec: Spec) -> str:
    """Whose public holidays count."""
    country, part = spec.get("country", ""), spec.get("subdivision", "")
    if not country:
        return _("none")
    name = regions.country_name(country)
    return f"{name}, {regions.subdivision_name(country, part)}" if part else name
