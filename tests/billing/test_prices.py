"""New prices: never for a month that has begun, announced in time, and to each once."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from billing import prices
from billing.accounting import month_after
from billing.models import PriceList
from sla.models import SupportTier
from sla.tier_edits import save_tier
from tests.billing.announcing import IN_TIME, JUNE, save
from tests.billing.arranging import (
    at,
    book,
    give_supplier,
    live_in,
    new_prices,
    wakeup,
)
from tests.factories import AdminFactory, tier
from tests.sla.moments import TUESDAY, berlin
from tests.threads import side_by_side


@pytest.fixture
def gold(anna):
    anna.language = "en"
    anna.save()
    book(anna, "Gold", f"{TUESDAY} 09:00")
    return anna


# What counts in a month.


def test_the_last_list_that_has_begun_counts(tenant):
    new_prices(date(2026, 4, 1))
    new_prices(date(2026, 6, 1))

    found = {
        month: str(PriceList.objects.in_force(date(2026, month, 1))) for month in (3, 4, 5, 6, 7)
    }

    assert found == {3: "2000-01", 4: "2026-04", 5: "2026-04", 6: "2026-06", 7: "2026-06"}
    assert [str(one) for one in PriceList.objects.upcoming(date(2026, 4, 1))] == ["2026-06"]


def test_the_month_is_the_tenants_own(tenant):
    new_prices(date(2026, 4, 1))
    with at("2026-04-01 03:00"):
        here = str(prices.current())
        live_in("America/New_York")
        there = str(prices.current())

    assert (here, there) == ("2026-04", "2000-01")


@pytest.mark.parametrize(
    ("moment", "earliest"),
    [
        ("2026-04-30 23:59", date(2026, 6, 1)),
        ("2026-05-01 23:59", date(2026, 6, 1)),
        # Thirty days before June at the latest.
        ("2026-05-02 00:00", date(2026, 6, 1)),
        ("2026-05-02 00:01", date(2026, 7, 1)),
        ("2026-12-15 12:00", date(2027, 2, 1)),
        # Days of the calendar, whatever the clocks do between.
        ("2026-03-02 00:00", date(2026, 4, 1)),
        ("2026-03-02 00:01", date(2026, 5, 1)),
    ],
)
def test_new_prices_need_their_time_of_notice(tenant, moment, earliest):
    with at(moment):
        assert prices.earliest_month() == earliest


def test_the_notice_is_the_tenants_own(tenant):
    give_supplier(notice_days=1)
    with at("2026-05-30 23:59"):
        assert prices.earliest_month() == JUNE
    give_supplier(notice_days=90)
    with at("2026-05-30 23:59"):
        assert prices.earliest_month() == date(2026, 9, 1)


@pytest.mark.parametrize("valid_from", [date(2026, 3, 1), date(2026, 2, 1), date(2026, 4, 1)])
def test_a_month_that_has_begun_or_is_too_close_keeps_its_prices(admin, valid_from):
    with pytest.raises(prices.TooSoonError) as error:
        save(admin, valid_from)

    assert error.value.earliest == date(2026, 5, 1)
    assert PriceList.objects.count() == 1


def test_a_month_has_one_list(admin):
    save(admin)

    with pytest.raises(prices.MonthTakenError):
        save(admin, Gold=9900)

    assert PriceList.objects.get(valid_from=JUNE).cents(tier("Gold")) == 6900


def test_two_admins_who_save_at_once_do_so_one_after_the_other(fresh_tenant):
    admin = AdminFactory()

    def attempt(month, cents):
        try:
            gold = {tier("Gold"): cents}
            return prices.save(gold, valid_from=month, is_gross=False, vat_rate=1900, by=admin)
        except prices.PriceError as error:
            return error

    month = month_after(prices.earliest_month())
    said = side_by_side(fresh_tenant, [partial(attempt, month, cents) for cents in (6900, 7900)])

    assert {type(one) for one in said} == {PriceList, prices.MonthTakenError}
    assert PriceList.objects.filter(valid_from=month).count() == 1


def test_new_prices_are_announced_when_their_time_comes(admin):
    stored = save(admin)

    assert stored.announce_at == berlin(IN_TIME)
    assert wakeup() == berlin(IN_TIME)
    assert prices.next_announcement() == berlin(IN_TIME)
    assert (stored.by, stored.announced_at) == (admin, None)


def test_the_prices_of_the_running_month_stay_what_they_are(gold, admin):
    before = PriceList.objects.get().prices

    save(admin)

    with at("2026-05-31 23:59"):
        assert prices.current().prices == before
    with at("2026-06-01 00:00"):
        assert prices.current().cents(tier("Gold")) == 6900


def platinum():
    return save_tier(
        SupportTier(
            name="Platin",
            metal="gold",
            first_response_minutes=60,
            guaranteed_channels=["email"],
            allowed_channels=["email"],
        )
    )


def test_a_new_tier_gets_its_first_price_at_once_in_this_list_and_those_to_come(admin):
    save(admin)
    new = platinum()

    with at("2026-03-20 10:00"):
        prices.add(new, 9900)

    assert [one.cents(new) for one in PriceList.objects.all()] == [9900, 9900]
    assert prices.current(berlin("2026-03-20 10:00")).cents(tier("Gold")) == 5900


def test_a_price_that_is_there_is_never_changed_that_way(gold, admin):
    with pytest.raises(prices.PricedError):
        prices.add(tier("Gold"), 9900)

    assert prices.current().cents(tier("Gold")) == 5900


def test_who_has_a_tier_that_lost_its_price_does_not_pay_again_all_of_a_sudden(gold):
    current = PriceList.objects.get()
    del current.prices[str(tier("Gold").pk)]
    current.save()

    with pytest.raises(prices.PricedError):
        prices.add(tier("Gold"), 9900)

    assert prices.current().cents(tier("Gold")) is None
