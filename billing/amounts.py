"""Amounts in words of the reader's language: cents, rates, months and spans of days."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language

NO_BREAK = "\u00a0"
CENTS = 100


def euro(cents: int) -> str:
    """Cents as an amount: "1.234,50 €" in German, "€1,234.50" in English."""
    written = number_format(Decimal(abs(cents)) / CENTS, decimal_pos=2, force_grouping=True)
    sign = "−" if cents < 0 else ""
    if _is_german():
        return f"{sign}{written}{NO_BREAK}€"
    return f"{sign}€{written}"


def short_euro(cents: int) -> str:
    """As `euro`, without the cents where there are none: a price on a card."""
    if cents % CENTS:
        return euro(cents)
    written = number_format(cents // CENTS, force_grouping=True)
    return f"{written}{NO_BREAK}€" if _is_german() else f"€{written}"


def percent(rate: int) -> str:
    """Hundredths of a percent as a rate: "19 %"."""
    exact = (Decimal(rate) / 100).normalize()
    places = max(0, -int(exact.as_tuple().exponent))
    space = NO_BREAK if _is_german() else ""
    return f"{number_format(exact, decimal_pos=places)}{space}%"


def day(of: date) -> str:
    """A day in figures: "23.11.2026"."""
    return date_format(of, "SHORT_DATE_FORMAT")


def span(first: date, last: date) -> str:
    """Days from one to another, as short as it stays clear: "23.–30.11.2026"."""
    if first == last:
        return day(first)
    if _is_german() and (first.year, first.month) == (last.year, last.month):
        return f"{first:%d}.–{day(last)}"
    return f"{day(first)} – {day(last)}"


def month(first: date) -> str:
    """A month in words: "November 2026"."""
    return date_format(first, "F Y")


def _is_german() -> bool:
    return (get_language() or "de").startswith("de")
