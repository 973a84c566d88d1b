"""What cannot be booked: it is refused, the reason is said, and nothing has changed."""

from __future__ import annotations

import pytest

from billing import booking
from billing.models import PriceList
from billing.shop import Shop
from sla.models import SupportTier
from sla.tiers import tier_of
from tests.billing.arranging import (
    admin_of,
    at,
    book,
    cancel,
    colleague_of,
    mails,
    new_prices,
    subscriptions,
)
from tests.factories import tier
from tests.sla.moments import TUESDAY, berlin


def history(user):
    return booking.history(user.organisation)


def test_posting_the_form_twice_books_once(anna):
    with at(f"{TUESDAY} 10:00"):
        seen = Shop(anna.organisation).token(tier("Gold"))
        first = booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)
    with at(f"{TUESDAY} 10:01"):
        second = booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)

    assert second == first
    assert len(subscriptions(anna)) == len(history(anna)) == len(mails(anna)) == 1


def test_who_books_what_somebody_else_has_booked_meanwhile_is_told(anna):
    bert = colleague_of(anna)
    seen = {name: Shop(anna.organisation).token(tier(name)) for name in ("Bronze", "Gold")}
    first = booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen["Gold"])

    for name in ("Bronze", "Gold"):
        with pytest.raises(booking.BookedMeanwhileError) as error:
            booking.book(anna.organisation, tier(name), by=bert, seen=seen[name])
        assert error.value.event == first

    assert [name for name, _start, _end in subscriptions(anna)] == ["Gold"]


def test_a_price_that_has_changed_since_it_was_shown_is_asked_again(anna):
    seen = Shop(anna.organisation).token(tier("Gold"))
    prices = PriceList.objects.get()
    prices.prices[str(tier("Gold").pk)] += 1
    prices.save()

    with pytest.raises(booking.PriceChangedError):
        booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)

    assert (subscriptions(anna), history(anna), mails()) == ([], [], [])
    assert tier_of(anna.organisation) == tier("Basis")


def test_a_page_of_last_month_is_asked_again(anna):
    with at("2026-03-31 23:59"):
        seen = Shop(anna.organisation).token(tier("Gold"))

    with at("2026-04-01 00:00"), pytest.raises(booking.PriceChangedError):
        booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)


def test_a_price_to_come_that_was_not_shown_is_asked_again(anna):
    with at(f"{TUESDAY} 10:00"):
        seen = Shop(anna.organisation).token(tier("Gold"))
        new_prices(berlin("2026-06-01 12:00").date())

        with pytest.raises(booking.PriceChangedError):
            booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)


@pytest.mark.parametrize("seen", ["", ".", "x", "x.y", "🫖.", "." * 500])
def test_a_token_that_no_page_has_shown_books_nothing(anna, seen):
    with pytest.raises(booking.BookedMeanwhileError):
        booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)

    assert subscriptions(anna) == []


def test_a_token_of_another_tier_books_nothing(anna):
    seen = Shop(anna.organisation).token(tier("Bronze"))

    with pytest.raises(booking.PriceChangedError):
        booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)


def test_a_tier_that_was_withdrawn_cannot_be_booked(anna):
    seen = Shop(anna.organisation).token(tier("Gold"))
    SupportTier.objects.filter(name="Gold").update(is_offered=False)

    with pytest.raises(booking.NotOfferedError):
        booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)

    assert subscriptions(anna) == []


def test_a_withdrawn_tier_goes_on_for_who_has_it_but_is_not_booked_again(anna):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    SupportTier.objects.filter(name="Gold").update(is_offered=False)

    shown = Shop(anna.organisation).offers

    assert [(str(one.tier), one.is_bookable) for one in shown if one.is_current] == [
        ("Gold", False)
    ]
    cancel(anna, f"{TUESDAY} 11:00")
    with pytest.raises(booking.NotOfferedError):
        book(anna, "Gold", f"{TUESDAY} 12:00")


def test_a_tier_without_a_price_cannot_be_booked(anna):
    prices = PriceList.objects.get()
    del prices.prices[str(tier("Silber").pk)]
    prices.save()

    with pytest.raises(booking.NotOfferedError):
        book(anna, "Silber")

    assert [str(one.tier) for one in Shop(anna.organisation).offers] == ["Basis", "Bronze", "Gold"]


def test_the_tier_of_everybody_cannot_be_booked(anna):
    with pytest.raises(booking.NotOfferedError):
        book(anna, "Basis")


def test_without_an_address_nothing_that_costs_can_be_booked(tenant):
    anna = admin_of(address=False)

    with pytest.raises(booking.AddressMissingError):
        book(anna, "Gold")

    assert (subscriptions(anna), history(anna), mails()) == ([], [], [])


def test_without_an_address_a_free_tier_can_be_booked(tenant):
    anna = admin_of(address=False)
    prices = PriceList.objects.get()
    prices.prices[str(tier("Bronze").pk)] = 0
    prices.save()

    book(anna, "Bronze")

    assert tier_of(anna.organisation) == tier("Bronze")


def test_a_page_of_another_organisation_books_nothing(anna):
    seen = Shop(admin_of("Kaffee Süd GmbH").organisation).token(tier("Gold"))

    with pytest.raises(booking.BookedMeanwhileError):
        booking.book(anna.organisation, tier("Gold"), by=anna, seen=seen)

    assert subscriptions(anna) == []


def test_who_lost_the_role_since_the_page_was_shown_does_nothing(anna):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    anna.join(anna.organisation)

    for act in (
        lambda: book(anna, "Silber"),
        lambda: cancel(anna),
        lambda: booking.revoke(anna.organisation, by=anna),
    ):
        with pytest.raises(booking.NotAllowedError):
            act()

    assert len(history(anna)) == 1


def test_nobody_books_for_an_organisation_of_others(anna):
    stranger = admin_of("Kaffee Süd GmbH")
    shop = Shop(anna.organisation)

    with pytest.raises(booking.NotAllowedError):
        booking.book(shop.organisation, tier("Gold"), by=stranger, seen=shop.token(tier("Gold")))


def test_booking_back_and_forth_ends_but_cancelling_does_not(anna, monkeypatch):
    monkeypatch.setattr(booking, "MOST_BOOKINGS", 2)
    for minute, name in enumerate(("Bronze", "Gold")):
        book(anna, name, f"{TUESDAY} 10:0{minute}")

    with pytest.raises(booking.TooOftenError):
        book(anna, "Silber", f"{TUESDAY} 10:02")
    cancel(anna, f"{TUESDAY} 10:03")

    assert book(anna, "Silber", "2026-03-11 10:02").tier == tier("Silber")


def test_a_cancellation_for_the_month_that_was_shown_is_not_one_for_the_next(anna):
    book(anna, "Gold", f"{TUESDAY} 10:00")
    with at("2026-03-31 23:59"):
        seen = Shop(anna.organisation).token(tier("Gold"))

    with at("2026-04-01 00:00"), pytest.raises(booking.PriceChangedError):
        booking.cancel(anna.organisation, by=anna, seen=seen, at_month_end=True)

    with at("2026-04-01 00:00"):
        assert booking.cancel(anna.organisation, by=anna, seen=seen).kind == "cancelled"
