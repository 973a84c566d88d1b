"""Cancelling at once or for the end of the month, and taking that back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from billing import booking
from billing.models import BillingEvent, Subscription
from billing.shop import Shop
from sla.tiers import tier_of
from tests.billing.arranging import (
    admin_of,
    at,
    book,
    cancel,
    colleague_of,
    live_in,
    mails,
    subscriptions,
    text_of,
    wakeup,
)
from tests.factories import tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin

Kind = BillingEvent.Kind
APRIL = "2026-04-01 00:00"


def kinds(user):
    return [one.kind for one in booking.history(user.organisation)]


def revoke(user, moment):
    with at(moment):
        return booking.revoke(user.organisation, by=user)


@pytest.fixture
def gold(anna):
    """Anna's organisation has Gold since Tuesday."""
    book(anna, "Gold", f"{TUESDAY} 10:00")
    return anna


@pytest.fixture
def leaving(gold):
    """It is cancelled for the end of March."""
    cancel(gold, f"{WEDNESDAY} 10:00", at_month_end=True)
    return gold


def test_cancelling_at_once_leads_back_to_the_free_tier(gold):
    event = cancel(gold, f"{WEDNESDAY} 10:00")

    assert (event.kind, event.before, event.tier) == (Kind.CANCELLED, tier("Gold"), tier("Basis"))
    assert (event.net, event.gross, event.effective_at) == (None, None, None)
    assert tier_of(gold.organisation) == tier("Basis")
    assert subscriptions(gold) == [
        ("Gold", berlin(f"{TUESDAY} 10:00"), berlin(f"{WEDNESDAY} 10:00"))
    ]


def test_what_was_promised_before_the_end_is_kept(gold):
    old = opened(requester=gold, at=f"{TUESDAY} 16:00")
    before = promise_of(old)

    cancel(gold, f"{TUESDAY} 16:30")

    new = opened(requester=gold, at=f"{TUESDAY} 16:40")
    assert promise_of(old) == before
    assert (promise_of(new).tier, promise_of(new).is_guaranteed) == (tier("Basis"), False)


def test_cancelling_twice_cancels_once(gold):
    with at(f"{WEDNESDAY} 10:00"):
        shop = Shop(gold.organisation)
        seen = shop.token(shop.tier)
        first = booking.cancel(gold.organisation, by=gold, seen=seen)
        second = booking.cancel(gold.organisation, by=gold, seen=seen)

    assert second == first
    assert kinds(gold) == [Kind.CANCELLED, Kind.BOOKED]
    assert len(mails(gold)) == 2


def test_planning_the_end_twice_plans_it_once(gold):
    with at(f"{WEDNESDAY} 10:00"):
        shop = Shop(gold.organisation)
        seen = shop.token(shop.tier)
        first = booking.cancel(gold.organisation, by=gold, seen=seen, at_month_end=True)
        second = booking.cancel(gold.organisation, by=gold, seen=seen, at_month_end=True)
    third = cancel(gold, f"{WEDNESDAY} 11:00", at_month_end=True)

    assert first == second == third
    assert kinds(gold) == [Kind.PLANNED, Kind.BOOKED]
    assert len(mails(gold)) == 2


def test_who_cancels_what_somebody_else_has_changed_meanwhile_is_told(gold):
    bert = colleague_of(gold)
    shop = Shop(gold.organisation)
    seen = shop.token(shop.tier)
    changed = book(bert, "Silber", f"{WEDNESDAY} 10:00")

    with at(f"{WEDNESDAY} 10:01"), pytest.raises(booking.BookedMeanwhileError) as error:
        booking.cancel(gold.organisation, by=gold, seen=seen)

    assert error.value.event == changed
    assert tier_of(gold.organisation) == tier("Silber")


def test_a_changed_price_is_no_reason_to_refuse_a_cancellation(gold):
    with at("2026-03-31 23:59"):
        shop = Shop(gold.organisation)
        seen = shop.token(shop.tier)

    with at(APRIL):
        event = booking.cancel(gold.organisation, by=gold, seen=seen)

    assert event.kind == Kind.CANCELLED


@pytest.mark.parametrize("at_month_end", [True, False])
def test_who_has_booked_nothing_has_nothing_to_cancel(anna, at_month_end):
    with pytest.raises(booking.NothingBookedError):
        cancel(anna, at_month_end=at_month_end)

    with pytest.raises(booking.NothingBookedError):
        booking.revoke(anna.organisation, by=anna)
    assert kinds(anna) == []


def test_what_somebody_else_has_cancelled_is_not_cancelled_again(gold):
    cancel(gold, f"{WEDNESDAY} 10:00")

    with pytest.raises(booking.NothingBookedError):
        cancel(colleague_of(gold), f"{WEDNESDAY} 10:01")


# For the end of the month.


def test_a_planned_end_changes_nothing_until_its_moment(leaving):
    event = booking.history(leaving.organisation)[0]
    ticket = opened(requester=leaving, at="2026-03-31 16:00")

    assert (event.kind, event.tier, event.before) == (Kind.PLANNED, tier("Basis"), tier("Gold"))
    assert event.effective_at == berlin(APRIL)
    assert subscriptions(leaving) == [("Gold", berlin(f"{TUESDAY} 10:00"), None)]
    assert promise_of(ticket).tier == tier("Gold")
    assert wakeup() == berlin(APRIL)
    with at("2026-03-31 23:59:59"):
        assert booking.end_due() == 0


@pytest.mark.parametrize("late", ["00:00", "00:00:30", "05:00"])
def test_it_is_carried_out_as_of_midnight_however_late_and_once(leaving, late):
    with at(f"2026-04-01 {late}"):
        assert [booking.end_due(), booking.end_due()] == [1, 0]

    assert subscriptions(leaving) == [("Gold", berlin(f"{TUESDAY} 10:00"), berlin(APRIL))]
    assert tier_of(leaving.organisation) == tier("Basis")
    assert leaving.organisation.tier_assignments.latest("valid_from").valid_from == berlin(APRIL)
    event = booking.history(leaving.organisation)[0]
    assert (event.kind, event.at, event.by, event.by_name) == (Kind.ENDED, berlin(APRIL), None, "")
    assert (event.tier, event.before) == (tier("Basis"), tier("Gold"))
    assert kinds(leaving) == [Kind.ENDED, Kind.PLANNED, Kind.BOOKED]


def test_each_step_of_a_planned_end_is_told(leaving):
    leaving.language = "en"
    leaving.save()
    revoke(leaving, f"{WEDNESDAY} 11:00")
    cancel(leaving, f"{WEDNESDAY} 12:00", at_month_end=True)
    with at(APRIL):
        booking.end_due()

    told = mails(leaving)[2:]
    assert [mail["Subject"] for mail in told] == [
        "Gold goes on",
        "Gold is cancelled",
        "Gold has ended",
    ]
    assert "ends on Wednesday, 1 April 2026, 00:00." in text_of(told[1])
    assert "has ended on Wednesday, 1 April 2026, 00:00" in text_of(told[2])
    assert "In force since" not in text_of(told[0])


@pytest.mark.parametrize(
    ("booked", "cancelled", "end"),
    [
        # The clocks go on 29 March and 25 October: both months end an hour off their beginning.
        ("2026-03-30 12:00", "2026-03-30 13:00", "2026-03-31T22:00"),
        ("2026-10-26 12:00", "2026-10-26 13:00", "2026-10-31T23:00"),
        ("2026-03-28 12:00", "2026-03-29 01:30", "2026-03-31T22:00"),
        ("2028-02-28 12:00", "2028-02-29 23:59", "2028-02-29T23:00"),
        ("2026-12-31 12:00", "2026-12-31 23:59", "2026-12-31T23:00"),
    ],
)
def test_the_end_of_the_month_is_the_tenants_own_midnight(anna, booked, cancelled, end):
    book(anna, "Gold", booked)

    event = cancel(anna, cancelled, at_month_end=True)

    assert event.effective_at == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "end"),
    [("America/New_York", "2026-04-01T04:00"), ("Pacific/Auckland", "2026-03-31T11:00")],
)
def test_the_end_of_the_month_in_another_zone(anna, zone, end):
    live_in(zone)
    book(anna, "Gold", f"{TUESDAY} 10:00")

    event = cancel(anna, f"{TUESDAY} 11:00", at_month_end=True)

    expected = datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert event.effective_at == expected
    with time_machine.travel(expected - timedelta(seconds=1), tick=False):
        assert booking.end_due() == 0
    with time_machine.travel(expected, tick=False):
        assert booking.end_due() == 1


def test_a_planned_end_can_be_taken_back_until_its_moment(leaving):
    event = revoke(leaving, "2026-03-31 23:59:59")

    assert (event.kind, event.tier, event.net) == (Kind.REVOKED, tier("Gold"), 5900)
    with at(APRIL):
        assert booking.end_due() == 0
    assert subscriptions(leaving) == [("Gold", berlin(f"{TUESDAY} 10:00"), None)]


def test_taking_it_back_twice_takes_it_back_once(leaving):
    first = revoke(leaving, f"{WEDNESDAY} 11:00")
    second = revoke(leaving, f"{WEDNESDAY} 11:01")

    assert second == first
    assert kinds(leaving) == [Kind.REVOKED, Kind.PLANNED, Kind.BOOKED]


def test_from_its_moment_on_it_is_too_late_to_take_it_back(leaving):
    with pytest.raises(booking.NothingBookedError):
        revoke(leaving, APRIL)

    with at(APRIL):
        assert booking.end_due() == 1


def test_a_booking_of_the_same_tier_takes_a_planned_end_back(leaving):
    event = book(leaving, "Gold", f"{WEDNESDAY} 11:00")

    assert event.kind == Kind.REVOKED
    assert subscriptions(leaving) == [("Gold", berlin(f"{TUESDAY} 10:00"), None)]
    assert Subscription.objects.get().cancel_at is None


def test_a_booking_of_another_tier_takes_the_place_of_a_planned_end(leaving):
    book(leaving, "Silber", f"{WEDNESDAY} 11:00")

    with at(APRIL):
        assert booking.end_due() == 0
    assert [(name, end) for name, _start, end in subscriptions(leaving)] == [
        ("Gold", berlin(f"{WEDNESDAY} 11:00")),
        ("Silber", None),
    ]
    assert tier_of(leaving.organisation) == tier("Silber")


def test_a_planned_end_does_not_stand_in_the_way_of_cancelling_at_once(leaving):
    cancel(leaving, "2026-03-20 10:00")

    with at(APRIL):
        assert booking.end_due() == 0
    assert subscriptions(leaving) == [
        ("Gold", berlin(f"{TUESDAY} 10:00"), berlin("2026-03-20 10:00"))
    ]


# While the sweep is late, everybody sees what the moment has brought.


def test_an_end_that_nobody_has_carried_out_yet_counts_for_the_page(leaving):
    with at("2026-04-01 03:00"):
        shop = Shop(leaving.organisation)

        assert (shop.tier, shop.subscription) == (tier("Basis"), None)
        assert not shop.is_granted
        assert [str(one.tier) for one in shop.offers if one.is_bookable] == [
            "Bronze",
            "Silber",
            "Gold",
        ]


@pytest.mark.parametrize("name", ["Gold", "Bronze"])
def test_after_an_end_that_nobody_has_carried_out_yet_one_can_book_again(leaving, name):
    book(leaving, name, "2026-04-01 03:00")

    assert subscriptions(leaving) == [
        ("Gold", berlin(f"{TUESDAY} 10:00"), berlin(APRIL)),
        (name, berlin("2026-04-01 03:00"), None),
    ]
    assert kinds(leaving) == [Kind.BOOKED, Kind.ENDED, Kind.PLANNED, Kind.BOOKED]


def test_an_end_of_long_ago_that_nobody_has_carried_out_costs_this_month_nothing(leaving):
    with at("2026-06-10 03:00"):
        shop = Shop(leaving.organisation)

        assert (shop.tier, shop.account().total) == (tier("Basis"), 0)


def test_one_organisations_planned_end_is_not_anothers(leaving):
    berta = admin_of("Kaffee Süd GmbH")
    book(berta, "Gold", f"{TUESDAY} 10:00")

    with at(APRIL):
        assert booking.end_due() == 1

    assert tier_of(berta.organisation) == tier("Gold")
    assert len(mails(berta)) == 1
