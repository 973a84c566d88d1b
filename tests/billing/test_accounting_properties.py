"""Laws of the day-exact account over drawn lives, prices, months and zones, and a slow oracle."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.accounting import Account, Price, Stay, account
from billing.money import round_half_up

LAW = settings(max_examples=80, deadline=None)
TIERS = [1, 2, 3, 4]
zones = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "Pacific/Auckland",
        "America/Santiago",
        "Australia/Lord_Howe",
        "UTC",
    ]
).map(ZoneInfo)
months = st.builds(date, st.integers(2024, 2030), st.integers(1, 12), st.just(1))
rates = st.sampled_from([0, 700, 1900])


@dataclass(frozen=True)
class Life:
    """A drawn month with what an organisation had booked around and in it."""

    month: date
    zone: ZoneInfo
    prices: dict[int, Price]
    stays: list[Stay]
    is_gross: bool

    def owed(self, **changed: object) -> Account:
        life = replace(self, **changed)
        return account(
            life.stays, life.prices, month=life.month, zone=life.zone, is_gross=life.is_gross
        )


@st.composite
def prices(draw):
    one_rate = draw(st.booleans())
    rate = draw(rates)
    return {
        tier: Price(draw(st.integers(0, 20_000)), rate if one_rate else draw(rates))
        for tier in TIERS
    }


@st.composite
def moments(draw, month, zone):
    """A moment near the month: anywhere, or at a local midnight, or an instant beside one."""
    day = datetime(month.year, month.month, 1, tzinfo=zone) + timedelta(draw(st.integers(-4, 34)))
    exact = day.astimezone(UTC)
    beside = st.sampled_from([timedelta(), timedelta(microseconds=1), -timedelta(microseconds=1)])
    anywhere = st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds))
    return exact + draw(st.one_of(beside, anywhere))


@st.composite
def lives(draw, *, is_unbroken=False):
    """Changes one after another, as bookings write them; perhaps with times without any."""
    month, zone = draw(months), draw(zones)
    cuts = sorted(draw(st.lists(moments(month, zone), min_size=1, max_size=7)))
    ends = [*cuts[1:], draw(st.sampled_from([None, cuts[-1] + timedelta(days=3)]))]
    stays = [
        Stay(draw(st.sampled_from(TIERS)), start, end)
        for start, end in zip(cuts, ends, strict=True)
        if is_unbroken or draw(st.integers(0, 4))
    ]
    return Life(month, zone, draw(prices()), stays, draw(st.booleans()))


def days_with_their_dearest(life):
    """Day by day, hour by local hour: what was booked at any moment of it, by brute force."""
    found = {}
    for number in range(1, calendar.monthrange(life.month.year, life.month.month)[1] + 1):
        begins = life.month.replace(day=number)
        start = local_midnight(begins, life.zone)
        end = local_midnight(begins + timedelta(days=1), life.zone)
        there = [
            stay.tier
            for stay in life.stays
            if max(stay.start, start) < (min(stay.end, end) if stay.end else end)
        ]
        if there:
            found[begins] = max(life.prices[tier].cents for tier in there)
    return found


def local_midnight(day, zone):
    """The first instant whose local date is `day`, looked for on the line of time."""
    low = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    high = low + timedelta(days=2)
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).date() < day:
            low = middle
        else:
            high = middle
    return high


@settings(LAW, max_examples=200)
@given(lives())
def test_the_sum_is_what_a_walk_from_day_to_day_finds(life):
    length = calendar.monthrange(life.month.year, life.month.month)[1]
    walked = days_with_their_dearest(life)

    owed = life.owed()

    assert owed.total == int(Fraction(sum(walked.values()), length) + Fraction(1, 2))
    assert {day: item.price.cents for item in owed.items for day in item.days} == walked


@LAW
@given(lives(is_unbroken=True))
def test_changes_cost_no_less_than_the_cheapest_and_no_more_than_the_dearest_tier(life):
    length = calendar.monthrange(life.month.year, life.month.month)[1]
    existed = len(days_with_their_dearest(life))
    costs = [life.prices[stay.tier].cents for stay in life.stays]

    total = life.owed().total

    cheapest, dearest = (Fraction(existed * cents, length) for cents in (min(costs), max(costs)))
    assert round_half_up(cheapest) <= total <= round_half_up(dearest)


@LAW
@given(lives(), st.data())
def test_splitting_a_stay_changes_nothing(life, data):
    parts = []
    for stay in life.stays:
        cut = data.draw(moments(life.month, life.zone))
        if stay.start <= cut and (stay.end is None or cut <= stay.end):
            parts += [replace(stay, end=cut), replace(stay, start=cut)]
        else:
            parts.append(stay)

    assert life.owed(stays=parts) == life.owed()


@LAW
@given(lives(), st.randoms())
def test_the_order_in_which_stays_are_given_does_not_matter(life, random):
    shuffled = random.sample(life.stays, len(life.stays))

    assert life.owed(stays=shuffled) == life.owed()


@LAW
@given(lives())
def test_lines_sum_to_the_total_and_each_is_within_a_cent_of_its_part(life):
    owed = life.owed()

    assert owed.total == round_half_up(sum((item.exact for item in owed.items), Fraction()))
    assert all(abs(item.cents - item.exact) < 1 for item in owed.items)
    assert all(
        item.exact == Fraction(item.price.cents * len(item.days), owed.days) for item in owed.items
    )


@LAW
@given(lives())
def test_vat_is_taken_once_per_rate_and_adds_up(life):
    owed = life.owed()

    rates = [tax.rate for tax in owed.taxes]
    assert rates == sorted(set(rates), reverse=True)
    for tax in owed.taxes:
        own = sum(item.cents for item in owed.items if item.price.vat_rate == tax.rate)
        assert own == (tax.gross if life.is_gross else tax.net)
        net = Fraction(own * 10_000, 10_000 + tax.rate) if life.is_gross else Fraction(own)
        assert abs(tax.vat - net * tax.rate / 10_000) <= Fraction(1, 2)
    assert owed.net + owed.vat == owed.gross
    assert owed.total == (owed.gross if life.is_gross else owed.net)


@LAW
@given(lives())
def test_no_day_is_billed_twice(life):
    days = [day for item in life.owed().items for day in item.days]

    assert len(days) == len(set(days))
    assert all(day.replace(day=1) == life.month for day in days)


@LAW
@given(lives(), st.data())
def test_a_tier_more_never_makes_the_month_cheaper(life, data):
    start = data.draw(moments(life.month, life.zone))
    more = Stay(data.draw(st.sampled_from(TIERS)), start, start + timedelta(days=5))

    assert life.owed(stays=[*life.stays, more]).total >= life.owed().total


@LAW
@given(lives(), st.data())
def test_until_a_moment_is_as_if_every_stay_had_ended_then(life, data):
    until = data.draw(moments(life.month, life.zone))
    cut = [replace(one, end=min(until, one.end or until)) for one in life.stays]

    owed = account(
        life.stays,
        life.prices,
        month=life.month,
        zone=life.zone,
        is_gross=life.is_gross,
        until=until,
    )

    assert owed == life.owed(stays=[one for one in cut if one.end > one.start])
