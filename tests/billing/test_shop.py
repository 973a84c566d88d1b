"""What an organisation is shown: offers, prices now and to come, this month's cost, the token."""

from __future__ import annotations

from datetime import date

import pytest

from billing.accounting import Tax
from billing.models import PriceList
from billing.shop import Shop
from sla.models import CalendarVersion
from tests.billing.arranging import admin_of, at, book, cancel, live_in, new_prices
from tests.factories import LONG_AGO, tier
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin

NOON = f"{WEDNESDAY} 12:00"


def shop_of(user, moment=NOON):
    with at(moment):
        shop = Shop(user.organisation)
        # What is read once is read at that moment.
        assert shop.tier
        return shop


def token(user, name="Gold", moment=NOON):
    with at(moment):
        return Shop(user.organisation).token(tier(name))


def test_offers_are_the_tiers_in_order_with_their_prices(anna):
    book(anna, "Bronze", f"{TUESDAY} 10:00")

    offers = shop_of(anna).offers

    assert [
        (str(one.tier), one.price.net, one.is_current, one.is_upgrade, one.is_bookable)
        for one in offers
    ] == [
        ("Basis", 0, False, False, False),
        ("Bronze", 1900, True, False, False),
        ("Silber", 3900, False, True, True),
        ("Gold", 5900, False, True, True),
    ]


@pytest.mark.parametrize(
    ("booked", "suggested"),
    [(None, "Bronze"), ("Bronze", "Silber"), ("Silber", "Gold"), ("Gold", None)],
)
def test_the_next_level_up_is_suggested(anna, booked, suggested):
    if booked:
        book(anna, booked, f"{TUESDAY} 10:00")

    offer = shop_of(anna).suggested

    assert (offer and str(offer.tier)) == suggested


def test_prices_are_shown_net_and_gross_whatever_they_are_kept_in(anna):
    PriceList.objects.update(is_gross=True)

    assert shop_of(anna).price_of(tier("Gold")) == Tax(1900, 4958, 942, 5900)


def test_a_price_to_come_is_shown_where_it_differs(anna):
    prices = {str(tier(name).pk): 1900 for name in ("Bronze", "Silber")}
    new_prices(date(2026, 5, 1), prices=prices)

    found = {str(one.tier): one.upcoming for one in shop_of(anna).offers}

    assert (found["Basis"], found["Bronze"], found["Gold"]) == (None, None, None)
    assert (found["Silber"].valid_from, found["Silber"].price.net) == (date(2026, 5, 1), 1900)


def test_a_list_counts_from_its_month_on(anna):
    new_prices(date(2026, 4, 1))

    assert shop_of(anna, "2026-03-31 23:59").price_of(tier("Gold")).net == 5900
    assert shop_of(anna, "2026-04-01 00:00").price_of(tier("Gold")).net == 6900
    live_in("America/New_York")
    assert shop_of(anna, "2026-04-01 05:59").price_of(tier("Gold")).net == 5900


# This month's cost: what is shown is what the invoice will say.


def test_the_cost_of_a_choice_is_that_of_having_booked_it(anna):
    book(anna, "Bronze", f"{TUESDAY} 10:00")
    with at(NOON):
        shop = Shop(anna.organisation)
        said = {name: shop.account(tier(name)) for name in ("Silber", "Gold")}
        as_it_is = shop.account()
        book(anna, "Gold")

    assert as_it_is.total == 1348
    assert shop_of(anna, "2026-03-31 12:00").account() == said["Gold"]
    assert [(item.tier, len(item.days)) for item in said["Gold"].items] == [
        (tier("Bronze").pk, 1),
        (tier("Gold").pk, 21),
    ]
    assert said["Silber"].total < said["Gold"].total


def test_the_cost_of_the_free_tier_is_that_of_having_cancelled(anna):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    with at(NOON):
        said = Shop(anna.organisation).account(tier("Basis"))
        cancel(anna)

    assert said.total == 381
    assert shop_of(anna, "2026-03-31 12:00").account() == said


def test_a_planned_end_is_counted_in(anna):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    with at(NOON):
        as_it_is = Shop(anna.organisation).account()
        cancel(anna, at_month_end=True)
        planned = Shop(anna.organisation).account()

    assert planned == as_it_is
    assert shop_of(anna, "2026-04-01 00:00").account().total == 0


def test_parts_name_the_tiers_of_an_account(anna):
    book(anna, "Bronze", f"{TUESDAY} 10:00")
    shop = shop_of(anna)

    parts = shop.parts(shop.account(tier("Gold")))

    assert [(one.name, one.days, one.cents) for one in parts] == [
        ("Bronze", 1, 61),
        ("Gold", 21, 3997),
    ]


# The token changes with everything that was shown, and with nothing else.


def test_a_token_stays_while_nothing_changes(anna):
    berta = admin_of("Kaffee Süd GmbH")
    before = token(anna)
    book(berta, "Gold", NOON)
    new = tier("Bronze")
    new.text = "Anders beschrieben"
    new.save()

    assert token(anna, moment=f"{WEDNESDAY} 23:59") == before


def test_a_token_is_of_one_organisation(anna):
    assert token(admin_of("Kaffee Süd GmbH")).split(".")[0] != token(anna).split(".")[0]


def test_a_token_changes_with_what_is_promised(anna):
    before = token(anna)
    gold = tier("Gold")
    gold.first_response_minutes += 60
    gold.save()

    assert token(anna) != before


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"prices": {"Gold": 5901}}, 1),
        ({"is_gross": True}, 1),
        ({"vat_rate": 700}, 1),
        ({"prices": {}}, 1),
    ],
)
def test_a_token_changes_with_the_price(anna, changed, part):
    before = token(anna).split(".")
    if "prices" in changed:
        named = changed["prices"].items()
        changed = {"prices": {str(tier(name).pk): cents for name, cents in named}}
    PriceList.objects.update(**changed)

    after = token(anna).split(".")

    assert after[part] != before[part]
    assert after[1 - part] == before[1 - part]


def test_a_token_does_not_change_with_the_price_of_another_tier(anna):
    before = token(anna)
    prices = PriceList.objects.get()
    prices.prices[str(tier("Bronze").pk)] += 1
    prices.save()

    assert token(anna) == before


def test_a_token_changes_with_prices_to_come(anna):
    tokens = {token(anna)}
    later = new_prices(date(2026, 6, 1))
    tokens.add(token(anna))
    later.prices[str(tier("Gold").pk)] += 1
    later.save()
    tokens.add(token(anna))
    PriceList.objects.filter(pk=later.pk).update(valid_from=date(2026, 7, 1))
    tokens.add(token(anna))

    assert len(tokens) == 4


def test_a_token_changes_with_the_day_and_with_the_tier_it_is_about(anna):
    moments = ["2026-03-30 23:59", "2026-03-31 00:00", "2026-04-01 00:00"]

    assert len({token(anna, moment=moment) for moment in moments}) == 3
    assert len({token(anna, name) for name in ("Bronze", "Silber", "Gold")}) == 3


def test_a_token_changes_with_every_step_of_a_booking(anna):
    tokens = [token(anna, "Silber")]
    book(anna, "Gold", f"{TUESDAY} 10:00")
    tokens.append(token(anna, "Silber"))
    cancel(anna, f"{TUESDAY} 11:00", at_month_end=True)
    tokens.append(token(anna, "Silber"))
    cancel(anna, f"{TUESDAY} 12:00")
    tokens.append(token(anna, "Silber"))

    booked = [one.split(".")[0] for one in tokens]
    assert len(set(booked[:3])) == 3
    # As it was before: nothing is booked.
    assert tokens[3] == tokens[0]


def test_a_shop_reads_a_fixed_number_of_queries(anna, django_assert_max_num_queries):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    organisation = anna.organisation
    silver = tier("Silber")
    CalendarVersion.objects.update(valid_from=LONG_AGO)

    def look():
        shop = Shop(organisation, berlin(NOON))
        return shop.offers, shop.subscription, shop.account(silver), shop.token(silver)

    look()

    with django_assert_max_num_queries(5):
        look()
