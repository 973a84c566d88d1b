"""What a month costs, to the day: a day costs its dearest tier, divided by the days of the month.

Plain arithmetic: no Django, no database, no clock. Days are those of the tenant's zone, so a month
with a switch of the clock has as many as any other. The exact sum is rounded half up once; its
parts share the rounded sum by largest remainder; VAT is taken once per rate, on the sum.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.money import round_half_up, split, vat_in_gross, vat_on_net

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Price:
    """What a tier costs a month, in cents on the list's own basis; VAT in hundredths of a %."""

    cents: int
    vat_rate: int


@dataclass(frozen=True, slots=True)
class Stay:
    """In which tier (its id) an organisation was, from one moment (aware) up to another, if any."""

    tier: int
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One line: the days that one tier was the dearest of, and what they cost together."""

    tier: int
    price: Price
    days: tuple[date, ...]
    exact: Fraction
    cents: int


@dataclass(frozen=True, slots=True)
class Tax:
    """The sum of one rate; `net + vat == gross`."""

    rate: int
    net: int
    vat: int
    gross: int


@dataclass(frozen=True, slots=True)
class Account:
    """What one organisation owes for one month; all amounts in cents."""

    month: date
    is_gross: bool
    items: tuple[Item, ...]
    taxes: tuple[Tax, ...]

    @property
    def total(self) -> int:
        """The sum on the prices' own basis, net or gross."""
        return sum(item.cents for item in self.items)

    @property
    def net(self) -> int:
        return sum(tax.net for tax in self.taxes)

    @property
    def vat(self) -> int:
        return sum(tax.vat for tax in self.taxes)

    @property
    def gross(self) -> int:
        return sum(tax.gross for tax in self.taxes)

    @property
    def days(self) -> int:
        """How many days the month has."""
        return days_of(self.month)


def account(
    stays: Sequence[Stay],
    prices: Mapping[int, Price],
    *,
    month: date,
    zone: ZoneInfo,
    is_gross: bool,
    until: datetime | None = None,
) -> Account:
    """What stays cost in a month, given by its first day.

    `prices` are those of that month; a stay in a tier without a price costs nothing. A stay without
    an end lasts through the month. With `until`, only what lies before that moment counts, its own
    day whole. Days without a stay cost nothing.
    """
    days = _dearest(stays, prices, month, zone, until)
    grouped: dict[tuple[int, Price], list[date]] = {}
    for day in sorted(days):
        tier = days[day].tier
        if price := prices.get(tier):
            grouped.setdefault((tier, price), []).append(day)
    length = days_of(month)
    exact = [Fraction(price.cents * len(of), length) for (_tier, price), of in grouped.items()]
    shares = split(round_half_up(sum(exact, Fraction())), exact)
    items = tuple(
        Item(tier, price, tuple(of), part, cents)
        for ((tier, price), of), part, cents in zip(grouped.items(), exact, shares, strict=True)
    )
    return Account(month, is_gross, items, tuple(_taxes(items, is_gross)))


def days_of(month: date) -> int:
    return monthrange(month.year, month.month)[1]


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return month_of(month_of(month) + 31 * DAY)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return month_of(month_of(month) - DAY)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment (aware) at which a local day begins; where the clock skips it, the first after."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def last_day(end: datetime, zone: tzinfo) -> date:
    """The last local day before an end (aware): one at midnight ends the day before.

    Counted in UTC: near a switch of the clock, a wall clock would step into the wrong hour.
    """
    return (end.astimezone(UTC) - INSTANT).astimezone(zone).date()


def ranges(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in order as (first, last) of each unbroken run."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and day - found[-1][1] == DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _dearest(
    stays: Sequence[Stay],
    prices: Mapping[int, Price],
    month: date,
    zone: ZoneInfo,
    until: datetime | None,
) -> dict[date, Stay]:
    """The stay that each day of the month costs: the dearest one, of equally dear ones the last."""
    found: dict[date, Stay] = {}
    for stay in sorted(stays, key=lambda stay: stay.start):
        cents = _cents(stay, prices)
        for day in _days(stay, month, zone, until):
            if day not in found or cents >= _cents(found[day], prices):
                found[day] = stay
    return found


def _cents(stay: Stay, prices: Mapping[int, Price]) -> int:
    price = prices.get(stay.tier)
    return price.cents if price else 0


def _days(stay: Stay, month: date, zone: ZoneInfo, until: datetime | None) -> Iterator[date]:
    """The local days of the month that a stay touches; one that ends as it begins touches none."""
    first, last = month, month_after(month) - DAY
    end = min((one for one in (stay.end, until) if one is not None), default=None)
    if end is not None and end <= stay.start:
        return
    first = max(first, stay.start.astimezone(zone).date())
    if end is not None:
        last = min(last, last_day(end, zone))
    while first <= last:
        yield first
        first += DAY


def _taxes(items: Sequence[Item], is_gross: bool) -> Iterator[Tax]:
    for rate in sorted({item.price.vat_rate for item in items}, reverse=True):
        total = sum(item.cents for item in items if item.price.vat_rate == rate)
        yield tax_on(total, rate, is_gross=is_gross)


def tax_on(total: int, rate: int, *, is_gross: bool) -> Tax:
    """Net, tax and gross of a sum on its own basis."""
    if is_gross:
        vat = vat_in_gross(total, rate)
        return Tax(rate, total - vat, vat, total)
    vat = vat_on_net(total, rate)
    return Tax(rate, total, vat, total + vat)
