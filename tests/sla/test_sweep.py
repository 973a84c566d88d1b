"""The sweep finds what is due: dated to its moment, once, and without looking at the rest."""

from __future__ import annotations

import random
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from threading import Event as Signal

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from django_tenants.utils import schema_context

from sla import sweep as sweeping
from sla.changes import assign_tier
from sla.models import Promise
from sla.queue import Band
from sla.sweep import earliest, sweep, sweep_tenant
from tenants import wakeups
from tenants.acts import act
from tenants.models import Tenant, Wakeup
from tests.factories import AgentFactory, open_ticket, organisation, tier
from tests.sla.arranging import answer, customer_of, opened, promise_of
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tests.sla.test_queue import explained, fill
from tests.threads import Side, side_by_side
from tickets import assigning, writing
from tickets.models import Event, Ticket

DUE = berlin(f"{TUESDAY} 13:00")
SECOND = timedelta(seconds=1)


def swept(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return sweep_tenant(at)


def breaches(ticket: Ticket) -> list[tuple[str, str, datetime]]:
    events = ticket.events.filter(what__in=["breached", "target_missed"])
    return [(event.what, event.before, event.at) for event in events]


def wakeup(tenant: Tenant) -> datetime | None:
    return Wakeup.objects.get(schema_name=tenant.schema_name, kind=Wakeup.Kind.PROMISES).next_at


@pytest.mark.parametrize("late", [SECOND, timedelta(hours=5), timedelta(days=3)])
def test_breach_is_dated_to_the_due_moment_however_late_it_is_found(tenant, late):
    ticket = opened("Gold")

    swept(DUE + late)

    promise = promise_of(ticket)
    assert (promise.breached_at, promise.noticed_at) == (DUE, DUE + late)
    ticket.refresh_from_db()
    assert (ticket.queue_band, ticket.queue_rank) == (Band.ESCALATED, -4)


def test_breach_is_found_exactly_once(tenant):
    ticket = opened("Gold")

    found = [swept(DUE + timedelta(minutes=minutes)) for minutes in (1, 1, 2, 600)]

    assert found == [1, 0, 0, 0]
    assert breaches(ticket) == [("breached", "first", DUE)]
    assert promise_of(ticket).noticed_at == DUE + timedelta(minutes=1)


def test_missed_target_is_no_escalation(tenant):
    ticket = opened("Basis")
    due = berlin(f"{WEDNESDAY} 17:00")

    swept(due + SECOND)

    assert breaches(ticket) == [("target_missed", "first", due)]
    ticket.refresh_from_db()
    assert (ticket.queue_band, ticket.queue_rank) == (Band.REGULAR, -1)


def test_breaches_are_written_in_the_order_of_their_moments(tenant):
    tickets = [opened("Gold", at=f"{TUESDAY} 1{hour}:00") for hour in (2, 0, 1)]

    swept(berlin("2026-03-13 09:00"))

    lines = Event.objects.filter(what="breached").order_by("pk")
    assert [line.ticket for line in lines] == [tickets[1], tickets[2], tickets[0]]


def test_answered_promises_are_not_looked_at(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")

    assert swept(DUE + timedelta(days=1)) == 0


def test_work_beyond_one_transaction_is_done_in_several(tenant, monkeypatch):
    monkeypatch.setattr(sweeping, "BATCH", 2)
    tickets = [opened("Gold") for _ in range(5)]

    assert swept(DUE + SECOND) == 5

    assert all(promise_of(ticket).breached_at == DUE for ticket in tickets)


def test_flagging_many_takes_one_statement(tenant, django_assert_num_queries):
    for _ in range(20):
        opened("Gold")

    # Who is due; begin, lock, flag; the tier, its hours; notices, the wakeup; commit.
    with django_assert_num_queries(11):
        assert swept(berlin("2026-03-20 09:00")) == 20


def test_clock_that_jumps_back_flags_nothing_and_loses_nothing(tenant):
    ticket = opened("Gold")
    swept(DUE + SECOND)

    swept(DUE - timedelta(hours=3))

    assert promise_of(ticket).breached_at == DUE
    assert breaches(ticket) == [("breached", "first", DUE)]


def test_sweep_with_nothing_due_asks_one_question(tenant, django_assert_num_queries):
    opened("Gold")
    Wakeup.objects.update(next_at=now() + timedelta(hours=1))
    connection.set_schema_to_public()
    sweep()

    with django_assert_num_queries(1):
        assert sweep() == 0


def test_sweep_visits_the_tenants_with_something_due_and_no_other(
    tenant, other_tenant, monkeypatch
):
    visited: list[str] = []
    monkeypatch.setattr(
        sweeping, "sweep_tenant", lambda at: visited.append(connection.schema_name) or 0
    )
    with schema_context(other_tenant.schema_name):
        opened("Gold")
    Wakeup.objects.filter(schema_name=other_tenant.schema_name).update(next_at=DUE)
    Wakeup.objects.filter(schema_name=tenant.schema_name).update(next_at=now() + SECOND * 60)
    connection.set_schema_to_public()

    sweep()

    assert visited == [other_tenant.schema_name]


def test_suspended_tenant_is_left_alone(tenant):
    opened("Gold")
    Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.SUSPENDED)
    connection.set_schema_to_public()

    assert sweep() == 0


def test_sweep_asks_to_come_back_at_the_next_moment(tenant):
    ticket = opened("Gold")
    asked = wakeup(tenant)

    with time_machine.travel(berlin(f"{TUESDAY} 12:00:01"), tick=False):
        sweep()
    warned = wakeup(tenant)
    with time_machine.travel(berlin(f"{TUESDAY} 12:30:01"), tick=False):
        sweep()
    at_risk = wakeup(tenant)
    with time_machine.travel(DUE + SECOND, tick=False):
        sweep()

    assert (asked, warned) == (berlin(f"{TUESDAY} 12:00"), berlin(f"{TUESDAY} 12:30"))
    assert at_risk == DUE
    assert wakeup(tenant) is None
    assert promise_of(ticket).breached_at == DUE


def test_one_tenants_trouble_does_not_stop_the_others(tenant, other_tenant, monkeypatch, caplog):
    ours = opened("Gold")
    with schema_context(other_tenant.schema_name):
        theirs = opened("Gold", at=f"{TUESDAY} 09:30")
    real = sweeping.sweep_tenant

    def fragile(at: datetime) -> int:
        if connection.schema_name == tenant.schema_name:
            raise RuntimeError("disk on fire")
        return real(at)

    monkeypatch.setattr(sweeping, "sweep_tenant", fragile)
    asked = wakeup(tenant)
    connection.set_schema_to_public()

    with time_machine.travel(berlin(f"{WEDNESDAY} 09:00"), tick=False):
        sweep()

    assert "disk on fire" in caplog.text
    assert wakeup(tenant) == asked
    with schema_context(tenant.schema_name):
        assert promise_of(ours).breached_at is None
    with schema_context(other_tenant.schema_name):
        assert promise_of(theirs).breached_at == berlin(f"{TUESDAY} 13:30")


PROMISES = """
INSERT INTO sla_promise (ticket_id, kind, reason, tier_id, minutes, calendar_version_id, started_at,
    due_at, is_guaranteed, priority, made_at, end_cause, at_risk_at, next_check_at)
SELECT ticket.id, 'first', 'opened', tier.id, 60, version.id, opened_at,
    due_at, true, 1, opened_at, '', due_at, due_at
FROM tickets_ticket ticket, sla_calendarversion version, sla_supporttier tier
WHERE tier.is_default
"""


def test_next_moment_is_one_look_at_an_index(tenant):
    fill(3000)
    with connection.cursor() as cursor:
        cursor.execute(PROMISES)
        cursor.execute("ANALYZE sla_promise")

    with CaptureQueriesContext(connection) as captured:
        found = earliest()

    plan = explained(captured[0]["sql"])
    assert found == Promise.objects.order_by("due_at").first().due_at
    assert "Scan using promise_next_check" in plan
    assert "rows=1.00 loops=1" in plan
    assert "Seq Scan" not in plan


# Real connections from here on.


@pytest.fixture
def desk(fresh_tenant):
    """A tenant of its own, whose rows other connections see."""
    return fresh_tenant


def late_tickets(count: int) -> list[Ticket]:
    customer = customer_of("Gold")
    return [open_ticket(customer, received_at=now() - timedelta(days=10)) for _ in range(count)]


def test_held_ticket_waits_for_the_next_round_and_holds_nobody_up(desk):
    held, free = late_tickets(2)
    is_held, may_end = Signal(), Signal()

    def hold() -> None:
        with transaction.atomic():
            Ticket.objects.select_for_update().get(pk=held.pk)
            is_held.set()
            may_end.wait(30)

    with Side(desk) as agent:
        holding = agent.run(hold)
        is_held.wait(30)
        sweep()
        first = [promise_of(ticket).breached_at is not None for ticket in (held, free)]
        may_end.set()
        holding.result(30)
    sweep()

    assert first == [False, True]
    assert promise_of(held).breached_at == promise_of(held).due_at


def test_two_sweeps_at_once_flag_everything_once(desk):
    tickets = late_tickets(30)

    side_by_side(desk, [sweep, sweep, sweep])
    sweep()

    for ticket in tickets:
        promise = promise_of(ticket)
        assert breaches(ticket) == [("breached", "first", promise.due_at)]


def test_sweep_against_eight_replying_agents_knows_no_deadlock(desk):
    tickets = late_tickets(12)
    agents = [AgentFactory() for _ in range(8)]
    upgraded = organisation("Zweiter Kunde", booked="Bronze")
    done = Signal()

    def work(agent, seed: int) -> None:
        order = random.Random(seed)
        for ticket in order.sample(tickets, len(tickets)):
            assigning.assign(ticket, to=agent, by=agent)
            if order.random() < 0.5:
                writing.add_note(ticket, author=agent, text="Ich sehe nach.")
            writing.reply(ticket, author=agent, text="So geht es.")

    def sweep_on() -> int:
        rounds = 0
        while not done.is_set():
            sweep()
            rounds += 1
        return rounds

    with Side(desk) as sweeper, Side(desk) as booker:
        sweeping_on = sweeper.run(sweep_on)
        booking = booker.run(assign_tier, upgraded, tier("Gold"))
        side_by_side(
            desk, [lambda agent=agent, n=n: work(agent, n) for n, agent in enumerate(agents)]
        )
        booking.result(30)
        done.set()
        assert sweeping_on.result(30) > 0
    sweep()

    for ticket in tickets:
        promise = ticket.promises.get()
        answers = ticket.messages.filter(kind="outbound").order_by("sent_at", "pk")
        assert answers.count() == 8
        assert (promise.answer, promise.breached_at) == (answers[0], promise.due_at)
        assert breaches(ticket) == [("breached", "first", promise.due_at)]
        assert not ticket.promises.open().exists()


def test_two_agents_at_the_same_second_on_two_connections(desk):
    ticket = open_ticket(customer_of("Gold"))
    agents = [AgentFactory(), AgentFactory()]

    replies = side_by_side(
        desk,
        [partial(writing.reply, ticket, author=agent, text="So geht es.") for agent in agents],
    )

    promise = ticket.promises.get()
    assert promise.answer == min(replies, key=lambda message: (message.sent_at, message.pk))
    assert ticket.messages.filter(kind="outbound").count() == 2
    assert ticket.events.filter(what="answered").count() == 1


def test_ticket_that_is_being_opened_takes_part_in_an_upgrade(desk):
    customer = customer_of("Basis")
    is_open, may_commit = Signal(), Signal()

    def open_slowly() -> Ticket:
        with act():
            ticket = open_ticket(customer)
            is_open.set()
            may_commit.wait(30)
            return ticket

    with Side(desk) as intake, Side(desk) as booker:
        opening = intake.run(open_slowly)
        is_open.wait(30)
        booking = booker.run(assign_tier, customer.organisation, tier("Gold"))
        time.sleep(0.3)
        is_waiting = not booking.done()
        may_commit.set()
        ticket = opening.result(30)
        booking.result(30)

    assert is_waiting
    assert promise_of(ticket).tier.name == "Gold"


# The wakeup, interleaved at every step: writer (promise, lower, commit), sweep (lock, read, raise).


class Steps:
    """Stops a step of the protocol until the other side has done what the test wants."""

    def __init__(self) -> None:
        self.reached, self.go_on = Signal(), Signal()

    def stop(self) -> None:
        self.reached.set()
        assert self.go_on.wait(30)


def written_slowly(steps: Steps, customer, *, before: bool) -> Ticket:
    """Open a ticket whose act stops just before, or just after, it lowers the wakeup."""
    real, writer = wakeups.write, threading.get_ident()

    def write(moments) -> None:
        is_writer = threading.get_ident() == writer
        if before and is_writer:
            steps.stop()
        real(moments)
        if not before and is_writer:
            steps.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wakeups, "write", write)
        return open_ticket(customer)


def settle() -> None:
    wakeups.settle(Wakeup.Kind.PROMISES, earliest)


def waits(future) -> bool:
    time.sleep(0.3)
    return not future.done()


def test_sweep_that_meets_a_lowered_row_waits_for_its_writer(desk):
    late_tickets(1)
    sweep()
    customer, steps = customer_of("Gold"), Steps()

    with Side(desk) as writer, Side(desk) as sweeper:
        written = writer.run(written_slowly, steps, customer, before=False)
        steps.reached.wait(30)
        settling = sweeper.run(settle)
        is_waiting = waits(settling)
        steps.go_on.set()
        ticket = written.result(30)
        settling.result(30)

    assert is_waiting
    assert wakeup(desk) == promise_of(ticket).next_check_at


def test_writer_lowers_the_row_that_the_sweep_has_raised_meanwhile(desk):
    late_tickets(1)
    customer, steps = customer_of("Gold"), Steps()

    with Side(desk) as writer:
        written = writer.run(written_slowly, steps, customer, before=True)
        steps.reached.wait(30)
        sweep()
        raised = wakeup(desk)
        steps.go_on.set()
        ticket = written.result(30)

    assert raised is None
    assert wakeup(desk) == promise_of(ticket).next_check_at


def test_writer_that_comes_while_the_sweep_has_read_lowers_the_row_after_it(desk):
    late_tickets(1)
    sweep()
    customer, steps = customer_of("Gold"), Steps()

    def read_and_stop() -> datetime | None:
        found = earliest()
        steps.stop()
        return found

    with Side(desk) as writer, Side(desk) as sweeper:
        settling = sweeper.run(wakeups.settle, Wakeup.Kind.PROMISES, read_and_stop)
        steps.reached.wait(30)
        written = writer.run(open_ticket, customer)
        is_waiting = waits(written)
        steps.go_on.set()
        settling.result(30)
        ticket = written.result(30)

    assert is_waiting
    assert wakeup(desk) == promise_of(ticket).next_check_at


def test_writers_first_row_and_the_sweep_do_not_miss_each_other(desk):
    Wakeup.objects.filter(schema_name=desk.schema_name).delete()
    customer, steps = customer_of("Gold"), Steps()

    with Side(desk) as writer, Side(desk) as sweeper:
        written = writer.run(written_slowly, steps, customer, before=False)
        steps.reached.wait(30)
        sweeper.run(settle).result(30)
        steps.go_on.set()
        ticket = written.result(30)

    assert wakeup(desk) == promise_of(ticket).next_check_at


def test_wakeup_never_lies_after_the_first_moment_under_load(desk):
    customers = [customer_of("Gold") for _ in range(4)]
    agent, done = AgentFactory(), Signal()

    def write(customer, seed: int) -> None:
        order = random.Random(seed)
        for _ in range(15):
            arrived = now() - timedelta(minutes=order.randrange(0, 3 * 1440))
            ticket = open_ticket(customer, received_at=arrived)
            if order.random() < 0.5:
                writing.reply(ticket, author=agent, text="So geht es.")

    def sweep_on() -> None:
        while not done.is_set():
            sweep()
            settle()

    with Side(desk) as one, Side(desk) as other:
        rounds = [one.run(sweep_on), other.run(sweep_on)]
        side_by_side(
            desk,
            [
                lambda customer=customer, n=n: write(customer, n)
                for n, customer in enumerate(customers)
            ],
        )
        done.set()
        for running in rounds:
            running.result(30)

    first, asked = earliest(), wakeup(desk)
    assert first is None or (asked is not None and asked <= first)
    sweep()
    assert not Promise.objects.open().filter(due_at__lt=now(), breached_at=None).exists()
