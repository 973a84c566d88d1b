"""Merging keeps the earliest promise, loosens nothing, counts nothing twice, and can be undone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from sla.changes import assign_tier
from sla.models import Notice, Promise
from sla.queue import Band
from sla.report import Filters, Period, report
from sla.sweep import sweep_tenant
from tests.factories import organisation, tier
from tests.sla.arranging import answer, customer_of, opened, promise_of, write_again
from tests.sla.moments import BERLIN, TUESDAY, WEDNESDAY, berlin
from tickets import assigning, changing, outcomes, senders, writing
from tickets.merging import MergeRefusedError, merge, undo_merge
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content
from tickets.states import State

End = Promise.End


def at(moment: str):
    return time_machine.travel(berlin(moment), tick=False)


def merged(ticket: Ticket, into: Ticket, agent, moment: str = f"{TUESDAY} 12:00") -> None:
    with at(moment):
        merge(ticket, into=into, by=agent)
    ticket.refresh_from_db()
    into.refresh_from_db()


def undone(ticket: Ticket, agent, moment: str = f"{TUESDAY} 13:30") -> None:
    with at(moment):
        undo_merge(ticket, by=agent)
    ticket.refresh_from_db()


def ends(ticket: Ticket) -> list[str]:
    return list(ticket.promises.order_by("pk").values_list("end_cause", flat=True))


def shown(promise: Promise) -> tuple[object, ...]:
    return (promise.due_at, promise.is_guaranteed, promise.priority, promise.reason)


def test_earlier_promise_of_the_other_ticket_goes_on(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)

    merged(first, second, agent)

    promise = promise_of(second)
    assert shown(promise) == (berlin(f"{TUESDAY} 13:00"), True, 4, Promise.Reason.MERGED)
    assert ends(first) == [End.REPLACED]
    assert ends(second) == [End.MERGED, ""]
    assert {one.replaced_by for one in Promise.objects.exclude(pk=promise.pk)} == {promise}
    assert (second.due_at, second.queue_band) == (promise.due_at, Band.REGULAR)
    assert (first.queue_band, first.due_at) == (None, None)


def test_promise_that_is_earlier_already_stays_the_same_row(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    kept = promise_of(first)

    merged(second, first, agent)

    assert promise_of(first) == kept
    assert ends(second) == [End.MERGED]
    assert second.promises.get().replaced_by == kept


def test_earlier_target_makes_a_guarantee_earlier_and_takes_it_not_away(tenant, agent):
    customer = customer_of("Gold")
    target = opened("Gold", f"{TUESDAY} 09:00", Channel.FACEBOOK, requester=customer)
    guarantee = opened("Gold", f"{TUESDAY} 11:00", requester=customer)

    merged(guarantee, target, agent)

    assert shown(promise_of(target))[:3] == (berlin(f"{TUESDAY} 13:00"), True, 4)


def test_missed_target_does_not_take_the_place_of_a_running_guarantee(tenant, agent):
    customer = customer_of("Gold")
    target = opened("Gold", f"{TUESDAY} 09:00", Channel.FACEBOOK, requester=customer)
    guarantee = opened("Gold", f"{TUESDAY} 11:00", requester=customer)

    merged(target, guarantee, agent, f"{TUESDAY} 14:00")

    assert shown(promise_of(guarantee))[:2] == (berlin(f"{TUESDAY} 15:00"), True)
    missed = target.promises.get()
    assert (missed.end_cause, missed.breached_at) == (End.MERGED, berlin(f"{TUESDAY} 13:00"))
    assert list(Promise.objects.all().broken(berlin(f"{TUESDAY} 14:00"))) == [missed]


def test_broken_guarantee_stays_broken_and_is_counted_once(tenant, agent):
    customer = customer_of("Gold")
    broken = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    running = opened("Gold", f"{TUESDAY} 12:00", requester=customer)
    with at(f"{TUESDAY} 13:30"):
        sweep_tenant(berlin(f"{TUESDAY} 13:30"))

    merged(broken, running, agent, f"{TUESDAY} 14:00")

    promise = promise_of(running)
    assert (promise.due_at, promise.breached_at) == (berlin(f"{TUESDAY} 13:00"),) * 2
    assert (running.queue_band, running.queue_rank) == (Band.ESCALATED, -4)
    assert list(Promise.objects.all().broken()) == [promise]


def test_merged_ticket_never_escalates_again(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(second, first, agent)
    answer(first, agent, f"{TUESDAY} 12:30")

    with at("2026-03-20 09:00"):
        assert sweep_tenant(berlin("2026-03-20 09:00")) == 0

    second.refresh_from_db()
    assert (second.queue_band, second.state) == (None, State.CLOSED)
    assert not Promise.objects.all().broken().exists()
    assert not Notice.objects.filter(kind=Notice.Kind.BREACHED).exists()


def test_one_answer_keeps_the_promise_of_both(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(first, second, agent)

    answer(first, agent, f"{TUESDAY} 12:30")

    # Answered on the page of the merged ticket, it arrived where that one goes on.
    message = Message.objects.get(kind="outbound", is_automatic=False)
    assert message.ticket == second
    assert [one.is_kept for one in second.promises.order_by("pk")] == [False, True]


def test_open_ticket_merged_into_a_settled_one_opens_it_with_its_promise(tenant, agent):
    customer = customer_of("Gold")
    settled = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(settled, agent, f"{TUESDAY} 09:30", State.SOLVED)
    fresh = opened("Gold", f"{TUESDAY} 11:00", requester=customer)

    merged(fresh, settled, agent)

    assert shown(promise_of(settled))[:2] == (berlin(f"{TUESDAY} 15:00"), True)
    assert (settled.state, settled.queue_band) == (State.OPEN, Band.REGULAR)


def test_settled_ticket_merged_into_an_open_one_changes_no_promise(tenant, agent):
    customer = customer_of("Gold")
    settled = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(settled, agent, f"{TUESDAY} 09:30", State.SOLVED)
    fresh = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    kept = promise_of(fresh)

    merged(settled, fresh, agent)

    assert promise_of(fresh) == kept
    assert settled.promises.get().is_kept


def test_bounce_of_an_answer_to_a_merged_ticket_opens_the_one_that_goes_on(tenant, agent):
    customer = customer_of("Gold")
    answered = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(answered, agent, f"{TUESDAY} 09:30")
    fresh = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(answered, fresh, agent)
    refused = Message.objects.get(kind="outbound", is_automatic=False)

    with at(f"{TUESDAY} 12:30"):
        outcomes.mark_failed(refused, cause="550 unbekannt")

    fresh.refresh_from_db()
    assert fresh.due_at == berlin(f"{TUESDAY} 13:00")
    assert Promise.objects.open().count() == 1


@pytest.mark.parametrize("is_first_merged", [True, False])
def test_undoing_gives_both_their_promises_back(tenant, agent, is_first_merged):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    before = {one.pk: promise_of(one) for one in (first, second)}
    gone, stays = (first, second) if is_first_merged else (second, first)

    merged(gone, stays, agent)
    undone(gone, agent, f"{TUESDAY} 12:30")

    assert {one.pk: promise_of(one) for one in (first, second)} == before
    for ticket in (first, second):
        ticket.refresh_from_db()
        assert (ticket.due_at, ticket.state) == (before[ticket.pk].due_at, State.NEW)
        assert ticket.queue_band is not None
    assert not Promise.objects.open().exclude(replaced_by=None).exists()


def test_undoing_after_the_due_moment_dates_the_breach_to_it(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(second, first, agent)

    undone(second, agent, f"{TUESDAY} 16:00")

    assert promise_of(second).breached_at == berlin(f"{TUESDAY} 15:00")
    assert second.queue_band == Band.ESCALATED


def test_upgrade_during_a_merge_counts_for_both_afterwards(tenant, agent):
    customer = customer_of("Basis")
    first = opened("Basis", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Basis", f"{TUESDAY} 11:00", requester=customer)
    merged(first, second, agent)
    with at(f"{TUESDAY} 12:30"):
        assign_tier(customer.organisation, tier("Gold"))

    undone(first, agent, f"{TUESDAY} 13:30")

    for ticket in (first, second):
        assert shown(promise_of(ticket))[:3] == (berlin(f"{TUESDAY} 16:30"), True, 4)


def test_messages_stand_in_the_order_they_were_written(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 09:30", requester=customer)
    with at(f"{TUESDAY} 10:00"):
        writing.add_note(first, author=agent, text="Nachgesehen")

    merged(first, second, agent)

    written = [(one.sent_at, one.merged_from) for one in second.messages.thread()]
    assert written == [
        (berlin(f"{TUESDAY} 09:00"), first),
        (berlin(f"{TUESDAY} 09:30"), None),
        (berlin(f"{TUESDAY} 10:00"), first),
    ]
    assert not first.messages.exists()


def test_undoing_returns_the_messages_but_not_what_came_since(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 09:30", requester=customer)
    merged(first, second, agent)
    with at(f"{TUESDAY} 12:10"):
        writing.add_customer_message(
            first,
            author=customer,
            content=Content(text="Noch etwas"),
            channel=Channel.EMAIL,
            received_at=berlin(f"{TUESDAY} 12:10"),
        )

    undone(first, agent, f"{TUESDAY} 12:20")

    assert [one.text for one in first.messages.thread()] == ["Wie geht das?"]
    assert [one.text for one in second.messages.thread()] == ["Wie geht das?", "Noch etwas"]


@pytest.mark.parametrize(
    "why", ["older", "answered", "different people", "spam", "itself", "merged already"]
)
def test_merge_or_its_undoing_is_refused(tenant, agent, why):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    if why in {"older", "answered", "merged already"}:
        merged(first, second, agent)
    if why == "answered":
        answer(second, agent, f"{TUESDAY} 12:30")
    if why == "spam":
        with at(f"{TUESDAY} 12:00"):
            changing.change_state(second, State.SPAM, by=agent)
    other = opened("Gold") if why == "different people" else second
    count = Promise.objects.count()

    def attempt() -> None:
        if why in {"older", "answered"}:
            undo_merge(first, by=agent)
        else:
            merge(first, into=first if why == "itself" else other, by=agent)

    with at(f"{WEDNESDAY} 12:01"), pytest.raises(MergeRefusedError):
        attempt()

    assert Promise.objects.count() == count


def test_merge_can_be_undone_for_a_day(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(first, second, agent)

    with time_machine.travel(berlin(f"{TUESDAY} 12:00") + timedelta(days=1), tick=False):
        undo_merge(first, by=agent)

    first.refresh_from_db()
    assert (first.merged_into, first.state) == (None, State.NEW)


def test_state_and_assignee_of_a_merged_ticket_cannot_be_changed(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", requester=customer)
    second = opened("Gold", requester=customer)
    merged(first, second, agent)

    with pytest.raises(changing.MergedError):
        changing.change_state(first, State.OPEN, by=agent)
    with pytest.raises(changing.MergedError):
        assigning.assign(first, to=agent, by=agent)


def test_undoing_an_earlier_merge_waits_for_the_later_one(tenant, agent):
    customer = customer_of("Gold")
    settled = opened("Gold", f"{TUESDAY} 08:00", requester=customer)
    answer(settled, agent, f"{TUESDAY} 09:05", State.SOLVED)
    first = opened("Gold", f"{TUESDAY} 09:10", requester=customer)
    second = opened("Gold", f"{TUESDAY} 09:30", requester=customer)
    merged(first, settled, agent, f"{TUESDAY} 09:40")
    merged(second, settled, agent, f"{TUESDAY} 09:50")

    with at(f"{TUESDAY} 10:00"), pytest.raises(MergeRefusedError, match=str(second.number)):
        undo_merge(first, by=agent)
    undone(second, agent, f"{TUESDAY} 10:10")
    undone(first, agent, f"{TUESDAY} 10:20")

    assert promise_of(first).due_at == berlin(f"{TUESDAY} 13:10")
    assert promise_of(second).due_at == berlin(f"{TUESDAY} 13:30")
    settled.refresh_from_db()
    assert (settled.state, settled.queue_band) == (State.SOLVED, None)


def test_undoing_after_a_withdrawal_leaves_the_withdrawal_alone(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 09:30", requester=customer)
    merged(first, second, agent, f"{TUESDAY} 09:40")
    with at(f"{TUESDAY} 09:50"):
        changing.change_state(second, State.CLOSED, by=customer)
    write_again(second, f"{TUESDAY} 10:00")
    new = promise_of(second)

    undone(first, agent, f"{TUESDAY} 10:10")

    assert promise_of(second) == new
    assert promise_of(first).due_at == berlin(f"{TUESDAY} 13:00")


def test_tickets_of_different_organisations_are_not_merged(tenant, agent):
    customer = customer_of("Gold")
    settled = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(settled, agent, f"{TUESDAY} 09:05", State.SOLVED)
    with at(f"{TUESDAY} 09:30"):
        senders.link_sender(customer, organisation("Neue Firma"), by=agent)
    customer.refresh_from_db()
    fresh = opened("Gold", f"{TUESDAY} 10:00", requester=customer)

    with pytest.raises(MergeRefusedError):
        merge(settled, into=fresh, by=agent)


def test_bounce_after_the_merged_ticket_was_withdrawn_breaks_nothing(tenant, agent):
    customer = customer_of("Gold")
    answered = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(answered, agent, f"{TUESDAY} 09:30")
    fresh = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(answered, fresh, agent)
    with at(f"{TUESDAY} 12:10"):
        changing.change_state(fresh, State.CLOSED, by=customer)

    with at(f"{WEDNESDAY} 12:00"):
        outcomes.mark_failed(
            Message.objects.get(kind="outbound", is_automatic=False), cause="550 unbekannt"
        )

    assert not Promise.objects.open().exists()
    assert not Promise.objects.all().broken().exists()


def test_undoing_after_a_bounce_owes_each_promise_once(tenant, agent):
    customer = customer_of("Gold")
    answered = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(answered, agent, f"{TUESDAY} 09:30")
    fresh = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    own = promise_of(fresh)
    merged(answered, fresh, agent)
    with at(f"{TUESDAY} 12:10"):
        outcomes.mark_failed(
            Message.objects.get(kind="outbound", is_automatic=False), cause="550 unbekannt"
        )

    undone(answered, agent, f"{TUESDAY} 12:20")

    assert promise_of(fresh) == own
    assert promise_of(answered).due_at == berlin(f"{TUESDAY} 13:00")


def test_response_time_of_a_merged_ticket_counts_from_the_message_that_waited(tenant, agent):
    customer = customer_of("Gold")
    settled = opened("Gold", "2026-03-03 09:00", requester=customer)
    answer(settled, agent, "2026-03-03 10:00", State.SOLVED)
    fresh = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    merged(fresh, settled, agent, f"{TUESDAY} 09:10")
    answer(settled, agent, f"{TUESDAY} 09:30")

    period = Period(date(2026, 3, 10), date(2026, 3, 11), BERLIN)
    times = report(Filters(period), by="tier", at=berlin(f"{WEDNESDAY} 09:00")).times

    assert (times.count, times.median) == (1, 30)


def test_who_worked_on_the_merged_ticket_goes_on_with_the_one_that_stays(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", requester=customer)
    second = opened("Gold", requester=customer)
    assigning.assign(first, to=agent, by=agent)

    merged(first, second, agent)

    assert second.assignee == agent


def test_bounce_of_an_answer_to_a_merged_ticket_is_told(tenant, agent):
    customer = customer_of("Gold")
    answered = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    answer(answered, agent, f"{TUESDAY} 09:30")
    fresh = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    assigning.assign(fresh, to=agent, by=agent)
    merged(answered, fresh, agent)

    with at(f"{WEDNESDAY} 10:00"):
        outcomes.mark_failed(
            Message.objects.get(kind="outbound", is_automatic=False), cause="550 unbekannt"
        )

    notice = Notice.objects.get(kind=Notice.Kind.BREACHED)
    assert (notice.user, notice.promise) == (agent, promise_of(fresh))
    assert notice.at == berlin(f"{TUESDAY} 13:00")


def test_bell_keeps_what_was_missed_when_its_ticket_is_merged(tenant, agent):
    customer = customer_of("Gold")
    broken = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    assigning.assign(broken, to=agent, by=agent)
    running = opened("Gold", f"{TUESDAY} 12:00", requester=customer)
    with at(f"{TUESDAY} 13:30"):
        sweep_tenant(berlin(f"{TUESDAY} 13:30"))

    merged(broken, running, agent, f"{TUESDAY} 14:00")

    notice = Notice.objects.get(user=agent)
    assert (notice.promise, notice.seen_at) == (promise_of(running), None)


def test_merge_into_what_is_spam_now_is_undone_once_it_is_none(tenant, agent):
    customer = customer_of("Gold")
    first = opened("Gold", f"{TUESDAY} 09:00", requester=customer)
    second = opened("Gold", f"{TUESDAY} 11:00", requester=customer)
    merged(first, second, agent)
    with at(f"{TUESDAY} 12:05"):
        changing.change_state(second, State.SPAM, by=agent)

    with at(f"{TUESDAY} 12:10"), pytest.raises(MergeRefusedError):
        undo_merge(first, by=agent)
    with at(f"{TUESDAY} 12:15"):
        changing.change_state(second, State.OPEN, by=agent)
    undone(first, agent, f"{TUESDAY} 12:20")

    assert promise_of(first).due_at == berlin(f"{TUESDAY} 13:00")
    assert promise_of(second).due_at == berlin(f"{TUESDAY} 15:00")
