"""The upgrade in one statement says what the law says for each ticket, and loses no newcomer."""

from __future__ import annotations

import time
from itertools import combinations
from threading import Event as Signal

import pytest
import time_machine

from sla import queue
from sla.changes import assign_tier, better
from sla.models import DEFAULT_CHANNELS, Promise, SupportTier
from sla.services import promised
from sla.sweep import sweep_tenant
from sla.tiers import version_for
from tenants.acts import act
from tests.factories import open_ticket, tier
from tests.sla.arranging import answer, customer_of, opened, promise_of, write_again
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tests.threads import Side
from tickets import writing
from tickets.models import Channel, Ticket

TERMS = (
    "kind",
    "tier_id",
    "minutes",
    "calendar_version_id",
    "started_at",
    "due_at",
    "is_guaranteed",
    "priority",
    "at_risk_at",
    "warn_percent_at",
    "warn_minutes_at",
)
TIERS = ["Basis", "Bronze", "Silber", "Gold"]
ARRIVALS = [
    (Channel.EMAIL, f"{TUESDAY} 09:00"),
    (Channel.FACEBOOK, f"{TUESDAY} 09:00"),
    (Channel.PORTAL, f"{TUESDAY} 16:30"),
    (Channel.EMAIL, "2026-03-06 12:00"),
    (Channel.FACEBOOK, "2026-03-03 12:00"),
    (Channel.EMAIL, "2026-02-20 09:00"),
]


def terms(promise: Promise) -> tuple[object, ...]:
    return tuple(getattr(promise, name) for name in TERMS)


@pytest.mark.parametrize(
    ("booked", "to"), list(combinations(["Basis", "Bronze", "Silber", "Gold"], 2))
)
@pytest.mark.parametrize("is_swept", [True, False])
@pytest.mark.parametrize("allowed", [DEFAULT_CHANNELS, [Channel.PORTAL]])
def test_one_statement_says_what_the_law_says_for_each_ticket(
    tenant, agent, booked, to, is_swept, allowed
):
    SupportTier.objects.filter(name=to).update(allowed_channels=allowed)
    customer = customer_of(booked)
    tickets = [opened(at=at, channel=channel, requester=customer) for channel, at in ARRIVALS]
    followed_up = opened(at=f"{TUESDAY} 09:00", requester=customer)
    answer(followed_up, agent, f"{TUESDAY} 09:10")
    write_again(followed_up, f"{TUESDAY} 09:20")
    at = berlin(f"{WEDNESDAY} 10:15")
    with time_machine.travel(at, tick=False):
        if is_swept:
            sweep_tenant(at)
        expected = {}
        for ticket in [*tickets, followed_up]:
            old = promise_of(ticket)
            version = version_for(tier(to), at)
            given = better(old, tier(to), version, at, Promise.Reason.UPGRADED)
            expected[ticket.pk] = terms(promised(ticket, given, at) if given else old)

        assign_tier(customer.organisation, tier(to))

    for ticket in [*tickets, followed_up]:
        new = promise_of(ticket)
        assert terms(new) == expected[ticket.pk]
        ticket.refresh_from_db()
        place = queue.key(new, at)
        assert (ticket.queue_band, ticket.queue_rank, ticket.due_at) == (*place, new.due_at)
        assert new.next_check_at == queue.next_check(new, at)


def test_replaced_promises_name_their_successors(tenant):
    ticket = opened("Basis")

    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

    old, new = ticket.promises.order_by("pk")
    assert (old.end_cause, old.replaced_by, new.replaced_by) == (Promise.End.REPLACED, new, None)


def test_ticket_that_comes_while_the_organisation_is_being_locked_is_upgraded_too(
    fresh_tenant, monkeypatch
):
    """Between the tickets' locks and the organisation's one more is opened, and then held."""
    customer = customer_of("Basis")
    first = open_ticket(customer)
    is_locked, may_go_on, is_held, may_commit = Signal(), Signal(), Signal(), Signal()
    from sla import upgrade

    real = upgrade.Organisation.objects.select_for_update

    def slowly():
        if not is_locked.is_set():
            is_locked.set()
            may_go_on.wait(30)
        return real()

    monkeypatch.setattr(upgrade.Organisation.objects, "select_for_update", slowly)

    def hold(ticket: Ticket) -> None:
        with act():
            writing.add_note(ticket, author=customer, text="Moment")
            is_held.set()
            may_commit.wait(30)

    with Side(fresh_tenant) as booker, Side(fresh_tenant) as intake, Side(fresh_tenant) as writer:
        booking = booker.run(assign_tier, customer.organisation, tier("Gold"))
        assert is_locked.wait(30)
        second = intake.run(open_ticket, customer).result(30)
        holding = writer.run(hold, second)
        assert is_held.wait(30)
        may_go_on.set()
        time.sleep(0.3)
        is_waiting = not booking.done()
        may_commit.set()
        holding.result(30)
        booking.result(30)

    assert is_waiting
    assert {promise_of(one).tier.name for one in (first, second)} == {"Gold"}
