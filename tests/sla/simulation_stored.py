"""What the project says of a simulated time, in the words of the recount."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import time_machine

from accounts.models import Organisation
from sla.models import Promise, SupportTier
from sla.report import Counts, Dimension, Filters, Period, report
from tests.sla.recount import BROKEN, KEPT, NONE, ON_ITS_WAY, OPEN
from tests.sla.simulation_desk import SEEN_AS
from tickets.models import Channel

Rows = dict[str, list[dict[str, object]]]
Sums = dict[str, dict[str, int]]


def rows(end: datetime) -> Rows:
    """Every promise of every ticket, as it stands at a moment."""
    found: Rows = {}
    with time_machine.travel(end, tick=False):
        for promise in Promise.objects.select_related("ticket", "tier").order_by("ticket", "pk"):
            found.setdefault(str(promise.ticket.number), []).append(row(promise))
    return found


def row(promise: Promise) -> dict[str, object]:
    breach = breach_of(promise)
    return {
        "kind": promise.kind,
        "tier": promise.tier.name,
        "priority": promise.priority,
        "guaranteed": promise.is_guaranteed,
        "due": promise.due_at.isoformat(),
        "outcome": outcome(promise),
        "breached at": breach.isoformat() if breach else None,
    }


def outcome(promise: Promise) -> str:
    if promise.is_broken():
        return BROKEN
    if promise.is_kept:
        return KEPT
    if promise.ended_at:
        return NONE
    return ON_ITS_WAY if promise.answered_at else OPEN


def breach_of(promise: Promise) -> datetime | None:
    """Flagged or not: between two rounds of the sweep it is the due moment as well."""
    return (promise.breached_at or promise.due_at) if promise.is_broken() else None


def sums(period: Period, end: datetime) -> Sums:
    """The report's sums: in all, by week, and by tier, channel and customer."""
    found: Sums = {}
    for kind in Promise.Kind.values:
        for dimension, name_of in names().items():
            told = report(Filters(period, kind=kind), dimension, end)
            rows = {name_of(key): tally for key, tally in told.rows.items()}
            weeks = {f"week of {monday}": tally for monday, tally in told.weeks.items()}
            for place, tally in {"all": told.total, **weeks, **rows}.items():
                found[f"{kind} guarantee, {place}"] = shown(tally.guarantees)
                found[f"{kind} target, {place}"] = shown(tally.targets)
    return {place: counts for place, counts in found.items() if counts}


def times(period: Period, end: datetime) -> Sums:
    """The report's response times: of all first answers, and by tier, channel and customer."""
    found = {}
    for dimension, name_of in names().items():
        told = report(Filters(period), dimension, end)
        found["all"] = told.times
        found |= {name_of(key): taken for key, taken in told.times_of.items()}
    return {
        place: {"answers": one.count, "median": one.median, "percentile 90": one.percentile_90}
        for place, one in found.items()
        if one.count
    }


def names() -> dict[str, Callable[[Any], str]]:
    """The dimensions that can be seen from outside, and what is seen of their values."""
    tiers = dict(SupportTier.objects.values_list("pk", "name"))
    customers = dict(Organisation.objects.values_list("pk", "name"))
    return {
        Dimension.TIER: tiers.__getitem__,
        Dimension.CHANNEL: lambda channel: SEEN_AS[Channel(channel)],
        Dimension.ORGANISATION: customers.__getitem__,
    }


def shown(counts: Counts) -> dict[str, int]:
    numbers = {KEPT: counts.kept, BROKEN: counts.broken, OPEN: counts.open, NONE: counts.none}
    return {became: number for became, number in numbers.items() if number}
