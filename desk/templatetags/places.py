"""Why a ticket stands where it stands: every row of the queue can say it (law 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sla.queue import Band

if TYPE_CHECKING:
    from desk.queue import Row

register = template.Library()


@register.simple_tag
def why(row: Row) -> SafeString:
    """In a few words, and on demand in a sentence.

    Not a template of its own: a page of the queue shows it fifty times.
    """
    return format_html(
        '<details class="why" id="why-{}"><summary>{}</summary><p>{}</p></details>',
        row.ticket.number,
        _short(row),
        _full(row),
    )


def _short(row: Row) -> str:
    if row.promise.is_escalated:
        return _("Guarantee missed")
    if row.ticket.queue_band == Band.AT_RISK:
        return _("Guarantee ends soon")
    if not row.promise.is_guaranteed:
        return _("Target, no guarantee")
    return _("Why here?")


def _full(row: Row) -> str:
    if row.promise.is_escalated:
        return _("A guaranteed answer is overdue. Such tickets stand before all others.")
    if row.ticket.queue_band == Band.AT_RISK:
        return _(
            "A guarantee ends within the last minutes of business time. Such tickets stand before "
            "all priorities, earliest due first."
        )
    said = _(
        "Priority “%(priority)s” from the support level; among equals the earlier due moment "
        "counts."
    ) % {"priority": row.promise.get_priority_display()}
    if not row.rose:
        return said
    # Not inside an f-string: there, what collects the texts does not see it.
    rose = _("It rose because its target passed long ago.")
    return f"{said} {rose}"
