"""What the pages of the prices show: the list in force, what is to come, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from billing import prices
from billing.accounting import Tax, midnight
from billing.models import PriceList, Subscription, Supplier
from desk.price_forms import PricesForm
from sla.models import SupportTier
from sla.tiers import zone


@dataclass(frozen=True, slots=True)
class Row:
    """One tier's price a month, and what it was before; None where it cannot be booked."""

    tier: SupportTier
    before: Tax | None
    price: Tax | None

    @property
    def is_changed(self) -> bool:
        return self.before != self.price


@dataclass(frozen=True, slots=True)
class Listed:
    prices: PriceList
    rows: list[Row]
    # Organisations with a running booking whose price it changes.
    concerned: int
    is_first: bool


def lists() -> dict[str, object]:
    """All lists: the one in force, the next ones, and the earlier ones, the latest first."""
    found = list(PriceList.objects.select_related("by").order_by("valid_from"))
    month = prices.this_month()
    begun = [one for one in found if one.valid_from <= month] or found[:1]
    current, tiers, booked = begun[-1], list(SupportTier.objects.all()), _booked()
    listed = [
        Listed(one, rows := _rows(before, one, tiers), _concerned(rows, booked), before is None)
        for before, one in zip([None, *found], found, strict=False)
    ]
    at = found.index(current)
    return {
        "current": listed[at],
        "upcoming": listed[at + 1 :],
        "earlier": listed[:at][::-1],
        "priceless": [row.tier for row in listed[at].rows if row.price is None],
    }


def summary(tiers: Iterable[SupportTier]) -> dict[str, object]:
    """What each tier costs now, in cents as its list has them, and the list that comes next."""
    current = prices.current()
    return {
        "current_prices": current,
        "priced": [(one, cents) for one in tiers if (cents := current.cents(one)) is not None],
        "next_prices": PriceList.objects.upcoming(prices.this_month()).first(),
    }


def confirmation(form: PricesForm) -> dict[str, object]:
    """What saving would change, for whom, and when they are told."""
    asked, supplier = form.asked, Supplier.current()
    before = PriceList.objects.in_force(asked.valid_from - timedelta(days=1))
    rows = _rows(before, asked, form.tiers)
    return {
        "asked": asked,
        "rows": rows,
        "is_changed": any(row.is_changed for row in rows),
        "concerned": _concerned(rows, _booked()),
        "announce_at": announce_at(asked, supplier),
        "lacks_exemption": not asked.vat_rate and not supplier.exemption,
    }


def announce_at(asked: PriceList, supplier: Supplier) -> datetime:
    return midnight(asked.valid_from, zone()) - timedelta(days=supplier.notice_days)


def _rows(before: PriceList | None, one: PriceList, tiers: Sequence[SupportTier]) -> list[Row]:
    return [Row(tier, before.price(tier) if before else None, one.price(tier)) for tier in tiers]


def _booked() -> dict[int, int]:
    """How many organisations have booked each tier."""
    running = Subscription.objects.running().values("tier").annotate(number=Count("pk"))
    return dict(running.values_list("tier", "number"))


def _concerned(rows: Sequence[Row], booked: Mapping[int, int]) -> int:
    return sum(booked.get(row.tier.pk, 0) for row in rows if row.is_changed)
