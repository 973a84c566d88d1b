"""Support levels and what was booked, in words for those who book them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import words
from helpdesk.templatetags.moments import business_time
from sla.models import Priority, SupportTier
from tickets.models import Channel

register = template.Library()
register.filter("event_words", words.event_words)

MINUTES = 60


@register.filter
def response_words(tier: SupportTier) -> str:
    """Within what time the first answer comes: "within 8 business hours"."""
    hours, rest = divmod(tier.first_response_minutes, MINUTES)
    if rest:
        return _("within %(time)s of business time") % {
            "time": business_time(tier.first_response_minutes)
        }
    said = ngettext("within %(n)d business hour", "within %(n)d business hours", hours)
    return said % {"n": hours}


@register.filter
def priority_words(tier: SupportTier) -> str:
    return {
        Priority.NORMAL: _("Normal priority"),
        Priority.MIDDLE: _("Middle priority"),
        Priority.HIGH: _("High priority"),
        Priority.HIGHEST: _("Highest priority"),
    }[Priority(tier.priority)]


@register.filter
def channel_words(channels: list[Channel]) -> str:
    """Ways to write in a row: "E-mail, portal, phone"."""
    return ", ".join(str(channel.label) for channel in channels)
