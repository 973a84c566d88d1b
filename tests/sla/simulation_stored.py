"""What the project says of a simulated time, in the words of the recount."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import time_machine

from sla.models import Promise
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


def sums(end: datetime) -> Sums:
    """How many promises were kept, broken and are open: in all, by tier, channel and customer."""
    # THE REPORT IS CALLED HERE: once sla/report.py is in, its sums take the querysets' place.
    outcomes = {
        BROKEN: Promise.objects.broken(end),
        KEPT: Promise.objects.kept(),
        OPEN: Promise.objects.exclude(pk__in=Promise.objects.broken(end)).filter(
            ended_at=None, accepted_at=None
        ),
    }
    counted: dict[str, Counter[str]] = {}
    for became, promises in outcomes.items():
        told = promises.values_list(
            "kind",
            "is_guaranteed",
            "tier__name",
            "ticket__channel",
            "ticket__organisation__name",
        )
        for kind, is_guaranteed, tier, channel, customer in told:
            what = f"{kind} {'guarantee' if is_guaranteed else 'target'}"
            for place in ("all", tier, SEEN_AS[Channel(channel)], customer):
                counted.setdefault(f"{what}, {place}", Counter())[became] += 1
    return {place: dict(counts) for place, counts in counted.items()}
