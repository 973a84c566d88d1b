"""What passed a promise by while nobody seemed to wait for an answer counts once somebody does."""

from __future__ import annotations

import pytest
import time_machine

from sla.changes import assign_tier
from sla.models import Promise
from tests.factories import tier
from tests.sla.arranging import customer_of, opened, promise_of, write_again
from tests.sla.moments import MONDAY, THURSDAY, TUESDAY, berlin
from tickets import changing, opening, outcomes, senders, writing
from tickets.models import Channel, Ticket
from tickets.opening import NewTicket
from tickets.recording import Content
from tickets.states import State


def at(moment: str) -> time_machine.travel:
    return time_machine.travel(berlin(moment), tick=False)


def terms(promise: Promise) -> tuple[str, str, bool, object]:
    return promise.tier.name, promise.reason, promise.is_guaranteed, promise.due_at


@pytest.mark.parametrize("meanwhile", ["answered", "spam"])
def test_confirmation_counts_for_a_ticket_that_turns_out_unanswered(tenant, agent, meanwhile):
    """The sender was confirmed while the answer was on its way, and it bounced; or no spam."""
    stranger = customer_of("Gold")
    ticket = opened(requester=stranger, is_verified=False)
    with at(f"{TUESDAY} 10:00"):
        if meanwhile == "spam":
            changing.change_state(ticket, State.SPAM, by=agent)
        else:
            message = writing.reply(ticket, author=agent, text="So geht es.")
    with at(f"{TUESDAY} 11:00"):
        senders.confirm_sender(stranger)

    with at(f"{TUESDAY} 12:00"):
        if meanwhile == "spam":
            changing.change_state(ticket, State.OPEN, by=agent)
        else:
            outcomes.mark_failed(message, cause="550 unbekannt")

    assert terms(promise_of(ticket)) == ("Gold", "confirmed", True, berlin(f"{TUESDAY} 13:00"))


def test_downgrade_before_the_confirmation_leaves_what_had_arrived_alone(tenant):
    stranger = customer_of("Gold")
    ticket = opened(requester=stranger, is_verified=False)
    with at(f"{TUESDAY} 10:00"):
        assign_tier(ticket.organisation, tier("Basis"))

    with at(f"{TUESDAY} 11:00"):
        senders.confirm_sender(stranger)

    assert terms(promise_of(ticket)) == ("Gold", "confirmed", True, berlin(f"{TUESDAY} 13:00"))


def test_booking_before_the_confirmation_is_no_upgrade_of_a_strangers_target(tenant, agent):
    """Bounce or not: a follow-up that a stranger wrote keeps its target until the next upgrade."""
    stranger = customer_of("Basis")
    ticket = opened(requester=stranger, is_verified=False)
    with at(f"{TUESDAY} 10:00"):
        outcomes.mark_delivered(writing.reply(ticket, author=agent, text="So geht es."))
    write_again(ticket, f"{TUESDAY} 11:00")
    target = terms(promise_of(ticket))
    with at(f"{TUESDAY} 12:00"):
        assign_tier(ticket.organisation, tier("Gold"))
    with at(f"{TUESDAY} 13:00"):
        senders.confirm_sender(stranger)
        message = writing.reply(ticket, author=agent, text="So geht es auch.")

    with at(f"{TUESDAY} 14:00"):
        outcomes.mark_failed(message, cause="550 unbekannt")

    assert terms(promise_of(ticket)) == target


def test_confirmation_counts_from_the_message_that_waits_and_not_from_a_withdrawn_one(tenant):
    stranger = customer_of("Gold")
    ticket = opened(requester=stranger, is_verified=False)
    with at(f"{TUESDAY} 10:00"):
        changing.change_state(ticket, State.CLOSED, by=stranger)
    write_again(ticket, f"{THURSDAY} 09:00")

    with at(f"{THURSDAY} 10:00"):
        senders.confirm_sender(stranger)

    assert terms(promise_of(ticket)) == ("Gold", "confirmed", True, berlin(f"{THURSDAY} 13:00"))


def test_withdrawal_stays_one_when_an_agent_files_the_ticket_away(tenant, agent):
    ticket = opened("Gold")
    with at(f"{TUESDAY} 10:00"):
        message = writing.reply(ticket, author=agent, text="So geht es.")
    with at(f"{TUESDAY} 11:00"):
        changing.change_state(ticket, State.SOLVED, by=ticket.requester)
    with at(f"{TUESDAY} 12:00"):
        changing.change_state(ticket, State.CLOSED, by=agent)

    with at(f"{TUESDAY} 15:00"):
        outcomes.mark_failed(message, cause="550 unbekannt")

    promise = ticket.promises.get()
    assert (promise.end_cause, promise.ended_at) == ("withdrawn", berlin(f"{TUESDAY} 11:00"))
    assert promise.breached_at is None


@pytest.mark.parametrize("state", [State.SOLVED, State.CLOSED])
def test_ticket_that_only_agents_closed_was_not_withdrawn(tenant, agent, state):
    ticket = opened("Gold")
    with at(f"{TUESDAY} 10:00"):
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)
    write_again(ticket, f"{TUESDAY} 11:00")
    with at(f"{TUESDAY} 12:00"):
        changing.change_state(ticket, state, by=agent)

    ticket.refresh_from_db()
    assert ticket.withdrawn_at is None


def taken_in(ticket_at: str, taken_in_at: str, booked: str, then: str) -> Ticket:
    """A mail that our door took before a booking and that was processed after it."""
    customer = customer_of(booked)
    with at(f"{MONDAY} 12:00"):
        assign_tier(customer.organisation, tier(then))
    with at(taken_in_at):
        new = NewTicket(customer, "Frage", Channel.EMAIL, berlin(ticket_at))
        return opening.open_ticket(new, Content(text="Wie geht das?"))[0]


def test_late_processing_makes_no_promise_worse_by_a_downgrade_since_the_arrival(tenant):
    ticket = taken_in(f"{MONDAY} 10:00", f"{MONDAY} 14:00", "Gold", "Basis")

    assert terms(promise_of(ticket)) == ("Gold", "opened", True, berlin(f"{MONDAY} 14:00"))


def test_late_processing_counts_an_upgrade_from_its_moment(tenant):
    ticket = taken_in(f"{MONDAY} 10:00", f"{MONDAY} 14:00", "Basis", "Gold")

    assert promise_of(ticket).due_at == berlin(f"{MONDAY} 16:00")
