"""Amounts in words, in both languages."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.translation import override

from billing import amounts


@pytest.mark.parametrize(
    ("cents", "german", "english"),
    [
        (0, "0,00 €", "€0.00"),
        (5, "0,05 €", "€0.05"),
        (5900, "59,00 €", "€59.00"),
        (123_450, "1.234,50 €", "€1,234.50"),
        (100_000_099, "1.000.000,99 €", "€1,000,000.99"),
        (-3531, "−35,31 €", "−€35.31"),
        (-1, "−0,01 €", "−€0.01"),
    ],
)
def test_cents_are_written_as_euros(cents, german, english):
    with override("de"):
        assert amounts.euro(cents).replace("\u00a0", " ") == german
    with override("en"):
        assert amounts.euro(cents) == english


@pytest.mark.parametrize(
    ("cents", "written"), [(0, "0 €"), (5900, "59 €"), (5950, "59,50 €"), (120_000, "1.200 €")]
)
def test_a_price_on_a_card_has_cents_only_where_there_are_some(cents, written):
    with override("de"):
        assert amounts.short_euro(cents).replace("\u00a0", " ") == written


@pytest.mark.parametrize(
    ("rate", "german", "english"),
    [(1900, "19 %", "19%"), (700, "7 %", "7%"), (550, "5,5 %", "5.5%"), (0, "0 %", "0%")],
)
def test_rates_are_written_as_percent(rate, german, english):
    with override("de"):
        assert amounts.percent(rate).replace("\u00a0", " ") == german
    with override("en"):
        assert amounts.percent(rate) == english


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        (date(2026, 11, 23), date(2026, 11, 30), "23.–30.11.2026"),
        (date(2026, 11, 1), date(2026, 11, 1), "01.11.2026"),
        (date(2026, 11, 30), date(2026, 12, 1), "30.11.2026 – 01.12.2026"),
    ],
)
def test_a_span_is_as_short_as_it_stays_clear(first, last, written):
    with override("de"):
        assert amounts.span(first, last) == written


def test_a_month_is_written_in_words():
    with override("de"):
        assert amounts.month(date(2026, 3, 1)) == "März 2026"
    with override("en"):
        assert amounts.month(date(2026, 3, 1)) == "March 2026"
