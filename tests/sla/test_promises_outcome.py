"""Only a human's public answer that reached its first hop keeps a promise (law 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from sla.models import Promise
from sla.queue import Band
from sla.sweep import sweep_tenant
from tests.factories import AgentFactory
from tests.sla.arranging import answer, opened, promise_of, write_again
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tickets import assigning, changing, outcomes, writing
from tickets.models import Event, Message, Ticket
from tickets.recording import Content
from tickets.states import State

# A Gold ticket that arrived at 9:00.
DUE = berlin(f"{TUESDAY} 13:00")
SECOND = timedelta(seconds=1)


def reply(ticket: Ticket, agent, at: datetime, state: State = State.WAITING) -> Message:
    with time_machine.travel(at, tick=False):
        return writing.reply(ticket, author=agent, text="So geht es.", state=state)


def bounce(message: Message, at: datetime, cause: str = "550 unbekannt") -> None:
    with time_machine.travel(at, tick=False):
        outcomes.mark_failed(message, cause=cause)


def sweep(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        sweep_tenant(at)


def only(ticket: Ticket) -> Promise:
    return ticket.promises.get()


def said(ticket: Ticket) -> list[tuple[str, str, datetime]]:
    """What the history says of the promise after it was made."""
    events = ticket.events.filter(kind=Event.Kind.PROMISE).exclude(what="made").order_by("pk")
    return [(event.what, event.after, event.at) for event in events]


def test_answer_answers_at_its_commit_and_keeps_once_the_first_hop_took_it(tenant, agent):
    ticket = opened("Gold")
    at, taken = berlin(f"{TUESDAY} 10:00"), berlin(f"{TUESDAY} 10:00:04")

    message = reply(ticket, agent, at)
    pending = only(ticket)
    outcomes.mark_delivered(message, at=taken)

    kept = only(ticket)
    assert (pending.answered_at, pending.answer, pending.accepted_at) == (at, message, None)
    assert (pending.is_open, pending.is_kept, pending.next_check_at) == (False, False, None)
    assert (kept.answered_at, kept.accepted_at, kept.breached_at) == (at, taken, None)
    assert kept.is_kept
    assert list(Promise.objects.kept()) == [kept]
    assert said(ticket) == [("answered", "", at), ("kept", "", taken)]
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.queue_band) == (None, None)


def test_nothing_is_flagged_while_the_first_hop_is_pending(tenant, agent):
    ticket = opened("Gold")
    message = reply(ticket, agent, DUE - SECOND)

    sweep(DUE + timedelta(hours=5))
    outcomes.mark_delivered(message, at=DUE + timedelta(hours=6))

    assert only(ticket).is_kept


@pytest.mark.parametrize(
    ("at", "is_in_time"),
    [(DUE - SECOND, True), (DUE, True), (DUE + timedelta(microseconds=1), False)],
)
def test_answer_at_the_very_due_moment_is_in_time(tenant, agent, at, is_in_time):
    ticket = opened("Gold")

    outcomes.mark_delivered(reply(ticket, agent, at), at=at)

    promise = only(ticket)
    assert promise.is_kept == is_in_time
    assert promise.breached_at == (None if is_in_time else DUE)


def test_due_moment_itself_breaks_nothing(tenant):
    ticket = opened("Gold")

    sweep(DUE)

    promise = only(ticket)
    assert promise.breached_at is None
    assert not promise.is_broken(DUE)
    assert promise.is_broken(DUE + SECOND)


def test_late_answer_is_late_and_says_so(tenant, agent):
    ticket = opened("Gold")
    late = DUE + timedelta(minutes=5)

    outcomes.mark_delivered(reply(ticket, agent, late), at=late)

    promise = only(ticket)
    assert (promise.breached_at, promise.noticed_at, promise.is_kept) == (DUE, late, False)
    assert said(ticket) == [
        ("breached", "late", DUE),
        ("answered", "", late),
        ("answered_late", "", late),
    ]


def test_refused_answer_opens_the_same_promise_with_its_old_due_moment(tenant, agent):
    ticket = opened("Gold")
    made = only(ticket).pk
    message = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))

    bounce(message, berlin(f"{TUESDAY} 10:01"))

    promise = promise_of(ticket)
    assert (promise.pk, promise.due_at, promise.breached_at) == (made, DUE, None)
    assert (promise.answer, promise.answered_at, promise.accepted_at) == (None, None, None)
    assert promise.next_check_at == berlin(f"{TUESDAY} 12:00")
    ticket.refresh_from_db()
    assert (ticket.state, ticket.due_at, ticket.queue_band) == (State.OPEN, DUE, Band.REGULAR)
    assert said(ticket)[-1] == ("taken_back", "550 unbekannt", berlin(f"{TUESDAY} 10:01"))


def test_bounce_after_the_due_moment_dates_the_breach_to_it_and_says_why(tenant, agent):
    ticket = opened("Gold")
    message = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    outcomes.mark_delivered(message, at=berlin(f"{TUESDAY} 10:01"))
    two_days_later = berlin("2026-03-12 10:00")

    bounce(message, two_days_later, cause="5.1.1 mailbox unknown")

    promise = promise_of(ticket)
    assert (promise.breached_at, promise.noticed_at) == (DUE, two_days_later)
    assert (promise.is_kept, promise.is_broken()) == (False, True)
    assert ("breached", "5.1.1 mailbox unknown", DUE) in said(ticket)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.queue_band) == (State.OPEN, Band.ESCALATED)


def test_answer_after_a_bounce_in_time_keeps_the_promise(tenant, agent):
    ticket = opened("Gold")
    bounce(reply(ticket, agent, berlin(f"{TUESDAY} 10:00")), berlin(f"{TUESDAY} 10:01"))

    again = reply(ticket, agent, berlin(f"{TUESDAY} 11:00"))
    outcomes.mark_delivered(again, at=berlin(f"{TUESDAY} 11:01"))

    promise = only(ticket)
    assert (promise.answer, promise.is_kept) == (again, True)


def test_another_answer_on_its_way_takes_the_place_of_the_refused_one(tenant, agent):
    ticket = opened("Gold")
    first = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    second = reply(ticket, AgentFactory(), berlin(f"{TUESDAY} 10:00"))

    bounce(first, berlin(f"{TUESDAY} 10:02"))
    pending = ticket.promises.get(kind="first")
    outcomes.mark_delivered(second, at=berlin(f"{TUESDAY} 10:03"))

    kept = ticket.promises.get(kind="first")
    assert (pending.answer, pending.answered_at) == (second, second.sent_at)
    assert not pending.is_kept
    assert kept.is_kept


def test_another_answer_that_arrived_takes_the_place_of_the_bounced_one(tenant, agent):
    ticket = opened("Gold")
    first = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    outcomes.mark_delivered(first, at=berlin(f"{TUESDAY} 10:00:05"))
    second = reply(ticket, agent, berlin(f"{TUESDAY} 11:00"))
    outcomes.mark_delivered(second, at=berlin(f"{TUESDAY} 11:00:05"))

    bounce(first, berlin(f"{WEDNESDAY} 10:00"))

    promise = ticket.promises.get(kind="first")
    assert (promise.answer, promise.answered_at) == (second, berlin(f"{TUESDAY} 11:00"))
    assert promise.accepted_at == berlin(f"{TUESDAY} 11:00:05")
    assert promise.is_kept


def test_another_answer_that_came_after_the_due_moment_is_a_late_one(tenant, agent):
    ticket = opened("Gold")
    first = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    second = reply(ticket, agent, berlin(f"{TUESDAY} 14:00"))

    bounce(first, berlin(f"{TUESDAY} 14:01"))

    promise = ticket.promises.get(kind="first")
    assert (promise.answer, promise.breached_at, promise.is_kept) == (second, DUE, False)


def test_ticket_whose_lost_answer_has_a_successor_still_waits_for_a_look(tenant, agent):
    ticket = opened("Gold")
    first = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    outcomes.mark_delivered(reply(ticket, agent, berlin(f"{TUESDAY} 11:00")))

    bounce(first, berlin(f"{TUESDAY} 12:00"))

    promise = promise_of(ticket)
    assert (promise.kind, promise.reason) == ("next", "reopened")
    assert list(Ticket.objects.queued()) == [ticket]


def test_bounce_of_an_answer_replaces_the_target_that_had_followed_it(tenant, agent):
    ticket = opened("Gold")
    message = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    write_again(ticket, f"{TUESDAY} 11:00")

    bounce(message, berlin(f"{TUESDAY} 11:30"))

    first, follow_up = ticket.promises.order_by("pk")
    assert (first.is_open, first.due_at) == (True, DUE)
    assert (follow_up.kind, follow_up.end_cause) == ("next", "replaced")


def test_one_answer_that_stood_for_two_promises_gives_both_back(tenant, agent):
    """The first answer bounces after a second one, so the second holds the first promise too."""
    ticket = opened("Gold")
    first = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    write_again(ticket, f"{TUESDAY} 10:30")
    second = reply(ticket, agent, berlin(f"{TUESDAY} 11:00"))
    bounce(first, berlin(f"{TUESDAY} 11:10"))
    held = ticket.promises.get(kind="first").answer

    bounce(second, berlin(f"{TUESDAY} 11:20"))

    assert held == second
    promises = {
        (promise.kind, promise.reason): (promise.is_open, promise.end_cause)
        for promise in ticket.promises.all()
    }
    assert promises == {
        ("first", "opened"): (True, ""),
        ("next", "follow_up"): (False, "replaced"),
        ("next", "reopened"): (False, "replaced"),
    }


def test_two_agents_at_the_same_second_answer_once(tenant, agent):
    ticket = opened("Gold")
    at = berlin(f"{TUESDAY} 10:00")

    first = reply(ticket, agent, at)
    second = reply(ticket, AgentFactory(), at)
    outcomes.mark_delivered(second, at=at)
    outcomes.mark_delivered(first, at=at)

    promise = only(ticket)
    assert (promise.answer, promise.is_kept) == (first, True)
    assert [what for what, _after, _at in said(ticket)] == ["answered", "kept"]


NO_ANSWERS = {
    "acknowledgement": lambda ticket, agent: outcomes.mark_delivered(
        writing.acknowledge(ticket, text="Angekommen.")
    ),
    "note": lambda ticket, agent: writing.add_note(ticket, author=agent, text="Hm."),
    "assignment": lambda ticket, agent: assigning.assign(ticket, to=agent, by=agent),
    "open": lambda ticket, agent: changing.change_state(ticket, State.OPEN, by=agent),
    "waiting": lambda ticket, agent: changing.change_state(ticket, State.WAITING, by=agent),
    "solved": lambda ticket, agent: changing.change_state(ticket, State.SOLVED, by=agent),
    "closed": lambda ticket, agent: changing.change_state(ticket, State.CLOSED, by=agent),
    "customer wrote": lambda ticket, agent: write_again(ticket, f"{TUESDAY} 10:00"),
    "out of office": lambda ticket, agent: writing.add_customer_message(
        ticket,
        author=ticket.requester,
        content=Content(text="Nicht da", is_automatic=True),
        channel="email",
        received_at=berlin(f"{TUESDAY} 10:00"),
    ),
    "mail that claims to come from an agent": lambda ticket, agent: writing.add_customer_message(
        ticket,
        author=agent,
        content=Content(text="Erledigt", from_address=agent.email),
        channel="email",
        received_at=berlin(f"{TUESDAY} 10:00"),
    ),
}


@pytest.mark.parametrize("what", NO_ANSWERS)
def test_nothing_but_an_answer_keeps_a_promise(tenant, agent, what):
    ticket = opened("Gold")

    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        NO_ANSWERS[what](ticket, agent)
    sweep(DUE + SECOND)

    promise = only(ticket)
    assert (promise.answered_at, promise.breached_at) == (None, DUE)


def test_spam_ends_the_promise_without_an_outcome(tenant, agent):
    ticket = opened("Gold")
    at = berlin(f"{TUESDAY} 10:00")

    changing.change_state(ticket, State.SPAM, by=agent, at=at)
    sweep(DUE + SECOND)

    promise = only(ticket)
    assert (promise.ended_at, promise.end_cause, promise.breached_at) == (at, "spam", None)
    assert not promise.is_broken(DUE + SECOND)
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.queue_band) == (None, None)


def test_spam_that_was_flagged_before_counts_as_nothing(tenant, agent):
    ticket = opened("Gold")
    sweep(DUE + SECOND)

    changing.change_state(ticket, State.SPAM, by=agent)

    assert not Promise.objects.broken().exists()
    assert not only(ticket).is_broken()


def test_unmarked_spam_has_its_old_due_moment(tenant, agent):
    ticket = opened("Gold")
    made = only(ticket).pk
    changing.change_state(ticket, State.SPAM, by=agent, at=berlin(f"{TUESDAY} 10:00"))

    with time_machine.travel(berlin(f"{TUESDAY} 11:00"), tick=False):
        changing.change_state(ticket, State.OPEN, by=agent)

    promise = promise_of(ticket)
    assert (promise.pk, promise.due_at, promise.breached_at) == (made, DUE, None)
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.queue_band) == (DUE, Band.REGULAR)
    assert [what for what, _after, _at in said(ticket)] == ["spam", "restored"]


def test_unmarked_spam_whose_due_moment_has_passed_is_broken_since_then(tenant, agent):
    ticket = opened("Gold")
    changing.change_state(ticket, State.SPAM, by=agent, at=berlin(f"{TUESDAY} 10:00"))

    with time_machine.travel(berlin(f"{WEDNESDAY} 11:00"), tick=False):
        changing.change_state(ticket, State.OPEN, by=agent)

    assert promise_of(ticket).breached_at == DUE
    ticket.refresh_from_db()
    assert ticket.queue_band == Band.ESCALATED


def test_answered_ticket_unmarked_as_spam_has_work_again(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")
    changing.change_state(ticket, State.SPAM, by=agent)

    changing.change_state(ticket, State.OPEN, by=agent)

    assert ticket.promises.get(kind="first").is_kept
    assert promise_of(ticket).reason == "reopened"


def test_bounce_on_a_spam_ticket_waits_for_its_unmarking(tenant, agent):
    ticket = opened("Gold")
    message = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    changing.change_state(ticket, State.SPAM, by=agent, at=berlin(f"{TUESDAY} 10:10"))

    bounce(message, berlin(f"{TUESDAY} 10:20"))
    ended = only(ticket).end_cause
    with time_machine.travel(berlin(f"{TUESDAY} 10:30"), tick=False):
        changing.change_state(ticket, State.OPEN, by=agent)

    assert ended == "spam"
    assert promise_of(ticket).due_at == DUE


def test_customer_who_closes_their_ticket_withdraws_it(tenant):
    ticket = opened("Gold")
    at = berlin(f"{TUESDAY} 10:00")

    changing.change_state(ticket, State.CLOSED, by=ticket.requester, at=at)
    sweep(DUE + SECOND)

    promise = only(ticket)
    assert (promise.end_cause, promise.ended_at, promise.breached_at) == ("withdrawn", at, None)
    assert not Promise.objects.broken().exists()


def test_withdrawal_after_the_due_moment_heals_nothing_even_before_the_sweep(tenant):
    ticket = opened("Gold")

    with time_machine.travel(DUE + SECOND, tick=False):
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)

    promise = only(ticket)
    assert (promise.breached_at, promise.end_cause) == (DUE, "withdrawn")
    assert list(Promise.objects.broken()) == [promise]


def test_customer_who_writes_after_withdrawing_is_promised_a_first_response_anew(tenant):
    ticket = opened("Gold")
    changing.change_state(ticket, State.CLOSED, by=ticket.requester, at=berlin(f"{TUESDAY} 10:00"))

    write_again(ticket, f"{TUESDAY} 11:00")

    promise = promise_of(ticket)
    assert (promise.kind, promise.reason, promise.is_guaranteed) == ("first", "reopened", True)
    assert promise.due_at == berlin(f"{TUESDAY} 15:00")


@pytest.mark.parametrize("state", [State.SOLVED, State.CLOSED])
def test_agent_who_closes_unanswered_breaks_the_promise_when_it_is_due(tenant, agent, state):
    ticket = opened("Gold")
    changing.change_state(ticket, state, by=agent, at=berlin(f"{TUESDAY} 10:00"))
    before = only(ticket)

    sweep(DUE + timedelta(hours=2))

    assert before.is_open
    assert only(ticket).breached_at == DUE
    ticket.refresh_from_db()
    assert ticket.queue_band is None


def test_broken_ticket_that_was_closed_escalates_when_it_is_opened_again(tenant, agent):
    ticket = opened("Gold")
    changing.change_state(ticket, State.CLOSED, by=agent, at=berlin(f"{TUESDAY} 10:00"))
    sweep(DUE + SECOND)

    with time_machine.travel(berlin(f"{WEDNESDAY} 09:00"), tick=False):
        changing.change_state(ticket, State.OPEN, by=agent)

    ticket.refresh_from_db()
    assert ticket.queue_band == Band.ESCALATED


def test_promise_counts_as_broken_at_once_without_the_sweep(tenant):
    ticket = opened("Gold")

    with time_machine.travel(DUE + SECOND, tick=False):
        promise = only(ticket)

        assert promise.breached_at is None
        assert (promise.is_broken(), promise.is_escalated) == (True, True)
        assert list(Promise.objects.broken()) == [promise]


def test_share_of_the_time_used_is_business_time(tenant):
    promise = promise_of(opened("Gold", at=f"{TUESDAY} 16:00"))

    assert promise.used_percent(berlin(f"{TUESDAY} 16:00")) == 0
    assert promise.used_percent(berlin(f"{TUESDAY} 23:00")) == 25
    assert promise.used_percent(berlin(f"{WEDNESDAY} 10:00")) == 50
    assert promise.used_percent(berlin("2026-03-20 10:00")) == 100


def closed_by_customer(ticket: Ticket, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)


def test_bounce_after_a_withdrawal_in_time_breaks_nothing(tenant, agent):
    """They closed it before the due moment: from then on nobody was owed an answer."""
    ticket = opened("Gold")
    message = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    closed = berlin(f"{TUESDAY} 12:00")
    closed_by_customer(ticket, closed)

    bounce(message, DUE + timedelta(hours=1))

    promise = only(ticket)
    assert (promise.end_cause, promise.ended_at) == ("withdrawn", closed)
    assert (promise.answered_at, promise.breached_at) == (None, None)
    assert [what for what, _after, _at in said(ticket)] == ["answered", "taken_back", "withdrawn"]
    ticket.refresh_from_db()
    assert (ticket.state, ticket.queue_band) == (State.CLOSED, None)


def test_bounce_after_a_withdrawal_too_late_is_a_breach(tenant, agent):
    ticket = opened("Gold")
    message = reply(ticket, agent, berlin(f"{TUESDAY} 10:00"))
    closed_by_customer(ticket, DUE + timedelta(hours=1))

    bounce(message, DUE + timedelta(hours=2), cause="550 unbekannt")

    promise = only(ticket)
    assert (promise.end_cause, promise.breached_at) == ("withdrawn", DUE)
    assert ("breached", "550 unbekannt", DUE) in said(ticket)
