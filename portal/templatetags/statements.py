"""What became of promises, in words for those they were made to."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.statement import Statement, outcome_of
from sla.models import Promise
from sla.report import Counts, Outcome

register = template.Library()

# The looks of chips (chip.css).
LOOKS = {Outcome.KEPT: "good", Outcome.BROKEN: "bad", Outcome.OPEN: "open"}


@register.simple_tag
def statement_verdict(counts: Counts) -> str:
    """The month in one or two honest sentences."""
    said = []
    if counts.broken:
        said.append(
            ngettext(
                "We missed our promise. We are sorry.",
                "We missed %(broken)d of %(decided)d promises. We are sorry.",
                counts.decided,
            )
            % {"broken": counts.broken, "decided": counts.decided}
        )
    elif counts.kept:
        said.append(
            ngettext("We kept our promise.", "We kept all %(kept)d promises.", counts.kept)
            % {"kept": counts.kept}
        )
    if counts.open:
        said.append(
            ngettext(
                "One answer is still ahead, and in time.",
                "%(open)d answers are still ahead, and in time.",
                counts.open,
            )
            % {"open": counts.open}
        )
    return " ".join(said) or _("There was nothing left to answer.")


@register.simple_tag
def statement_split(statement: Statement) -> str:
    """How many were guarantees, how many targets, and how many of each were kept."""
    guarantees, targets = statement.guarantees, statement.targets
    said = []
    if guarantees.all:
        said.append(
            _("Guaranteed: %(all)d, of them %(kept)d kept and %(broken)d missed.")
            % {"all": guarantees.all, "kept": guarantees.kept, "broken": guarantees.broken}
        )
    if targets.all:
        said.append(
            _("Targets: %(all)d, of them %(kept)d met and %(broken)d missed.")
            % {"all": targets.all, "kept": targets.kept, "broken": targets.broken}
        )
    return " ".join(said)


@register.filter
def statement_result(promise: Promise) -> str:
    outcome = outcome_of(promise)
    if outcome == Outcome.KEPT:
        return _("Kept")
    if outcome == Outcome.BROKEN:
        return _("Guarantee missed") if promise.is_guaranteed else _("Target missed")
    if outcome == Outcome.OPEN:
        return _("Answer on its way") if promise.answered_at else _("Still open")
    if promise.end_cause == Promise.End.MERGED:
        return _("Goes on in another ticket")
    return _("Withdrawn")


@register.filter
def statement_look(promise: Promise) -> str:
    return LOOKS.get(outcome_of(promise), "plain")
