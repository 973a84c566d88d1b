"""Booking and changing: one act for the record, the tier, the promises and the history."""

from __future__ import annotations

import pytest
from django_tenants.utils import tenant_context

from billing import booking
from billing.models import BillingEvent, Subscription
from billing.shop import Shop
from channels.models import SystemMail
from sla.changes import assign_tier
from sla.models import SupportTier
from sla.tiers import tier_of
from tests.billing.arranging import (
    admin_of,
    at,
    book,
    colleague_of,
    mails,
    subscriptions,
    text_of,
    wakeup,
)
from tests.factories import tier
from tests.sla.arranging import answer, opened, promise_of, write_again
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tickets.models import Channel

Kind = BillingEvent.Kind


def lines(user):
    """The organisation's history, the latest first: (kind, tier, tier before)."""
    found = booking.history(user.organisation)
    return [(one.kind, str(one.tier), str(one.before)) for one in found]


def test_a_booking_is_in_force_at_once_for_what_waits_too(anna):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00")
    before = promise_of(ticket)

    book(anna, "Gold", f"{TUESDAY} 10:00")

    after = promise_of(ticket)
    assert tier_of(anna.organisation) == tier("Gold")
    assert subscriptions(anna) == [("Gold", berlin(f"{TUESDAY} 10:00"), None)]
    assert (before.is_guaranteed, before.due_at) == (False, berlin(f"{WEDNESDAY} 17:00"))
    assert (after.is_guaranteed, after.due_at) == (True, berlin(f"{TUESDAY} 14:00"))
    assert (after.reason, after.tier) == ("upgraded", tier("Gold"))
    before.refresh_from_db()
    assert (before.end_cause, before.replaced_by) == ("replaced", after)


def test_the_history_says_tier_price_moment_and_who(anna):
    event = book(anna, "Gold", f"{TUESDAY} 10:00")

    stored = booking.history(anna.organisation)[0]
    assert stored == event
    assert (stored.kind, stored.tier, stored.before) == (Kind.BOOKED, tier("Gold"), tier("Basis"))
    assert (stored.net, stored.gross, stored.vat_rate) == (5900, 7021, 1900)
    assert (stored.at, stored.effective_at) == (berlin(f"{TUESDAY} 10:00"), None)
    assert (stored.by, stored.by_name, stored.is_by_tenant) == (anna, anna.name, False)


def test_the_history_keeps_the_name_of_who_is_gone(anna):
    bert = colleague_of(anna)
    book(bert, "Gold")
    name = bert.name
    bert.delete()

    assert booking.history(anna.organisation)[0].by_name == name
    assert booking.history(anna.organisation)[0].by is None


def test_a_booking_of_the_tenants_admin_is_marked_as_such(anna, admin):
    with at(f"{TUESDAY} 10:00"):
        seen = Shop(anna.organisation).token(tier("Gold"))
        event = booking.book(anna.organisation, tier("Gold"), by=admin, seen=seen)

    assert (event.by, event.is_by_tenant) == (admin, True)
    assert [mail["To"] for mail in mails()] == [anna.email]
    assert "Chefin (Alpha GmbH" in text_of(mails(anna)[0])


def test_a_change_ends_one_booking_at_the_moment_the_next_begins(anna):
    book(anna, "Bronze", f"{TUESDAY} 10:00")

    event = book(anna, "Gold", f"{WEDNESDAY} 11:00")

    moment = berlin(f"{WEDNESDAY} 11:00")
    assert subscriptions(anna) == [
        ("Bronze", berlin(f"{TUESDAY} 10:00"), moment),
        ("Gold", moment, None),
    ]
    assert (event.kind, event.before) == (Kind.CHANGED, tier("Bronze"))
    assert lines(anna) == [(Kind.CHANGED, "Gold", "Bronze"), (Kind.BOOKED, "Bronze", "Basis")]


def test_a_downgrade_leaves_promises_alone_and_counts_for_what_comes(anna):
    book(anna, "Gold", f"{TUESDAY} 08:00")
    old = opened(requester=anna, at=f"{TUESDAY} 09:00")
    before = promise_of(old)

    book(anna, "Bronze", f"{TUESDAY} 10:00")

    new = opened(requester=anna, at=f"{TUESDAY} 11:00")
    assert promise_of(old) == before
    assert promise_of(old).due_at == berlin(f"{TUESDAY} 13:00")
    old.refresh_from_db()
    assert old.priority == tier("Gold").priority
    assert promise_of(new).tier == tier("Bronze")


def test_an_upgrade_gives_a_follow_up_the_new_tiers_hours_but_no_guarantee(anna, agent):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00")
    answer(ticket, agent, f"{TUESDAY} 09:30")
    write_again(ticket, f"{TUESDAY} 10:00")

    book(anna, "Gold", f"{TUESDAY} 11:00")

    promise = promise_of(ticket)
    assert (promise.kind, promise.is_guaranteed) == ("next", False)
    assert promise.due_at == berlin(f"{TUESDAY} 15:00")


def test_an_upgrade_does_not_touch_what_was_answered(anna, agent):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00")
    answer(ticket, agent, f"{TUESDAY} 09:30")

    book(anna, "Gold", f"{TUESDAY} 11:00")

    (promise,) = ticket.promises.all()
    assert (promise.tier, promise.answered_at) == (tier("Basis"), berlin(f"{TUESDAY} 09:30"))


def test_a_facebook_ticket_gets_the_priority_and_no_guarantee(anna):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00", channel=Channel.FACEBOOK)

    book(anna, "Gold", f"{TUESDAY} 10:00")

    promise = promise_of(ticket)
    assert (promise.is_guaranteed, promise.priority) == (False, tier("Gold").priority)


def test_another_organisation_is_untouched(anna):
    berta = admin_of("Kaffee Süd GmbH")
    theirs = opened(requester=berta, at=f"{TUESDAY} 09:00")
    before = promise_of(theirs)

    book(anna, "Gold", f"{TUESDAY} 10:00")

    assert promise_of(theirs) == before
    assert tier_of(berta.organisation) == tier("Basis")
    assert (subscriptions(berta), booking.history(berta.organisation)) == ([], [])
    assert mails(berta) == []


def test_another_tenant_is_untouched(anna, other_tenant):
    book(anna, "Gold")

    with tenant_context(other_tenant):
        assert Subscription.objects.count() == 0
        assert BillingEvent.objects.count() == 0
        assert SystemMail.objects.count() == 0
        assert wakeup() is None


def test_a_tier_of_another_tenant_cannot_be_booked(anna, other_tenant):
    with tenant_context(other_tenant):
        theirs = SupportTier.objects.create(
            name="Platin", position=9, priority=4, first_response_minutes=60, is_offered=True
        )

    with pytest.raises(booking.BookingError):
        booking.book(anna.organisation, theirs, by=anna, seen=Shop(anna.organisation).token(theirs))

    assert subscriptions(anna) == []


def test_a_booking_asks_for_the_invoices_of_its_month(anna):
    book(anna, "Gold", f"{TUESDAY} 10:00")

    assert wakeup() == berlin("2026-04-01 01:00")


def test_a_tier_that_was_given_costs_nothing_until_it_is_booked(anna, admin):
    assign_tier(anna.organisation, tier("Gold"), by=admin)

    shop = Shop(anna.organisation)

    assert (shop.is_granted, shop.subscription, shop.account().total) == (True, None, 0)
    event = book(anna, "Gold")
    assert (event.kind, event.before) == (Kind.BOOKED, tier("Gold"))
    assert not Shop(anna.organisation).is_granted
