"""What was booked, in words, and the last day of what ends."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.timezone import get_current_timezone

from billing import accounting, words

register = template.Library()
register.filter("event_words", words.event_words)


@register.filter
def last_day(end: datetime) -> date:
    """The last day before an end, in the zone that the page is shown in."""
    return accounting.last_day(end, get_current_timezone())
