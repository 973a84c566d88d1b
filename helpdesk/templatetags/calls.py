"""The slots of calls in words."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
def slot_words(start: datetime, end: datetime) -> str:
    """A slot in a sentence: "today between 10:00 and 10:30"."""
    local = localtime(start)
    words = {
        "day": day_words(local.date()),
        "since": f"{local:%H:%M}",
        "until": f"{localtime(end):%H:%M}",
    }
    return pgettext("slot", "%(day)s between %(since)s and %(until)s") % words


@register.filter
def day_words(day: date) -> str:
    """A day as a heading: "today", "tomorrow", "Wednesday, 11 March"."""
    days = (day - localdate(now())).days
    if days == 0:
        return _("today")
    if days == 1:
        return pgettext("day", "tomorrow")
    return date_format(day, pgettext("day of a slot", "l, j F"))
