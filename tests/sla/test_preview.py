"""What the preview of an upgrade says is what the upgrade does: due moments, guarantees, places."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import combinations

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sla import preview as previewing
from sla.changes import assign_tier
from sla.models import Promise
from sla.preview import Effect, Standing, preview
from sla.sweep import sweep_tenant
from tests.factories import tier
from tests.sla.arranging import answer, customer_of, opened, promise_of, write_again
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tickets import changing
from tickets.models import Channel, Ticket
from tickets.states import State

TIERS = ["Basis", "Bronze", "Silber", "Gold"]
WAYS = [Channel.EMAIL, Channel.EMAIL, Channel.PORTAL, Channel.FACEBOOK, Channel.CONTACT_FORM]
DAYS = ["2026-02-20", "2026-03-02", "2026-03-05", "2026-03-06", "2026-03-09", TUESDAY]
AT = f"{WEDNESDAY} 10:15"


def shown(organisation, name, at, *, is_upgrade=True, most=100):
    return preview(organisation, tier(name), at, is_upgrade=is_upgrade, most=most)


def standings(organisation) -> dict[int, Standing]:
    """Where each waiting ticket really stands, counted along the whole queue."""
    places = {ticket.pk: n for n, ticket in enumerate(Ticket.objects.queued(), start=1)}
    promises = (
        Promise.objects.all()
        .open()
        .filter(ticket__organisation=organisation, ticket__is_verified=True)
    )
    return {
        one.ticket.number: Standing(one.due_at, one.is_guaranteed, places.get(one.ticket_id))
        for one in promises.select_related("ticket")
    }


def some_tickets(chance: random.Random, customer, agent) -> None:
    """Tickets in every situation: missed, at risk, answered, written to again, moved, unknown."""
    for _ in range(chance.randint(1, 7)):
        moment = f"{chance.choice(DAYS)} {chance.randint(7, 18):02}:{chance.randint(0, 59):02}"
        way = chance.choice(WAYS)
        known = chance.random() < 0.9
        ticket = opened(at=moment, channel=way, requester=customer, is_verified=known)
        fate = chance.choice(["waits", "waits", "waits", "answered", "again", "set aside", "spam"])
        later = f"{WEDNESDAY} 0{chance.randint(7, 9)}:{chance.randint(10, 59)}"
        if fate in {"answered", "again"}:
            answer(ticket, agent, f"{WEDNESDAY} 07:05")
        if fate == "again":
            write_again(ticket, later)
        if fate in {"set aside", "spam"}:
            state = State.WAITING if fate == "set aside" else State.SPAM
            with time_machine.travel(berlin(later), tick=False):
                changing.change_state(ticket, state, by=agent)


@pytest.mark.parametrize("seed", range(20))
def test_an_upgrade_does_what_its_preview_said(tenant, agent, seed):
    chance = random.Random(seed)
    booked, to = chance.choice(list(combinations(TIERS, 2)))
    customer = customer_of(booked)
    some_tickets(chance, customer, agent)
    for other in chance.sample(TIERS, 3):
        some_tickets(chance, customer_of(other), agent)
    at = berlin(AT)
    with time_machine.travel(at, tick=False):
        if chance.random() < 0.7:
            sweep_tenant(at)
        before = standings(customer.organisation)
        said = shown(customer.organisation, to, at)

        assign_tier(customer.organisation, tier(to))

    after = standings(customer.organisation)
    assert {one.number: one.now for one in said.effects} == before
    assert {one.number: one.then for one in said.effects} == after
    assert said.count == len(before)
    upgraded = Promise.objects.filter(reason=Promise.Reason.UPGRADED, made_at=at)
    assert said.better == upgraded.filter(ticket__organisation=customer.organisation).count()


@pytest.mark.parametrize(("to", "booked"), list(combinations(TIERS, 2)))
def test_a_downgrade_leaves_everything_where_it_is_and_the_preview_says_so(
    tenant, agent, booked, to
):
    customer = customer_of(booked)
    some_tickets(random.Random(7), customer, agent)
    at = berlin(AT)
    with time_machine.travel(at, tick=False):
        sweep_tenant(at)
        before = standings(customer.organisation)
        said = shown(customer.organisation, to, at, is_upgrade=False)

        assign_tier(customer.organisation, tier(to))

    assert before
    assert standings(customer.organisation) == before
    assert {one.number: one.now for one in said.effects} == before
    assert (said.better, [one for one in said.effects if one.is_better]) == (0, [])


def test_a_target_missed_long_ago_keeps_its_moment_and_rises(tenant):
    """It cannot become a guarantee that nobody could have kept, nor be due any later."""
    customer = customer_of("Basis")
    old = opened(at="2026-03-05 09:00", requester=customer)
    due = promise_of(old).due_at
    others = [opened("Silber", f"{TUESDAY} 16:00") for _ in range(3)]
    at = berlin(AT)
    with time_machine.travel(at, tick=False):
        sweep_tenant(at)
        said = shown(customer.organisation, "Gold", at)

        assign_tier(customer.organisation, tier("Gold"))

    (effect,) = said.effects
    assert (effect.then.due_at, effect.then.is_guaranteed) == (due, False)
    assert (effect.now.place, effect.then.place) == (len(others) + 1, 1)
    assert standings(customer.organisation) == {old.number: effect.then}


def test_a_guarantee_whose_last_minutes_have_begun_goes_to_the_front(tenant):
    """Two hours of Gold before the end of the day, with a due moment that stays the earlier one."""
    customer = customer_of("Bronze")
    soon = opened(at=f"{TUESDAY} 09:30", requester=customer)
    rivals = [opened("Gold", f"{WEDNESDAY} 09:30") for _ in range(2)]
    at = berlin(f"{WEDNESDAY} 13:10")
    with time_machine.travel(at, tick=False):
        said = shown(customer.organisation, "Gold", at)
        assign_tier(customer.organisation, tier("Gold"))

    (effect,) = said.effects
    assert effect.then.due_at == berlin(f"{WEDNESDAY} 13:30")
    # The sweep has not seen it come into its last half hour yet; an upgrade looks at once.
    assert (effect.now.place, effect.then.place) == (len(rivals) + 1, 1)
    assert standings(customer.organisation) == {soon.number: effect.then}


def test_only_the_most_urgent_are_listed_and_all_are_counted(tenant):
    customer = customer_of("Basis")
    tickets = [opened(at=f"{TUESDAY} 09:{n:02}", requester=customer) for n in range(12)]
    at = berlin(f"{TUESDAY} 10:00")

    said = shown(customer.organisation, "Gold", at, most=10)

    assert [one.number for one in said.effects] == [one.number for one in tickets[:10]]
    assert (said.count, said.better, said.unlisted) == (12, 12, 2)
    assert [one.then.place for one in said.effects] == list(range(1, 11))


def test_a_place_far_behind_is_only_called_far(tenant, monkeypatch):
    monkeypatch.setattr(previewing, "COUNTED_TO", 3)
    for _ in range(5):
        opened("Gold", f"{TUESDAY} 08:00")
    customer = customer_of("Basis")
    opened(at=f"{TUESDAY} 09:00", requester=customer)

    said = shown(customer.organisation, "Silber", berlin(f"{TUESDAY} 10:00"))

    (effect,) = said.effects
    assert (effect.now.place, effect.now.is_far, effect.then.is_far) == (4, True, True)


def test_nobody_elses_ticket_is_shown(tenant):
    opened("Basis", f"{TUESDAY} 09:00")
    customer = customer_of("Basis")

    said = shown(customer.organisation, "Gold", berlin(f"{TUESDAY} 10:00"))

    assert (said.effects, said.count, said.better) == ([], 0, 0)


def test_a_preview_locks_and_writes_nothing(tenant, agent):
    customer = customer_of("Basis")
    some_tickets(random.Random(3), customer, agent)
    before = list(Promise.objects.order_by("pk").values())

    with CaptureQueriesContext(connection) as queries:
        shown(customer.organisation, "Gold", berlin(AT))

    said = " ".join(query["sql"].upper() for query in queries)
    assert list(Promise.objects.order_by("pk").values()) == before
    assert not any(word in said for word in ("FOR UPDATE", "FOR KEY SHARE", "INSERT", "UPDATE "))


@pytest.mark.parametrize("count", [3, 40])
def test_a_preview_runs_a_fixed_number_of_queries(tenant, count, django_assert_max_num_queries):
    customer = customer_of("Basis")
    for n in range(count):
        day = "2026-03-02" if n % 2 else TUESDAY
        opened(at=f"{day} 09:{n:02}", requester=customer)
    gold = tier("Gold")

    with django_assert_max_num_queries(6):
        preview(customer.organisation, gold, berlin(AT), is_upgrade=True)


def test_an_effect_is_better_when_anything_about_it_moves():
    now = Standing(berlin(AT), is_guaranteed=False, place=3)
    moved = Standing(berlin(AT) - timedelta(hours=1), is_guaranteed=False, place=3)

    assert Effect(1, "Frage", now, moved).is_better
    assert not Effect(1, "Frage", now, now).is_better
