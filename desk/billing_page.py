"""The overview of what is booked and billed: figures, their course, and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, Sum
from django.utils.timezone import localdate, now

from billing.accounting import Tax, last_day, midnight, month_after, month_before, month_of
from billing.models import (
    BillingEvent,
    Invoice,
    InvoiceQuerySet,
    PriceList,
    Subscription,
    SubscriptionQuerySet,
)
from desk import bookings_chart
from desk.bookings_chart import Chart, Month
from desk.organisation_page import UNPRINTED
from sla.models import SupportTier

MONTHS = 12
MOST_ENDINGS = 20
LATEST = 20


@dataclass(frozen=True, slots=True)
class Share:
    """One tier's bookings now, and what they bring a month at the prices in force, in cents net."""

    tier: SupportTier
    count: int
    net: int


@dataclass(frozen=True, slots=True)
class Owed:
    """Invoices that wait for their money: how many, and their gross sum in cents."""

    number: int
    gross: int


@dataclass(frozen=True, slots=True)
class Ending:
    """A booking that is cancelled for later."""

    subscription: Subscription
    last_day: date


@dataclass(frozen=True, slots=True)
class Change:
    """A tier's price a month before and from a new price list on."""

    tier: SupportTier
    before: Tax | None
    after: Tax | None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A price list that counts later, and what it changes."""

    prices: PriceList
    changes: list[Change]


def shown(local: ZoneInfo) -> dict[str, object]:
    """The page's context, in the zone of the tenant's days."""
    moment = now()
    today = localdate(moment, local)
    lists = list(PriceList.objects.order_by("valid_from"))
    every = list(SupportTier.objects.all())
    tiers, months = course(every, month_of(today), moment, local)
    shares = shares_of(tiers, months[-1], in_force(lists, month_of(today)))
    endings = Subscription.objects.running().filter(cancel_at__gt=moment)
    return {
        "shares": [share for share in shares if share.count],
        "booked": months[-1].total,
        "revenue": sum(share.net for share in shares),
        "open": owed(Invoice.objects.open()),
        "overdue": owed(Invoice.objects.overdue(today)),
        "tiers": tiers,
        "months": months,
        "charts": charts(tiers, months),
        "endings": endings_of(endings, local),
        "ending_count": endings.count(),
        "upcoming": upcoming(lists, every, month_of(today)),
        "history": latest(),
    }


def course(
    tiers: Sequence[SupportTier], running: date, moment: datetime, local: ZoneInfo
) -> tuple[list[SupportTier], list[Month]]:
    """The bookings at the end of each of the last months, the running one as it stands now.

    Only the tiers that somebody had booked by then are left.
    """
    firsts = [running]
    while len(firsts) < MONTHS:
        firsts.insert(0, month_before(firsts[0]))
    ends = [midnight(month_after(first), local) for first in firsts[:-1]]
    counted = {f"m{number}": at_end(end) for number, end in enumerate(ends)}
    found = Subscription.objects.exclude(ended_at=F("started_at")).order_by().values("tier")
    rows = found.annotate(**counted, now=Count("pk", filter=_running(moment)))
    counts = {row["tier"]: [row[name] for name in [*counted, "now"]] for row in rows}
    shown = [tier for tier in tiers if any(counts.get(tier.pk, []))]
    months = [
        Month(first, tuple(counts[tier.pk][index] for tier in shown), first == running)
        for index, first in enumerate(firsts)
    ]
    return shown, months


def at_end(moment: datetime) -> Count:
    """Those that were there until a moment: one that ended just then was there at the end."""
    ends = Q(ended_at=None) | Q(ended_at__gte=moment)
    planned = Q(cancel_at=None) | Q(cancel_at__gte=moment) | Q(ended_at__isnull=False)
    return Count("pk", filter=Q(started_at__lt=moment) & ends & planned)


def _running(moment: datetime) -> Q:
    return Q(ended_at=None) & (Q(cancel_at=None) | Q(cancel_at__gt=moment))


def shares_of(tiers: Sequence[SupportTier], month: Month, prices: PriceList | None) -> list[Share]:
    shares = []
    for tier, count in zip(tiers, month.counts, strict=True):
        price = prices.price(tier) if prices else None
        shares.append(Share(tier, count, price.net * count if price else 0))
    return shares


def in_force(lists: Sequence[PriceList], month: date) -> PriceList | None:
    """The prices of a month out of all, the first ones at worst."""
    begun = [one for one in lists if one.valid_from <= month]
    return begun[-1] if begun else next(iter(lists), None)


def owed(invoices: InvoiceQuerySet) -> Owed:
    row = invoices.aggregate(number=Count("pk"), gross=Sum("gross"))
    return Owed(row["number"], row["gross"] or 0)


def charts(tiers: Sequence[SupportTier], months: Sequence[Month]) -> list[Chart]:
    """The course for a desk and for a phone; nothing where nobody ever booked."""
    if not tiers:
        return []
    sizes = {"wide": bookings_chart.WIDE, "narrow": bookings_chart.NARROW}
    return [bookings_chart.draw(name, tiers, months, width) for name, width in sizes.items()]


def endings_of(endings: SubscriptionQuerySet, local: ZoneInfo) -> list[Ending]:
    """The next cancellations to take effect."""
    found = endings.select_related("organisation", "tier").order_by("cancel_at", "pk")
    return [
        Ending(one, last_day(one.cancel_at, local)) for one in found[:MOST_ENDINGS] if one.cancel_at
    ]


def upcoming(
    lists: Sequence[PriceList], tiers: Sequence[SupportTier], month: date
) -> list[Upcoming]:
    """What counts later, the next first, each beside what counts before it."""
    found, before = [], in_force(lists, month)
    for prices in lists:
        if prices.valid_from <= month or prices is before:
            continue
        changes = [
            Change(tier, before.price(tier) if before else None, prices.price(tier))
            for tier in tiers
            if not tier.is_default
        ]
        found.append(Upcoming(prices, [one for one in changes if one.before != one.after]))
        before = prices
    return found


def latest() -> list[BillingEvent]:
    """The last lines of all organisations, in the order in which they were written."""
    lines = BillingEvent.objects.select_related("organisation", "tier", "before", "invoice")
    return list(lines.defer(*UNPRINTED).order_by("-pk")[:LATEST])
