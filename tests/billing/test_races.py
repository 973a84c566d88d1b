"""Bookings at the same second, on real connections: one wins, and no ticket is left behind."""

from __future__ import annotations

from functools import partial

import pytest
from django.utils.timezone import now

from billing import addresses, booking
from billing.models import BillingAddress, BillingEvent, Subscription
from billing.shop import Shop
from channels.models import SystemMail
from sla.tiers import tier_of
from tenants.acts import act
from tests.billing.arranging import admin_of, book, cancel, colleague_of, subscriptions
from tests.factories import AdminFactory, open_ticket, tier
from tests.sla.arranging import promise_of
from tests.threads import side_by_side

ROUNDS = 4


def attempt(work, *args, **kwargs):
    """What it returns, or the error of a booking that came too late."""
    try:
        return work(*args, **kwargs)
    except booking.BookingError as error:
        return error


def booked(user, name, organisation=None):
    """Book with the page that is on the screen now; run it later."""
    organisation = organisation or user.organisation
    seen = Shop(organisation).token(tier(name))
    return partial(attempt, booking.book, organisation, tier(name), by=user, seen=seen)


def cancelled(user, **more):
    shop = Shop(user.organisation)
    seen = shop.token(shop.tier)
    return partial(attempt, booking.cancel, user.organisation, by=user, seen=seen, **more)


@pytest.mark.parametrize("names", [("Gold", "Gold"), ("Gold", "Silber")])
def test_of_two_admins_at_the_same_second_one_books_and_the_other_is_told(fresh_tenant, names):
    for _ in range(ROUNDS):
        anna = admin_of()
        bert = colleague_of(anna)
        open_ticket(anna)

        said = side_by_side(
            fresh_tenant, [booked(who, name) for who, name in zip((anna, bert), names, strict=True)]
        )

        (event,) = [one for one in said if isinstance(one, BillingEvent)]
        (error,) = [one for one in said if isinstance(one, booking.BookedMeanwhileError)]
        assert error.event == event
        assert [name for name, _start, _end in subscriptions(anna)] == [str(event.tier)]
        assert tier_of(anna.organisation) == event.tier
        assert BillingEvent.objects.filter(organisation=anna.organisation).count() == 1
        assert SystemMail.objects.filter(recipient=anna.email).count() == 1


def test_a_double_click_books_once(fresh_tenant):
    for _ in range(ROUNDS):
        anna = admin_of()

        first, second = side_by_side(fresh_tenant, [booked(anna, "Gold")] * 2)

        assert first == second
        assert Subscription.objects.filter(organisation=anna.organisation).count() == 1
        assert SystemMail.objects.filter(recipient=anna.email).count() == 1


def test_a_change_and_a_cancellation_at_the_same_second_follow_each_other(fresh_tenant):
    for _ in range(ROUNDS):
        anna = admin_of()
        bert = colleague_of(anna)
        book(anna, "Bronze")

        said = side_by_side(fresh_tenant, [booked(anna, "Gold"), cancelled(bert)])

        (event,) = [one for one in said if isinstance(one, BillingEvent)]
        assert any(isinstance(one, booking.BookingError) for one in said)
        assert tier_of(anna.organisation) == event.tier
        running = Subscription.objects.running().filter(organisation=anna.organisation)
        assert running.count() == (event.kind == BillingEvent.Kind.CHANGED)


def test_a_ticket_that_comes_in_while_gold_is_booked_gets_gold(fresh_tenant):
    for _ in range(ROUNDS * 2):
        anna = admin_of()
        waiting = open_ticket(anna)

        came, event = side_by_side(fresh_tenant, [partial(open_ticket, anna), booked(anna, "Gold")])

        assert isinstance(event, BillingEvent)
        for ticket in (waiting, came):
            promise = promise_of(ticket)
            assert (promise.tier, promise.is_guaranteed) == (tier("Gold"), True)
            ticket.refresh_from_db()
            assert ticket.due_at == promise.due_at


def test_a_ticket_that_comes_in_while_gold_is_cancelled_has_what_its_moment_gave(fresh_tenant):
    for _ in range(ROUNDS):
        anna = admin_of()
        book(anna, "Gold")

        came, event = side_by_side(fresh_tenant, [partial(open_ticket, anna), cancelled(anna)])

        expected = tier("Gold") if came.opened_at < event.at else tier("Basis")
        assert promise_of(came).tier == expected


def test_an_address_given_while_booking_does_not_lock_itself_in_with_another_booking(fresh_tenant):
    chef = AdminFactory()
    for _ in range(ROUNDS * 2):
        anna = admin_of()
        for _ in range(3):
            open_ticket(anna)
        mine, theirs = booked(anna, "Gold"), booked(chef, "Silber", anna.organisation)

        @act()
        def with_an_address(anna=anna, mine=mine):
            address = BillingAddress.objects.get(organisation=anna.organisation)
            address.street = "Am Kai 2"
            addresses.save_address(address, by=anna)
            return mine()

        said = side_by_side(fresh_tenant, [with_an_address, theirs])

        assert {type(one) for one in said} == {BillingEvent, booking.BookedMeanwhileError}


def test_a_planned_end_is_carried_out_once_by_however_many(fresh_tenant):
    anna = admin_of()
    book(anna, "Gold")
    cancel(anna, at_month_end=True)
    Subscription.objects.update(cancel_at=now())

    done = side_by_side(fresh_tenant, [booking.end_due] * 3)

    assert sum(done) == 1
    ended = BillingEvent.objects.filter(kind=BillingEvent.Kind.ENDED)
    assert ended.count() == 1
    assert SystemMail.objects.filter(recipient=anna.email).count() == 3


def test_a_booking_while_the_sweep_ends_the_one_before_is_the_one_in_force(fresh_tenant):
    for _ in range(ROUNDS):
        anna = admin_of()
        book(anna, "Gold")
        cancel(anna, at_month_end=True)
        Subscription.objects.filter(organisation=anna.organisation).update(cancel_at=now())

        said, _count = side_by_side(fresh_tenant, [booked(anna, "Bronze"), booking.end_due])

        assert isinstance(said, BillingEvent)
        assert [(name, end is None) for name, _start, end in subscriptions(anna)] == [
            ("Gold", False),
            ("Bronze", True),
        ]
        assert tier_of(anna.organisation) == tier("Bronze")
