"""Who turns out to belong to an organisation gets its promise, counted from the arrival."""

from __future__ import annotations

import pytest
import time_machine

from accounts import services as accounts
from accounts.models import OrganisationDomain, User
from sla.changes import assign_tier
from sla.models import Promise
from tests.factories import CustomerFactory, organisation, tier
from tests.sla.arranging import answer, opened, promise_of
from tests.sla.moments import TUESDAY, berlin
from tickets import changing, outcomes, senders, writing
from tickets.merging import merge, undo_merge
from tickets.models import Channel, Ticket
from tickets.states import State


def at(moment: str):
    return time_machine.travel(berlin(moment), tick=False)


def stranger():
    with at("2026-03-02 09:00"):
        return CustomerFactory()


def gold():
    with at("2026-03-02 09:00"):
        return organisation("Goldkunde GmbH", booked="Gold")


def linked(ticket: Ticket, agent, to, moment: str = f"{TUESDAY} 11:00") -> Promise:
    with at(moment):
        senders.link_sender(ticket.requester, to, by=agent)
    ticket.refresh_from_db()
    return promise_of(ticket)


def test_link_counts_from_the_arrival_in_a_new_row(tenant, agent):
    ticket, to = opened(requester=stranger()), gold()
    old = promise_of(ticket)

    new = linked(ticket, agent, to)

    assert (new.reason, new.tier.name, new.is_guaranteed) == (Promise.Reason.LINKED, "Gold", True)
    assert (new.started_at, new.due_at) == (ticket.opened_at, berlin(f"{TUESDAY} 13:00"))
    old.refresh_from_db()
    assert (old.end_cause, old.replaced_by) == (Promise.End.REPLACED, new)
    assert (ticket.organisation, ticket.due_at) == (to, new.due_at)


def test_link_to_a_lower_tier_loosens_nothing(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
        basis = organisation("Basiskunde")
    ticket = opened(requester=customer)
    old = promise_of(ticket)

    assert linked(ticket, agent, basis) == old


def test_link_counts_the_tier_of_the_arrival_and_the_upgrades_since(tenant, agent):
    ticket = opened(requester=stranger())
    with at("2026-03-02 09:00"):
        to = organisation("Aufsteiger GmbH", booked="Bronze")
    with at(f"{TUESDAY} 10:00"):
        assign_tier(to, tier("Gold"))

    new = linked(ticket, agent, to)

    # Bronze from the arrival on, Gold from the booking on: 10:00 and four hours.
    assert (new.tier.name, new.due_at) == ("Gold", berlin(f"{TUESDAY} 14:00"))
    reasons = list(ticket.promises.order_by("pk").values_list("reason", flat=True))
    assert reasons == ["opened", "linked", "upgraded"]


def test_link_while_an_answer_is_on_its_way_counts_once_it_is_refused(tenant, agent):
    ticket, to = opened(requester=stranger()), gold()
    with at(f"{TUESDAY} 10:00"):
        message = writing.reply(ticket, author=agent, text="So geht es.")
    with at(f"{TUESDAY} 11:00"):
        senders.link_sender(ticket.requester, to, by=agent)

    with at(f"{TUESDAY} 11:30"):
        outcomes.mark_failed(message, cause="550 unbekannt")

    new = promise_of(ticket)
    assert (new.reason, new.due_at) == (Promise.Reason.LINKED, berlin(f"{TUESDAY} 13:00"))


def test_link_leaves_answered_tickets_where_they_are_promised(tenant, agent):
    ticket, to = opened(requester=stranger()), gold()
    answer(ticket, agent, f"{TUESDAY} 10:00")
    before = list(ticket.promises.values_list("pk", flat=True))

    with at(f"{TUESDAY} 11:00"):
        senders.link_sender(ticket.requester, to, by=agent)

    assert list(ticket.promises.values_list("pk", flat=True)) == before
    ticket.requester.refresh_from_db()
    assert ticket.requester.organisation == to


def test_confirmation_while_taken_for_spam_counts_once_it_is_none(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = opened(requester=customer, is_verified=False)
    with at(f"{TUESDAY} 10:00"):
        changing.change_state(ticket, "spam", by=agent)
    with at(f"{TUESDAY} 10:30"):
        senders.confirm_sender(customer)

    with at(f"{TUESDAY} 11:00"):
        changing.change_state(ticket, "open", by=agent)

    new = promise_of(ticket)
    assert (new.reason, new.due_at) == (Promise.Reason.CONFIRMED, berlin(f"{TUESDAY} 13:00"))


def test_answering_another_way_brings_the_guarantee_of_that_channel(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = opened(requester=customer, channel=Channel.FACEBOOK)

    with at(f"{TUESDAY} 10:00"):
        changing.change_channel(ticket, Channel.EMAIL, by=agent)

    new = promise_of(ticket)
    assert (new.reason, new.is_guaranteed, new.due_at) == (
        Promise.Reason.CHANNEL,
        True,
        berlin(f"{TUESDAY} 13:00"),
    )


def test_a_channel_without_guarantee_takes_none_away(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = opened(requester=customer)
    old = promise_of(ticket)

    with at(f"{TUESDAY} 10:00"):
        changing.change_channel(ticket, Channel.FACEBOOK, by=agent)

    assert promise_of(ticket) == old


def test_missed_target_becomes_no_guarantee_by_another_channel(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = opened(requester=customer, channel=Channel.FACEBOOK)
    old = promise_of(ticket)

    with at(f"{TUESDAY} 14:00"):
        changing.change_channel(ticket, Channel.EMAIL, by=agent)

    assert promise_of(ticket) == old


def test_confirmed_address_of_an_organisations_domain_gets_its_promise(tenant):
    """The person was read before they joined; the ticket goes to the organisation they join."""
    gold_customers = gold()
    OrganisationDomain.objects.create(organisation=gold_customers, domain="goldkunde.example")
    with at("2026-03-02 09:00"):
        anna = User.objects.create_unproven("anna@goldkunde.example", "Anna")
    unconfirmed = opened(requester=anna, is_verified=False)
    known = opened(requester=anna, at=f"{TUESDAY} 09:30")
    person = User.objects.get(pk=anna.pk)
    assert person.organisation != gold_customers

    with at(f"{TUESDAY} 10:00"):
        accounts.confirm_address(person)

    for ticket, due in ((unconfirmed, "13:00"), (known, "13:30")):
        ticket.refresh_from_db()
        assert (ticket.organisation, ticket.is_verified) == (gold_customers, True)
        assert promise_of(ticket).due_at == berlin(f"{TUESDAY} {due}")
        assert promise_of(ticket).is_guaranteed


def test_link_counts_from_the_arrival_even_after_an_upgrade(tenant, agent):
    ticket, to = opened(requester=stranger()), gold()
    with at(f"{TUESDAY} 10:00"):
        assign_tier(ticket.organisation, tier("Bronze"))

    assert linked(ticket, agent, to).due_at == berlin(f"{TUESDAY} 13:00")


def test_confirmation_reaches_a_ticket_that_was_merged_unconfirmed(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    unconfirmed = opened(requester=customer, is_verified=False)
    known = opened(requester=customer, at=f"{TUESDAY} 10:00")
    with at(f"{TUESDAY} 10:10"):
        merge(unconfirmed, into=known, by=agent)

    with at(f"{TUESDAY} 10:20"):
        senders.confirm_sender(customer)
    together = promise_of(known).due_at
    with at(f"{TUESDAY} 10:30"):
        undo_merge(unconfirmed, by=agent)

    assert together == berlin(f"{TUESDAY} 13:00")
    assert promise_of(unconfirmed).due_at == berlin(f"{TUESDAY} 13:00")


@pytest.mark.parametrize("meanwhile", ["spam", "closed unanswered", "merged"])
def test_link_reaches_what_is_not_in_the_queue_but_not_settled(tenant, agent, meanwhile):
    person = stranger()
    ticket, to = opened(requester=person), gold()
    other = opened(requester=person, at=f"{TUESDAY} 09:30")
    with at(f"{TUESDAY} 10:00"):
        if meanwhile == "merged":
            merge(ticket, into=other, by=agent)
        else:
            state = State.SPAM if meanwhile == "spam" else State.CLOSED
            changing.change_state(ticket, state, by=agent)
    with at(f"{TUESDAY} 10:30"):
        senders.link_sender(person, to, by=agent)

    with at(f"{TUESDAY} 11:00"):
        if meanwhile == "merged":
            undo_merge(ticket, by=agent)
        else:
            changing.change_state(ticket, State.OPEN, by=agent)

    ticket.refresh_from_db()
    assert ticket.organisation == to
    assert promise_of(ticket).due_at == berlin(f"{TUESDAY} 13:00")


def test_channel_changed_while_an_answer_is_on_its_way_counts_once_it_is_refused(tenant, agent):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = opened(requester=customer, channel=Channel.FACEBOOK)
    with at(f"{TUESDAY} 10:00"):
        message = writing.reply(ticket, author=agent, text="So geht es.")
    with at(f"{TUESDAY} 10:10"):
        changing.change_channel(ticket, Channel.EMAIL, by=agent)

    with at(f"{TUESDAY} 10:30"):
        outcomes.mark_failed(message, cause="abgelehnt")

    new = promise_of(ticket)
    assert (new.reason, new.is_guaranteed) == (Promise.Reason.CHANNEL, True)


def test_link_leaves_what_was_merged_long_ago_where_it_was_settled(tenant, agent):
    person = stranger()
    old, settled = opened(requester=person), opened(requester=person)
    with at(f"{TUESDAY} 10:00"):
        merge(old, into=settled, by=agent)
    answer(settled, agent, f"{TUESDAY} 10:10", State.SOLVED)
    to, before = gold(), old.organisation

    with at("2026-04-14 09:00"):
        moved = senders.link_sender(person, to, by=agent)

    assert moved == []
    old.refresh_from_db()
    assert old.organisation == before


def test_channel_changed_in_time_counts_even_if_the_answer_bounces_after_the_due_moment(
    tenant, agent
):
    with at("2026-03-02 09:00"):
        customer = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = opened(requester=customer, channel=Channel.FACEBOOK)
    with at(f"{TUESDAY} 10:00"):
        message = writing.reply(ticket, author=agent, text="So geht es.")
    with at(f"{TUESDAY} 10:10"):
        changing.change_channel(ticket, Channel.EMAIL, by=agent)

    with at("2026-03-11 10:00"):
        outcomes.mark_failed(message, cause="abgelehnt")

    new = promise_of(ticket)
    assert (new.is_guaranteed, new.is_broken()) == (True, True)
