"""The price lists of a tenant: what counts in a month, what is to come, and telling of it.

A list counts from the first of a month on, and only for months that have not begun when it is
saved. Whom it makes a difference to is told a notice period before (`Supplier.notice_days`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db.models import Min, Q
from django.utils.timezone import localdate, now

from accounts.models import User
from billing import mails
from billing.accounting import midnight, month_after, month_of
from billing.models import PriceList, Subscription, Supplier
from sla.models import SupportTier
from sla.tiers import zone
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup

# Organisations that one transaction tells.
BATCH = 100
# Cents a month; more is a slip of the hand.
MOST_CENTS = 10_000_00


class PriceError(Exception):
    """A price list cannot be saved like this; nothing was changed."""


class TooSoonError(PriceError):
    """New prices cannot be announced in time for this month; `earliest` is the first they can."""

    def __init__(self, earliest: date) -> None:
        super().__init__(f"{earliest:%Y-%m} is the earliest")
        self.earliest = earliest


class MonthTakenError(PriceError):
    """There are new prices for this month already."""


class PricedError(PriceError):
    """The tier has a price, or somebody has it: its price can only change from a month to come."""


class InForceError(PriceError):
    """The prices have begun to count, and stay."""


def costs_something(tier: SupportTier) -> bool:
    """True for a tier that has been booked, or that has a price now or in a list to come."""
    lists = [current(), *PriceList.objects.upcoming(this_month())]
    is_held = Subscription.objects.running().filter(tier=tier).exists()
    return is_held or any(one.cents(tier) for one in lists)


def current(at: datetime | None = None) -> PriceList:
    """The prices of the running month."""
    return PriceList.objects.in_force(this_month(at))


def this_month(at: datetime | None = None) -> date:
    """The first day of the month that runs in the tenant's zone."""
    return month_of(localdate(at or now(), zone()))


def earliest_month(at: datetime | None = None) -> date:
    """The first month that new prices may count from: none that has begun, and in time to tell."""
    moment, local = at or now(), zone()
    notice = timedelta(days=Supplier.current().notice_days)
    found = month_after(month_of(localdate(moment, local)))
    while midnight(found, local) - notice < moment:
        found = month_after(found)
    return found


@act()
def save(
    prices: Mapping[SupportTier, int],
    *,
    valid_from: date,
    is_gross: bool,
    vat_rate: int,
    by: User,
) -> PriceList:
    """Store new prices, in cents a month by tier; they are announced when their time comes.

    Raises TooSoonError and MonthTakenError.
    """
    # Two admins come one after the other.
    list(PriceList.objects.select_for_update(no_key=True))
    notice = timedelta(days=Supplier.current().notice_days)
    earliest = earliest_month()
    if valid_from < earliest:
        raise TooSoonError(_first_free(earliest, notice))
    if PriceList.objects.filter(valid_from=valid_from).exists():
        raise MonthTakenError
    free = _first_free(valid_from, notice)
    if valid_from < free:
        raise TooSoonError(free)
    announce_at = midnight(valid_from, zone()) - notice
    found = PriceList.objects.create(
        valid_from=valid_from,
        is_gross=is_gross,
        vat_rate=vat_rate,
        prices={str(tier.pk): cents for tier, cents in prices.items()},
        by=by,
        announce_at=announce_at,
    )
    wakeups.ask(Wakeup.Kind.BILLING, announce_at)
    return found


@act()
def add(tier: SupportTier, cents: int) -> None:
    """Give a tier its first price, in cents a month, from this moment on and in lists to come.

    Nobody has it, so nobody's price changes. Raises PricedError where that is not so.
    """
    lists = list(PriceList.objects.select_for_update(no_key=True))
    month = this_month()
    current = PriceList.objects.in_force(month)
    # Whoever had it had it for nothing, and is not billed for it afterwards.
    was_held = Subscription.objects.filter(tier=tier).exists()
    if was_held or current.cents(tier) is not None:
        raise PricedError
    for one in lists:
        is_to_count = one.pk == current.pk or one.valid_from > month
        if is_to_count and one.cents(tier) is None:
            one.prices[str(tier.pk)] = cents
            one.save(update_fields=["prices"])


def _first_free(month: date, notice: timedelta) -> date:
    """The first month from this one on whose announcement meets no other list's.

    At any time an organisation waits for one change of its price at most: so the page that shows
    the next prices shows all that have been announced.
    """
    while True:
        begins = midnight(month, zone())
        announced_on = (begins - notice).date()
        others = PriceList.objects.filter(valid_from__gt=announced_on, announce_at__lt=begins)
        if not others.exists():
            return month
        month = month_after(month)


@act()
def withdraw(prices: PriceList) -> None:
    """Take prices back that do not count yet; who was told of them is told that they will not.

    Raises InForceError once their month has begun, PriceList.DoesNotExist when they are gone.
    """
    stored = PriceList.objects.select_for_update().get(pk=prices.pk)
    if stored.valid_from <= this_month():
        raise InForceError
    for subscription in _told(stored):
        mails.prices_withdrawn(subscription, stored)
    stored.delete()


def announce_due(at: datetime | None = None) -> int:
    """Tell the organisations concerned of every list whose time has come; returns how many.

    Running this twice tells everybody once: what is told is written down with the mail.
    """
    moment, told = at or now(), 0
    due = PriceList.objects.filter(announced_at=None, announce_at__lte=moment)
    for prices in due.order_by("valid_from"):
        while batch := _announce(prices.pk):
            told += batch
    return told


def next_announcement() -> datetime | None:
    waiting = PriceList.objects.filter(announced_at=None, announce_at__isnull=False)
    found: datetime | None = waiting.aggregate(next=Min("announce_at"))["next"]
    return found


@act()
def _announce(pk: int) -> int:
    """Tell some of those who do not know yet; 0 when all do."""
    # The weaker lock: who books meanwhile refers to the list.
    lists = PriceList.objects.select_for_update(no_key=True)
    prices = lists.filter(pk=pk, announced_at=None).first()
    if prices is None:
        return 0
    begins = midnight(prices.valid_from, zone())
    staying = Q(cancel_at=None) | Q(cancel_at__gt=begins)
    untold = Subscription.objects.running().filter(staying).exclude(told_of=prices)
    concerned = untold.select_related("tier", "organisation").order_by("pk")
    batch = list(concerned.select_for_update(of=("self",))[:BATCH])
    before = PriceList.objects.in_force(prices.valid_from - timedelta(days=1))
    for subscription in batch:
        if prices.price(subscription.tier) != before.price(subscription.tier):
            mails.prices_announced(subscription, before, prices)
    Subscription.objects.filter(pk__in=[one.pk for one in batch]).update(told_of=prices)
    if not batch:
        prices.announced_at = now()
        prices.save(update_fields=["announced_at"])
    return len(batch)


def _told(prices: PriceList) -> list[Subscription]:
    told = Subscription.objects.running().filter(told_of=prices)
    before = PriceList.objects.in_force(prices.valid_from - timedelta(days=1))
    return [
        one
        for one in told.select_related("tier", "organisation")
        if prices.price(one.tier) != before.price(one.tier)
    ]
