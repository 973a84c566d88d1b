"""One order for all: stored, indexed, and the one that DESIGN §6 describes."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla.models import Promise
from sla.queue import Band
from sla.sweep import earliest, sweep_tenant
from sla.tiers import default_calendar
from tests.factories import AgentFactory, tier
from tests.sla.arranging import customer_of, opened
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tests.sla.oracle import Oracle
from tickets import assigning, changing, opening, outcomes, writing
from tickets.models import Channel, Ticket
from tickets.opening import NewTicket
from tickets.recording import Content
from tickets.states import State

START = berlin("2026-03-26 09:00")
TIERS = ["Basis", "Bronze", "Silber", "Gold"]
# Round moments meet each other and the edges of the business day, odd ones fall in between.
MINUTES = st.integers(0, 11 * 24 * 4).map(lambda quarter: quarter * 15) | st.integers(0, 11 * 1440)


def swept(at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        sweep_tenant(at)


# The order, written down a second time: from DESIGN §6 alone, on the clock of the oracle.


class Order:
    def __init__(self, spec: dict, at: datetime) -> None:
        self.oracle, self.at = Oracle(spec), at

    def compare(self, one: Promise, other: Promise) -> int:
        """Negative when `one` stands first."""
        for rule in (
            self.escalated,
            self.in_danger,
            self.by_priority,
            self.by_due,
            self.by_arrival,
        ):
            if verdict := rule(one, other):
                return verdict
        return one.ticket_id - other.ticket_id

    def escalated(self, one: Promise, other: Promise) -> int:
        return self.is_broken_guarantee(other) - self.is_broken_guarantee(one)

    def in_danger(self, one: Promise, other: Promise) -> int:
        if self.is_broken_guarantee(one):
            return 0
        if self.is_in_danger(one) and self.is_in_danger(other):
            return self.by_due(one, other) or self.by_arrival(one, other)
        return self.is_in_danger(other) - self.is_in_danger(one)

    def by_priority(self, one: Promise, other: Promise) -> int:
        return self.priority(other) - self.priority(one)

    def by_due(self, one: Promise, other: Promise) -> int:
        return (one.due_at > other.due_at) - (one.due_at < other.due_at)

    def by_arrival(self, one: Promise, other: Promise) -> int:
        first, second = one.ticket.opened_at, other.ticket.opened_at
        return (first > second) - (first < second)

    def is_broken_guarantee(self, promise: Promise) -> bool:
        return promise.is_guaranteed and self.at > promise.due_at

    def is_in_danger(self, promise: Promise) -> bool:
        """In the last half hour of business time, which begins when somebody is there."""
        if not promise.is_guaranteed or self.is_broken_guarantee(promise):
            return False
        left = self.oracle.elapsed(self.at, promise.due_at)
        return left < 1800 or (left == 1800 and self.oracle.is_open(self.at))

    def priority(self, promise: Promise) -> int:
        if promise.is_guaranteed or self.at <= promise.due_at:
            return promise.priority
        periods = self.oracle.elapsed(promise.due_at, self.at) // (promise.minutes * 60)
        return min(4, promise.priority + periods)

    def of(self, promises: list[Promise]) -> list[int]:
        ordered = sorted(promises, key=functools.cmp_to_key(self.compare))
        return [promise.ticket_id for promise in ordered]


ARRIVALS = st.lists(
    st.tuples(
        st.sampled_from(TIERS),
        st.sampled_from([Channel.EMAIL, Channel.EMAIL, Channel.FACEBOOK]),
        MINUTES,
        st.booleans(),  # answered and written to again
    ),
    min_size=2,
    max_size=8,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arrivals=ARRIVALS, looks=st.lists(MINUTES, max_size=3), look=MINUTES)
def test_stored_order_is_the_order_of_the_design(tenant, agent, arrivals, looks, look):
    with transaction.atomic():
        customers = {name: customer_of(name) for name in TIERS}
        for booked, channel, minutes, is_follow_up in arrivals:
            at = START + timedelta(minutes=minutes)
            ticket = _arrive(customers[booked], channel, at)
            if is_follow_up:
                _answer_and_ask_again(ticket, agent, at + timedelta(minutes=10))
        for before in sorted(minutes for minutes in looks if minutes < look):
            swept(START + timedelta(minutes=before))
        at = START + timedelta(minutes=look)

        swept(at)

        promises = list(Promise.objects.open().select_related("ticket"))
        spec = default_calendar().current().spec
        stored = list(Ticket.objects.queued().values_list("pk", flat=True))
        assert stored == Order(spec, at).of(promises)
        # Nothing changes before the moment at which the sweep means to look again.
        if following := earliest():
            assert following >= at
            assert stored == Order(spec, max(at, following - timedelta(seconds=1))).of(promises)
        transaction.set_rollback(True)


def _arrive(customer, channel: str, at: datetime) -> Ticket:
    with time_machine.travel(at, tick=False):
        new = NewTicket(customer, "Frage", channel, at)
        return opening.open_ticket(new, Content(text="?"))[0]


def _answer_and_ask_again(ticket: Ticket, agent, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        outcomes.mark_delivered(writing.reply(ticket, author=agent, text="!"))
        writing.add_customer_message(
            ticket,
            author=ticket.requester,
            content=Content(text="?"),
            channel=ticket.channel,
            received_at=at,
        )


def test_queue_stands_as_the_design_says_in_plain_numbers(tenant):
    basis = opened("Basis", at=f"{TUESDAY} 09:00")
    broken_gold = opened("Gold", at=f"{TUESDAY} 10:00")
    broken_silver = opened("Silber", at=f"{TUESDAY} 09:30")
    risky_gold = opened("Gold", at=f"{WEDNESDAY} 11:05")
    risky_bronze = opened("Bronze", at=f"{TUESDAY} 11:00")
    fresh_gold = opened("Gold", at=f"{WEDNESDAY} 14:00")
    fresh_silver = opened("Silber", at=f"{WEDNESDAY} 13:00")
    facebook = opened("Gold", at=f"{WEDNESDAY} 13:30", channel=Channel.FACEBOOK)

    swept(berlin(f"{WEDNESDAY} 14:40"))

    assert list(Ticket.objects.queued()) == [
        broken_gold,
        broken_silver,
        # Both in their last half hour; the one that is due first stands first.
        risky_bronze,
        risky_gold,
        facebook,
        fresh_gold,
        fresh_silver,
        basis,
    ]


def test_guarantee_in_its_last_half_hour_stands_before_higher_tiers(tenant):
    gold = opened("Gold", at=f"{WEDNESDAY} 12:00")
    bronze = opened("Bronze", at=f"{TUESDAY} 09:00")
    moment = berlin(f"{WEDNESDAY} 12:30")

    swept(moment - timedelta(seconds=1))
    before = list(Ticket.objects.queued())
    swept(moment + timedelta(seconds=1))

    assert before == [gold, bronze]
    assert list(Ticket.objects.queued()) == [bronze, gold]


def test_length_of_the_last_stretch_is_the_tenants_choice(tenant):
    calendar = default_calendar()
    calendar.at_risk_minutes = 120
    calendar.save()
    ticket = opened("Gold", at=f"{TUESDAY} 09:00")

    swept(berlin(f"{TUESDAY} 11:00:01"))

    ticket.refresh_from_db()
    assert ticket.queue_band == Band.AT_RISK


def test_target_in_its_last_half_hour_stays_where_it_is(tenant):
    ticket = opened("Basis", at=f"{TUESDAY} 09:00")

    swept(berlin(f"{WEDNESDAY} 16:59"))

    ticket.refresh_from_db()
    assert (ticket.queue_band, ticket.queue_rank) == (Band.REGULAR, -1)


def test_missed_target_rises_one_priority_per_further_period(tenant):
    """Basis: 16 hours, so due on Wednesday at 17:00 and higher every two business days."""
    ticket = opened("Basis", at=f"{TUESDAY} 09:00")
    ranks = {}

    for day in ("2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", "2026-03-18", "2026-03-20"):
        swept(berlin(f"{day} 17:00:01"))
        ticket.refresh_from_db()
        ranks[day] = ticket.queue_rank

    assert ranks == {
        "2026-03-12": -1,
        "2026-03-13": -2,
        "2026-03-16": -2,
        "2026-03-17": -3,
        "2026-03-18": -3,
        "2026-03-20": -4,
    }
    promise = ticket.promises.get()
    assert promise.next_check_at is None
    assert promise.breached_at == berlin(f"{WEDNESDAY} 17:00")


def test_target_of_the_highest_priority_cannot_rise(tenant):
    ticket = opened("Gold", at=f"{TUESDAY} 09:00", channel=Channel.FACEBOOK)

    swept(berlin("2026-03-20 17:00"))

    ticket.refresh_from_db()
    assert (ticket.queue_band, ticket.queue_rank) == (Band.REGULAR, -4)
    assert ticket.promises.get().next_check_at is None


def test_long_pause_of_the_sweep_gives_the_same_place(tenant):
    looked_at = opened("Basis", at=f"{TUESDAY} 09:00")
    for hours in range(0, 200, 7):
        swept(berlin(f"{TUESDAY} 09:00") + timedelta(hours=hours))
    at = berlin("2026-03-19 09:00")
    swept(at)
    missed = opened("Basis", at=f"{TUESDAY} 09:00")
    swept(at)

    looked_at.refresh_from_db()
    missed.refresh_from_db()
    assert looked_at.queue_key[:4] == missed.queue_key[:4]
    assert looked_at.promises.get().next_check_at == missed.promises.get().next_check_at


def test_answered_closed_and_spam_tickets_stand_nowhere(tenant, agent):
    answered, closed, spam, left = (opened("Gold") for _ in range(4))

    writing.reply(answered, author=agent, text="So geht es.")
    changing.change_state(closed, State.CLOSED, by=agent)
    changing.change_state(spam, State.SPAM, by=agent)

    assert list(Ticket.objects.queued()) == [left]


def test_next_ticket_is_the_first_that_nobody_has(tenant, agent):
    silver, gold = opened("Silber"), opened("Gold")
    assigning.assign(gold, to=AgentFactory(), by=agent)

    assert Ticket.objects.queued().filter(assignee=None).first() == silver


# Pages

FILL = """
INSERT INTO tickets_ticket (subject, state, channel, requester_id, organisation_id, mailbox, hint,
    is_verified, opened_at, updated_at, due_at, priority, queue_band, queue_rank)
SELECT 'Frage ' || n, 'new', 'email', %(requester)s, %(organisation)s, '', '', true,
    moment, moment, moment + (n %% 7) * interval '1 hour', n %% 4 + 1, n %% 3,
    CASE WHEN n %% 3 = 1 THEN 0 ELSE -(n %% 4 + 1) END
FROM generate_series(1, %(count)s) AS n,
    LATERAL (SELECT timestamptz '2026-03-10 08:00Z' + (n %% 11) * interval '1 hour') m(moment)
"""


def fill(count: int) -> None:
    """Tickets with many equal keys, as thousands of mails on one morning have."""
    customer = customer_of("Basis")
    with connection.cursor() as cursor:
        cursor.execute(
            FILL,
            {
                "count": count,
                "requester": customer.pk,
                "organisation": customer.organisation.pk,
            },
        )
    analyze()


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")


@pytest.mark.parametrize("size", [1, 7, 50])
def test_pages_show_every_ticket_exactly_once(tenant, size):
    fill(120)
    seen: list[int] = []

    page = Ticket.objects.queued().page(size)
    while page:
        seen += [ticket.pk for ticket in page]
        page = Ticket.objects.queued().page(size, after=page[-1].queue_key)

    assert seen == list(Ticket.objects.queued().values_list("pk", flat=True))
    assert len(seen) == len(set(seen)) == 120


def test_page_goes_on_where_it_was_when_tickets_leave_the_queue(tenant):
    fill(30)
    everything = list(Ticket.objects.queued())
    first = everything[:10]
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in first]).update(queue_band=None)

    assert Ticket.objects.queued().page(50, after=first[-1].queue_key) == everything[10:]


def test_page_has_all_that_its_rows_show_in_one_statement_and_the_next_in_two(
    tenant, django_assert_num_queries
):
    fill(30)
    queue = Ticket.objects.queued().for_list()

    with django_assert_num_queries(1):
        first = queue.page(20)
        shown = [(row.requester.email, row.organisation.name, row.assignee) for row in first]
    with django_assert_num_queries(2):
        rest = queue.page(20, after=first[-1].queue_key)
        shown += [(row.requester.email, row.organisation.name, row.assignee) for row in rest]

    assert len(shown) == 30


@pytest.mark.parametrize("are_alike", [False, True])
@pytest.mark.parametrize("depth", [0, 60, 2500, 4900])
def test_page_is_one_scan_of_the_index_at_any_depth(tenant, depth, are_alike):
    """Also when all tickets stand in the last band, where the planner expects nothing more."""
    fill(5000)
    if are_alike:
        Ticket.objects.update(queue_band=Band.REGULAR, queue_rank=-1)
        analyze()
    key = Ticket.objects.queued()[depth].queue_key
    Ticket.objects.update(subject="Frage")

    with CaptureQueriesContext(connection) as captured:
        page = Ticket.objects.queued().for_list().page(51, after=key)
    plan = explained(captured[0]["sql"])

    assert len(page) == 51
    assert "Scan using ticket_queue on tickets_ticket" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
    assert "Rows Removed" not in plan
    assert "rows=51.00 loops=1" in plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_first_page_is_one_scan_of_the_index(tenant):
    fill(5000)

    with CaptureQueriesContext(connection) as captured:
        Ticket.objects.queued().for_list().page(51)
    plan = explained(captured[0]["sql"])

    assert "Index Scan using ticket_queue on tickets_ticket" in plan
    assert "Sort" not in plan


def test_page_of_one_agents_tickets_holds_no_others(tenant, agent):
    fill(200)
    Ticket.objects.filter(pk__in=Ticket.objects.order_by("?")[:40]).update(assignee=agent)
    mine = Ticket.objects.queued().filter(assignee=agent)

    first = mine.page(25)
    rest = mine.page(25, after=first[-1].queue_key)

    assert first + rest == list(mine)
    assert (len(first), len(rest)) == (25, 15)


def test_tiers_priorities_are_the_tenants_own(tenant):
    bronze = tier("Bronze")
    bronze.priority = 4
    bronze.save()
    silver, raised = opened("Silber"), opened("Bronze")

    assert list(Ticket.objects.queued()) == [raised, silver]
