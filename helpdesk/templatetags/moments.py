"""Moments in words: how long something is still away, when exactly, and the ring that drains.

The phrases are given to static/js/countdown.js too, so that a page counts down in the same words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.conf import settings
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime, now
from django.utils.translation import get_language, gettext, pgettext

register = template.Library()

MINUTE = 60
HOUR = 60 * MINUTE
# From here on a due moment is shown as near; countdown.js has the same number.
SOON = timedelta(hours=1)
# A weekday's name is clear for the days of one week, not for the eighth.
NAMED_DAYS = 6


@dataclass(frozen=True, slots=True)
class Names:
    """Monday and January first."""

    weekdays: list[str]
    short_weekdays: list[str]
    months: list[str]
    short_months: list[str]
    # What stands behind the number of a day.
    dot: str


_DUE = (
    '<span class="due {classes}" data-due="{at}" data-risk="{risk}" data-used="{used}">'
    '<svg class="ring" viewBox="0 0 20 20" aria-hidden="true">'
    '<circle class="ring-track" cx="10" cy="10" r="7"/>'
    '<circle class="ring-left" cx="10" cy="10" r="7" pathLength="100" '
    'stroke-dasharray="{left} 100"/>'
    '<circle class="ring-late" cx="10" cy="10" r="9"/>'
    '<path class="ring-mark" d="M10 5.5v5.5M10 14.4v.1"/></svg>'
    '<time datetime="{at}" title="{full}">'
    '<span class="words">{words}</span> <small>{short}</small></time></span>'
)


@register.simple_tag
def phrases() -> str:
    """Return the words of a countdown as JSON, for the page's root element."""
    return json.dumps(_phrases(_language()), ensure_ascii=False)


@register.filter
def due_words(at: datetime) -> str:
    """Say how far away a due moment is: "in 42 min", "tomorrow", "18 min late"."""
    return _due_words(localtime(at), localtime(now()))


@register.filter
def exact(at: datetime) -> str:
    """The moment, as short as it stays clear: time today, weekday this week, else the date."""
    return _exact(localtime(at), localtime(now()))


@register.filter
def exact_long(at: datetime) -> str:
    """The moment in full, e.g. "Wednesday, 12 November 2025, 10:05"."""
    return _exact_long(localtime(at))


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """Show when something happened, with the full date on hover."""
    if at is None:
        return SafeString("–")
    local = localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        _exact_long(local),
        _past_words(local, localtime(now())),
    )


@register.simple_tag
def due(
    at: datetime | None,
    *,
    used: float | None = None,
    guaranteed: bool = True,
    risk_at: datetime | None = None,
    size: str = "",
) -> SafeString:
    """Show a due moment: ring, relative words, and the exact moment beside them.

    `used` is the share of the promised business time that is gone, 0 to 100; without it the ring
    is full until the last hour. It is shown as near from `risk_at`, a moment in business time, and
    within the last hour. A missed target is told from a broken guarantee.
    """
    if at is None:
        return SafeString("")
    present, local = localtime(now()), localtime(at)
    left = at - present
    is_near = left <= SOON or (risk_at is not None and risk_at <= present)
    level = "late" if left < timedelta(0) else "soon" if is_near else "calm"
    if used is None:
        used = 0 if left > SOON else 100 - 100 * max(left / SOON, 0)
    return format_html(
        _DUE,
        classes=" ".join(filter(None, [level, "" if guaranteed else "target", size])),
        at=at.isoformat(),
        risk=risk_at.isoformat() if risk_at else "",
        used=round(used),
        left=100 - round(used),
        full=_exact_long(local),
        words=_due_words(local, present),
        short=_beside_words(local, present),
    )


@register.filter
def business_time(minutes: int) -> str:
    """A promise's length in words: "8 h"."""
    return clock(minutes * MINUTE)


@register.filter
def clock(seconds: float) -> str:
    """A length of time in words: "4 h", "2 h 40 min", "35 min"."""
    hours, rest = divmod(round(seconds), HOUR)
    minutes = rest // MINUTE
    if not hours:
        return gettext("{m} min").format(m=minutes)
    return (gettext("{h} h {m} min") if minutes else gettext("{h} h")).format(h=hours, m=minutes)


@lru_cache(maxsize=16)
def _phrases(language: str) -> dict[str, str]:
    """The words of a countdown; a page of the queue needs them fifty times."""
    return {
        "now": pgettext("due", "any moment"),
        "minutes": pgettext("due", "in {m} min"),
        "hours": pgettext("due", "in {h} h {m} min"),
        "tomorrow": pgettext("due", "tomorrow"),
        "day": pgettext("due", "{day}"),
        "late_now": pgettext("due", "just overdue"),
        "late_minutes": pgettext("due", "{m} min late"),
        "late_hours": pgettext("due", "{h} h {m} min late"),
        "late_yesterday": pgettext("due", "late since yesterday"),
        "late_day": pgettext("due", "late since {day}"),
        "clock": pgettext("time of day", "{clock}"),
    }


@lru_cache(maxsize=16)
def _names(language: str) -> Names:
    """Names of days and months; German shortens months with a dot, and dots the day."""
    is_german = language.startswith("de")
    form = "N" if is_german else "M"
    return Names(
        weekdays=[str(WEEKDAYS[day]) for day in range(7)],
        short_weekdays=[str(WEEKDAYS_ABBR[day]) for day in range(7)],
        months=[str(MONTHS[month]) for month in range(1, 13)],
        short_months=[date_format(date(2000, month, 1), form) for month in range(1, 13)],
        dot="." if is_german else "",
    )


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _due_words(at: datetime, present: datetime) -> str:
    words = _phrases(_language())
    late = "late_" if at < present else ""
    seconds = abs((at - present).total_seconds())
    days = (at.date() - present.date()).days
    if days == 0 or seconds < HOUR:
        if seconds < MINUTE:
            return words[late + "now"]
        hours, rest = divmod(int(seconds), HOUR)
        form = words[late + ("hours" if hours else "minutes")]
        return form.format(h=hours, m=rest // MINUTE)
    if abs(days) == 1:
        return words["late_yesterday" if late else "tomorrow"]
    return words[late + "day"].format(day=_day(at.date(), present.date()))


def _exact(at: datetime, present: datetime) -> str:
    time = f"{at:%H:%M}"
    days = abs((at.date() - present.date()).days)
    if days == 0:
        return time
    if days <= NAMED_DAYS:
        return f"{_names(_language()).short_weekdays[at.weekday()]} {time}"
    return f"{_short_date(at.date(), present.date())}, {time}"


def _exact_long(at: datetime) -> str:
    names = _names(_language())
    weekday, month = names.weekdays[at.weekday()], names.months[at.month - 1]
    day = f"{weekday}, {at.day}{names.dot}\u00a0{month} {at.year}"
    return f"{day}, {_phrases(_language())['clock'].format(clock=f'{at:%H:%M}')}"


def _beside_words(at: datetime, present: datetime) -> str:
    """The exact moment beside the words of a due moment, which name a day beyond tomorrow."""
    if abs((at.date() - present.date()).days) > 1:
        return f"{at:%H:%M}"
    return _exact(at, present)


def _past_words(at: datetime, present: datetime) -> str:
    time = f"{at:%H:%M}"
    days = (present.date() - at.date()).days
    if days == 0:
        return gettext("today {clock}").format(clock=time)
    if days == 1:
        return gettext("yesterday {clock}").format(clock=time)
    return f"{_short_date(at.date(), present.date())}, {time}"


def _day(day: date, today: date) -> str:
    if abs((day - today).days) <= NAMED_DAYS:
        return _names(_language()).weekdays[day.weekday()]
    return _short_date(day, today)


def _short_date(day: date, today: date) -> str:
    names = _names(_language())
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day}{names.dot} {names.short_months[day.month - 1]}{year}"
