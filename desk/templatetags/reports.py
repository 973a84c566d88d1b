"""Numbers, shares and outcomes of promises, as a report writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from desk.report_lists import agent_of, outcome_of
from sla.models import Promise
from sla.report import Outcome

register = template.Library()
register.filter("agent_of", agent_of)

# The looks of chips (chip.css).
LOOKS = {Outcome.KEPT: "good", Outcome.BROKEN: "bad", Outcome.OPEN: "open"}


@register.filter
def percent(share: float | None) -> str:
    """A share of 0 to 1, e.g. "98.4%"; cut, not rounded, so that 100% means all of them."""
    if share is None:
        return "–"
    # A hair more: 0.29 * 1000 is 289.99… .
    tenths = math.floor(share * 1000 + 1e-6)
    return _("%(share)s%%") % {"share": number_format(tenths / 10, 1 if tenths % 10 else 0)}


@register.filter
def grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


@register.filter
def unlocalized(number: int) -> str:
    """A number for a machine: without the signs that group its digits for people."""
    return str(number)


@register.filter
def at(values: Sequence[Any], index: int) -> Any:
    return values[index]


@register.filter
def outcome_name(outcome: str) -> str:
    return str(Outcome(outcome).label)


@register.filter
def outcome_label(promise: Promise) -> str:
    return str(outcome_of(promise).label)


@register.filter
def outcome_look(promise: Promise) -> str:
    return LOOKS.get(outcome_of(promise), "")
