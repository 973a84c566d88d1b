"""Parts of addresses that are more than a number or a word; importing this makes them known."""

from __future__ import annotations

from datetime import date

from django.urls import register_converter


class MonthConverter:
    """A month as it stands in an address, 2026-11: its first day."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else f"{value:%Y-%m}"


register_converter(MonthConverter, "month")
