"""What a month costs, to the day: examples that read like the rule, for each kind of month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing.accounting import (
    Price,
    Stay,
    Tax,
    account,
    midnight,
    month_after,
    month_before,
    ranges,
)

BERLIN = ZoneInfo("Europe/Berlin")
BRONZE, SILVER, GOLD = 1, 2, 3
NET = {BRONZE: Price(1900, 1900), SILVER: Price(3900, 1900), GOLD: Price(5900, 1900)}
NOVEMBER = date(2026, 11, 1)


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def stay(tier, start, end=None, zone=BERLIN):
    return Stay(tier, at(start, zone), end and at(end, zone))


def owed(*stays, month=NOVEMBER, zone=BERLIN, prices=NET, is_gross=False, until=None):
    return account(stays, prices, month=month, zone=zone, is_gross=is_gross, until=until)


def lines(owed):
    return [(item.tier, len(item.days), item.cents) for item in owed.items]


def test_an_upgrade_within_a_month_costs_each_tier_its_days():
    found = owed(stay(BRONZE, "2026-10-05", "2026-11-23 09:30"), stay(GOLD, "2026-11-23 09:30"))

    assert lines(found) == [(BRONZE, 22, 1394), (GOLD, 8, 1573)]
    assert (found.total, found.days) == (2967, 30)
    assert found.taxes == (Tax(1900, 2967, 564, 3531),)
    assert (found.net, found.vat, found.gross) == (2967, 564, 3531)


def test_the_same_on_gross_prices_takes_the_vat_out_of_the_sum():
    found = owed(
        stay(BRONZE, "2026-10-05", "2026-11-23 09:30"),
        stay(GOLD, "2026-11-23 09:30"),
        is_gross=True,
    )

    assert found.total == found.gross == 2967
    assert found.taxes == (Tax(1900, 2493, 474, 2967),)


@pytest.mark.parametrize("first", [BRONZE, GOLD])
def test_a_day_of_change_costs_its_dearest_tier(first):
    then = BRONZE + GOLD - first
    found = owed(
        stay(first, "2026-11-10 08:00", "2026-11-11 12:00"),
        stay(then, "2026-11-11 12:00", "2026-11-12 18:00"),
    )

    days = {item.tier: len(item.days) for item in found.items}
    assert days == {GOLD: 2, BRONZE: 1}


def test_a_tier_had_for_minutes_costs_its_day_and_no_other():
    found = owed(stay(GOLD, "2026-11-10 08:00", "2026-11-10 08:01"))

    assert lines(found) == [(GOLD, 1, 197)]


def test_a_cheaper_tier_within_one_day_costs_nothing():
    found = owed(
        stay(GOLD, "2026-10-01", "2026-11-10 08:00"),
        stay(BRONZE, "2026-11-10 08:00", "2026-11-10 09:00"),
        stay(GOLD, "2026-11-10 09:00"),
    )

    assert lines(found) == [(GOLD, 30, 5900)]


def test_a_stay_that_ends_as_it_begins_costs_nothing():
    found = owed(stay(GOLD, "2026-11-10 08:00", "2026-11-10 08:00"))

    assert (found.items, found.taxes, found.total, found.gross) == ((), (), 0, 0)


@pytest.mark.parametrize(
    ("month", "length"),
    [
        (date(2026, 2, 1), 28),
        (date(2028, 2, 1), 29),
        (date(2026, 4, 1), 30),
        (date(2026, 12, 1), 31),
        # The clocks change in these.
        (date(2026, 3, 1), 31),
        (date(2026, 10, 1), 31),
    ],
)
def test_a_whole_month_costs_its_price_however_long_it_is(month, length):
    found = owed(stay(GOLD, "2020-01-01"), month=month)

    assert lines(found) == [(GOLD, length, 5900)]
    assert found.items[0].days == tuple(month + timedelta(n) for n in range(length))


@pytest.mark.parametrize(("day", "cents"), [("2026-02-28", 211), ("2028-02-29", 203)])
def test_the_last_day_of_february_is_a_day_as_any_other(day, cents):
    month = date.fromisoformat(day).replace(day=1)

    found = owed(stay(GOLD, f"{day} 23:59", f"{month_after(month)} 00:00"), month=month)

    assert lines(found) == [(GOLD, 1, cents)]


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        # 23 and 25 hours, a minute before and after the switch.
        ("2026-03-29 00:00", "2026-03-30 00:00", 1),
        ("2026-10-25 00:00", "2026-10-26 00:00", 1),
        ("2026-03-29 01:59", "2026-03-29 03:00", 1),
        ("2026-10-25 02:30", "2026-10-26 00:30", 2),
        ("2026-03-28 23:59", "2026-03-29 00:01", 2),
    ],
)
def test_days_on_which_the_clocks_change_are_days(start, end, days):
    month = date.fromisoformat(start[:10]).replace(day=1)

    found = owed(stay(GOLD, start, end), month=month)

    assert [len(item.days) for item in found.items] == [days]


def test_both_halves_of_the_hour_that_exists_twice_are_of_the_same_day():
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN).astimezone(UTC)

    found = owed(Stay(GOLD, first, first + timedelta(hours=1)), month=date(2026, 10, 1))

    assert [item.days for item in found.items] == [(date(2026, 10, 25),)]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 11, 11)),
        ("America/New_York", date(2026, 11, 10)),
        ("Pacific/Auckland", date(2026, 11, 11)),
        ("UTC", date(2026, 11, 10)),
    ],
)
def test_half_past_eleven_in_greenwich_belongs_to_the_local_day(zone, day):
    start = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)

    found = owed(Stay(GOLD, start, start + timedelta(minutes=20)), zone=ZoneInfo(zone))

    assert [item.days for item in found.items] == [(day,)]


@pytest.mark.parametrize("name", ["America/New_York", "Pacific/Auckland", "Asia/Kathmandu"])
def test_a_month_begins_and_ends_at_the_tenants_own_midnight(name):
    zone = ZoneInfo(name)
    within = stay(GOLD, "2026-11-01 00:00", "2026-12-01 00:00", zone)

    months = {
        month: lines(owed(within, month=month, zone=zone))
        for month in (date(2026, 10, 1), NOVEMBER, date(2026, 12, 1))
    }

    assert months == {
        date(2026, 10, 1): [],
        NOVEMBER: [(GOLD, 30, 5900)],
        date(2026, 12, 1): [],
    }


@pytest.mark.parametrize(
    ("end", "days"),
    [("2026-11-11 00:00", 1), ("2026-11-11 00:00:00.000001", 2), ("2026-11-10 23:59:59.999999", 1)],
)
def test_up_to_midnight_is_no_part_of_the_day_that_begins(end, days):
    found = owed(stay(GOLD, "2026-11-10 12:00", end))

    assert [len(item.days) for item in found.items] == [days]


def test_a_midnight_that_the_clock_skips_begins_the_day_all_the_same():
    """In Santiago the 6th of September 2026 begins at one o'clock."""
    zone = ZoneInfo("America/Santiago")
    begins = midnight(date(2026, 9, 6), zone)
    before = Stay(BRONZE, at("2026-09-05 12:00", zone), begins)

    found = owed(before, Stay(GOLD, begins, None), month=date(2026, 9, 1), zone=zone)

    assert begins.astimezone(UTC) == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert [item.days[0] for item in found.items] == [date(2026, 9, 5), date(2026, 9, 6)]


def test_two_rates_are_taxed_each_on_its_own_sum():
    prices = {BRONZE: Price(1900, 700), GOLD: Price(5900, 1900)}

    found = owed(stay(BRONZE, "2026-11-01", "2026-11-21"), stay(GOLD, "2026-11-21"), prices=prices)

    assert lines(found) == [(BRONZE, 20, 1267), (GOLD, 10, 1966)]
    assert found.taxes == (Tax(1900, 1966, 374, 2340), Tax(700, 1267, 89, 1356))
    assert (found.net, found.vat, found.gross) == (3233, 463, 3696)


def test_vat_is_taken_on_the_sum_and_not_line_by_line():
    """Each of the three lines of 9.99 alone would have 1.90 of VAT, together 5.70."""
    prices = {tier: Price(2997, 1900) for tier in (BRONZE, SILVER, GOLD)}

    found = owed(
        stay(BRONZE, "2026-11-01", "2026-11-11"),
        stay(SILVER, "2026-11-11", "2026-11-21"),
        stay(GOLD, "2026-11-21"),
        prices=prices,
    )

    assert [item.cents for item in found.items] == [999, 999, 999]
    assert found.vat == 569


def test_a_rate_of_nothing_is_a_tax_of_nothing():
    found = owed(stay(GOLD, "2026-10-01"), prices={GOLD: Price(5900, 0)})

    assert found.taxes == (Tax(0, 5900, 0, 5900),)


def test_a_tier_without_a_price_costs_nothing():
    found = owed(stay(99, "2026-10-01", "2026-11-16"), stay(BRONZE, "2026-11-16"))

    assert lines(found) == [(BRONZE, 15, 950)]


def test_a_stay_of_another_month_costs_nothing_in_this_one():
    found = owed(
        stay(GOLD, "2026-09-01", "2026-11-01 00:00"), stay(SILVER, "2026-12-01 00:00", None)
    )

    assert found.items == ()


def test_until_counts_its_own_day_whole_and_none_after_it():
    running = stay(GOLD, "2026-10-01")

    found = owed(running, until=at("2026-11-16 00:00:01"))

    assert lines(found) == [(GOLD, 16, 3147)]
    assert lines(owed(running, until=at("2026-11-16 00:00"))) == [(GOLD, 15, 2950)]
    assert lines(owed(stay(GOLD, "2026-11-20"), until=at("2026-11-16 12:00"))) == []


def test_a_tier_left_and_taken_again_is_one_line_with_two_spans():
    found = owed(
        stay(GOLD, "2026-11-02", "2026-11-04 00:00"),
        stay(BRONZE, "2026-11-04", "2026-11-06 00:00"),
        stay(GOLD, "2026-11-06", "2026-11-09 00:00"),
    )

    assert lines(found) == [(GOLD, 5, 983), (BRONZE, 2, 127)]
    assert ranges(found.items[0].days) == [
        (date(2026, 11, 2), date(2026, 11, 3)),
        (date(2026, 11, 6), date(2026, 11, 8)),
    ]


@pytest.mark.parametrize(
    ("month", "before", "after"),
    [
        (date(2026, 12, 1), date(2026, 11, 1), date(2027, 1, 1)),
        (date(2026, 1, 1), date(2025, 12, 1), date(2026, 2, 1)),
        (date(2028, 2, 1), date(2028, 1, 1), date(2028, 3, 1)),
        (date(2026, 1, 31), date(2025, 12, 1), date(2026, 2, 1)),
    ],
)
def test_months_follow_each_other(month, before, after):
    assert (month_before(month), month_after(month)) == (before, after)
