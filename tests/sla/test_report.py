"""The report "Zusagen": each promise in exactly one class, counted where it belongs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.utils.timezone import now
from django_tenants.utils import schema_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Team
from sla import report, tiers
from sla.calendar import Calendar
from sla.changes import assign_tier
from sla.models import CalendarVersion, Promise
from sla.report import Counts, Dimension, Filters, Outcome, Period, Tally
from sla.report_times import Times, minutes
from sla.sweep import sweep_tenant
from tests.factories import AgentFactory, CustomerFactory, open_ticket, tier
from tests.sla.arranging import answer, customer_of, opened, write_again
from tests.sla.moments import BERLIN, FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, berlin
from tickets import changing, outcomes, writing
from tickets.models import Channel, Message, Ticket
from tickets.states import State

WEEK = Period(date(2026, 3, 9), date(2026, 3, 16), BERLIN)
LATER = berlin("2026-04-01 12:00")


def counted(at=LATER, by=Dimension.TIER, period=WEEK, **filters) -> report.Report:
    return report.report(Filters(period, **filters), by, at)


def total(at=LATER, **filters) -> Tally:
    return counted(at, **filters).total


def classes(ticket: Ticket, at=LATER) -> list[str]:
    """The class of each of a ticket's promises, in the order in which they were made."""
    found = report.promises(Filters(WEEK, kind=""), at).filter(ticket=ticket).order_by("pk")
    return list(found.values_list("outcome", flat=True))


def close_as_customer(ticket: Ticket, at: str) -> None:
    with time_machine.travel(berlin(at), tick=False):
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)


def mark_as_spam(ticket: Ticket, agent, at: str) -> None:
    with time_machine.travel(berlin(at), tick=False):
        changing.change_state(ticket, State.SPAM, by=agent)


def merged(ticket: Ticket, **outcome) -> None:
    """The ticket goes on in another one."""
    ended = {"ended_at": berlin(f"{WEDNESDAY} 09:00"), "end_cause": Promise.End.MERGED}
    ticket.promises.update(**ended, **outcome)


def test_answered_in_time_and_accepted_is_kept(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 13:00")

    assert classes(ticket) == [Outcome.KEPT]


def test_answered_late_is_broken(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 13:01")

    assert classes(ticket) == [Outcome.BROKEN]


def test_due_moment_that_passed_unanswered_is_broken_before_the_sweep_has_seen_it(tenant):
    ticket = opened("Gold")
    due = berlin(f"{TUESDAY} 13:00")

    assert classes(ticket, due) == [Outcome.OPEN]
    assert classes(ticket, due + timedelta(seconds=1)) == [Outcome.BROKEN]
    sweep_tenant(due + timedelta(seconds=1))
    assert classes(ticket, due + timedelta(seconds=1)) == [Outcome.BROKEN]


def test_answer_whose_first_hop_is_pending_is_open_even_when_due_has_passed(tenant, agent):
    ticket = opened("Gold")
    with time_machine.travel(berlin(f"{TUESDAY} 12:59"), tick=False):
        writing.reply(ticket, author=agent, text="So geht es.", state=State.WAITING)

    assert classes(ticket) == [Outcome.OPEN]


def test_refused_answer_leaves_the_promise_broken(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")
    message = ticket.messages.get(kind=Message.Kind.OUTBOUND)
    with time_machine.travel(berlin(f"{THURSDAY} 09:00"), tick=False):
        outcomes.mark_failed(message, cause="550")

    assert classes(ticket)[0] == Outcome.BROKEN


def test_withdrawn_in_time_has_no_outcome_and_too_late_is_broken(tenant):
    in_time, too_late = opened("Gold"), opened("Gold")
    close_as_customer(in_time, f"{TUESDAY} 11:00")
    close_as_customer(too_late, f"{TUESDAY} 14:00")

    assert (classes(in_time), classes(too_late)) == ([Outcome.NONE], [Outcome.BROKEN])


def test_spam_has_no_outcome_even_when_it_was_broken(tenant, agent):
    ticket = opened("Gold")
    sweep_tenant(berlin(f"{TUESDAY} 14:00"))
    mark_as_spam(ticket, agent, f"{TUESDAY} 15:00")

    assert classes(ticket) == [Outcome.NONE]


def test_replaced_lives_on_in_its_successor(tenant, agent):
    customer = customer_of("Basis")
    ticket = opened(requester=customer)
    assign_tier(customer.organisation, tier("Gold"), at=berlin(f"{TUESDAY} 10:00"))
    answer(ticket, agent, f"{TUESDAY} 11:00")

    assert classes(ticket) == [Outcome.NONE, Outcome.KEPT]


def test_gone_on_in_another_ticket_is_broken_only_if_it_was_before(tenant):
    in_time, too_late = opened("Gold"), opened("Gold")
    merged(in_time)
    merged(too_late, breached_at=berlin(f"{TUESDAY} 13:00"))

    assert (classes(in_time), classes(too_late)) == ([Outcome.NONE], [Outcome.BROKEN])


moments = st.sampled_from([None, berlin(f"{TUESDAY} 12:00"), berlin(f"{WEDNESDAY} 12:00")])
states = st.tuples(
    st.sampled_from(["first", "next"]),
    st.booleans(),
    st.sampled_from([berlin(f"{TUESDAY} 13:00"), berlin("2026-05-01 09:00")]),
    moments,
    moments,
    st.booleans(),
    st.sampled_from(["", *Promise.End.values]),
)


def stored(ticket: Ticket, version: CalendarVersion, state) -> Promise:
    kind, is_guaranteed, due_at, answered_at, accepted_at, is_breached, end_cause = state
    return Promise(
        ticket=ticket,
        kind=kind,
        reason=Promise.Reason.OPENED,
        tier=tier("Gold"),
        minutes=240,
        calendar_version=version,
        started_at=berlin(f"{TUESDAY} 09:00"),
        due_at=due_at,
        is_guaranteed=is_guaranteed,
        priority=4,
        at_risk_at=due_at,
        answered_at=answered_at,
        accepted_at=answered_at and accepted_at,
        breached_at=due_at if is_breached or (answered_at or due_at) > due_at else None,
        ended_at=berlin(f"{THURSDAY} 09:00") if end_cause else None,
        end_cause=end_cause,
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(states, max_size=12))
def test_every_promise_falls_into_exactly_one_class(tenant, drawn):
    Promise.objects.all().delete()
    version, customer = CalendarVersion.objects.get(), CustomerFactory()
    tickets = [
        Ticket.objects.create(
            subject="Frage",
            channel=Channel.EMAIL,
            requester=customer,
            organisation=customer.organisation,
            opened_at=berlin(f"{TUESDAY} 09:00"),
        )
        for _ in drawn
    ]
    Promise.objects.bulk_create(
        stored(ticket, version, state) for ticket, state in zip(tickets, drawn, strict=True)
    )

    counts = total(kind="").both

    assert counts.kept + counts.broken + counts.open + counts.none == len(drawn)
    assert counts.broken == Promise.objects.broken(LATER).count()
    assert {
        name: report.promises(Filters(WEEK, kind="", outcome=name), LATER).count()
        for name in Outcome.values
    } == {name: getattr(counts, name) for name in Outcome.values}
    for by in Dimension.values:
        rows = counted(kind="", by=by).rows.values()
        assert sum((row.both for row in rows), Counts()) == counts


def test_guarantees_and_targets_are_counted_apart(tenant, agent):
    for booked in ("Gold", "Basis"):
        answer(opened(booked), agent, f"{TUESDAY} 10:00")
    opened("Bronze")

    assert total() == Tally(guarantees=Counts(kept=1, broken=1), targets=Counts(kept=1))
    assert total(is_guaranteed=True) == Tally(guarantees=Counts(kept=1, broken=1))
    assert total(is_guaranteed=False) == Tally(targets=Counts(kept=1))


def test_first_responses_are_counted_unless_something_else_is_asked_for(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")
    write_again(ticket, f"{TUESDAY} 11:00")

    assert total() == Tally(guarantees=Counts(kept=1))
    assert total(kind="next") == Tally(targets=Counts(broken=1))
    assert total(kind="") == Tally(guarantees=Counts(kept=1), targets=Counts(broken=1))


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("2026-03-08 23:59:59.999999", 0),
        ("2026-03-09 00:00", 1),
        ("2026-03-15 23:59:59.999999", 1),
        ("2026-03-16 00:00", 0),
    ],
)
def test_a_promise_belongs_to_the_local_day_on_which_it_began(tenant, at, number):
    opened("Gold", at)

    assert total().both.all == number


def test_each_dimension_has_a_row_for_every_value(tenant, agent):
    team, other = Team.objects.create(name="Technik"), AgentFactory()
    gold, basis = opened("Gold"), opened("Basis", channel=Channel.PORTAL)
    nobodys = opened("Basis")
    Ticket.objects.filter(pk=gold.pk).update(team=team, assignee=other)
    Ticket.objects.filter(pk=basis.pk).update(assignee=other)
    answer(gold, agent, f"{TUESDAY} 10:00")

    found = {
        by: {key: row.both for key, row in counted(by=by).rows.items()} for by in Dimension.values
    }

    kept, broken = Counts(kept=1), Counts(broken=1)
    assert found == {
        "tier": {tier("Gold").pk: kept, tier("Basis").pk: Counts(broken=2)},
        "channel": {Channel.EMAIL: kept + broken, Channel.PORTAL: broken},
        "team": {team.pk: kept, None: Counts(broken=2)},
        "agent": {agent.pk: kept, other.pk: broken, None: broken},
        "organisation": {
            gold.organisation_id: kept,
            basis.organisation_id: broken,
            nobodys.organisation_id: broken,
        },
    }


def test_filters_leave_what_was_asked_for(tenant, agent):
    team = Team.objects.create(name="Technik")
    gold = opened("Gold")
    opened("Basis", channel=Channel.PORTAL)
    Ticket.objects.filter(pk=gold.pk).update(team=team)
    answer(gold, agent, f"{TUESDAY} 10:00")
    gold.organisation.name = "Teehaus Süd"
    gold.organisation.save()

    golds = [
        {"tier": tier("Gold").pk},
        {"channel": Channel.EMAIL},
        {"team": str(team.pk)},
        {"agent": str(agent.pk)},
        {"organisation": gold.organisation_id},
        {"customer": "haus sü"},
        {"outcome": Outcome.KEPT},
    ]
    others = [{"channel": Channel.PORTAL}, {"team": "none"}, {"agent": "none"}]
    assert [total(**one).both for one in golds] == [Counts(kept=1)] * len(golds)
    assert [total(**one).both for one in others] == [Counts(broken=1)] * len(others)


def test_weeks_begin_on_monday_and_none_is_left_out(tenant):
    opened("Gold", "2026-03-08 23:30")
    opened("Gold", f"{MONDAY} 00:10")
    opened("Gold", "2026-03-24 09:00")

    weeks = counted(period=Period(date(2026, 3, 1), date(2026, 4, 1), BERLIN)).weeks

    assert {day.isoformat(): tally.both.all for day, tally in weeks.items()} == {
        "2026-02-23": 0,
        "2026-03-02": 1,
        "2026-03-09": 1,
        "2026-03-16": 0,
        "2026-03-23": 1,
        "2026-03-30": 0,
    }


def test_share_leaves_out_what_is_undecided():
    assert Counts(kept=3, broken=1, open=7, none=9).share == 0.75
    assert Counts(open=1, none=1).share is None


def test_nothing_promised_is_an_empty_report(tenant):
    found = counted()

    assert (found.total, found.rows, found.times) == (Tally(), {}, Times(0, None, None))


def test_times_are_begun_business_minutes_per_calendar(tenant, agent):
    answer(opened("Gold", f"{FRIDAY} 16:50"), agent, "2026-03-16 09:10:00.000001")
    for minute in range(1, 10):
        answer(opened("Basis"), agent, f"{TUESDAY} 09:0{minute}")

    found = counted()

    assert found.times == Times(10, 5, 9)
    assert found.times_of == {
        tier("Gold").pk: Times(1, 21, 21),
        tier("Basis").pk: Times(9, 5, 9),
    }


def test_upgraded_ticket_counts_once_and_from_its_arrival(tenant, agent):
    customer = customer_of("Basis")
    ticket = opened(requester=customer, at="2026-03-06 16:00")
    assign_tier(customer.organisation, tier("Gold"), at=berlin(f"{MONDAY} 10:00"))
    answer(ticket, agent, f"{MONDAY} 11:00")

    assert counted().times == Times(1, 180, 180)


def test_reopened_ticket_counts_from_the_message_that_opened_it_again(tenant, agent):
    ticket = opened("Gold")
    close_as_customer(ticket, f"{TUESDAY} 11:00")
    write_again(ticket, f"{WEDNESDAY} 09:00")
    assign_tier(ticket.organisation, tier("Basis"), at=berlin(f"{WEDNESDAY} 09:05"))
    answer(ticket, agent, f"{WEDNESDAY} 09:30")

    assert counted().times == Times(1, 30, 30)


def test_follow_ups_have_times_of_their_own(tenant, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00")
    write_again(ticket, f"{TUESDAY} 16:30")
    answer(ticket, agent, f"{WEDNESDAY} 09:15")

    assert counted().times == Times(1, 60, 60)
    assert counted(kind="next").times == Times(1, 45, 45)
    assert counted(kind="").times == Times(1, 60, 60)


SPECS = [
    {"zone": "Europe/Berlin", "country": "DE", "subdivision": "BY", "weekly": weekly}
    for weekly in (
        {str(day): [["09:00", "17:00"]] for day in range(5)},
        {
            str(day): [["08:00", "12:00"], ["12:00", "15:00"], ["16:00", "18:30"]]
            for day in range(7)
        },
        {str(day): [["00:00", "24:00"]] for day in range(7)},
        {"6": [["01:00", "04:00"]]},
    )
]
spans = st.tuples(
    st.sampled_from(SPECS),
    st.datetimes(berlin("2026-03-09 00:00").replace(tzinfo=None), LATER.replace(tzinfo=None)),
    st.timedeltas(timedelta(), timedelta(days=40)),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(spans, min_size=1, max_size=8))
def test_times_in_sql_are_those_of_the_calendar(tenant, drawn):
    Promise.objects.all().delete()
    calendar = CalendarVersion.objects.first().calendar
    customer, expected = CustomerFactory(), {}
    for spec, naive, length in drawn:
        since = naive.replace(tzinfo=BERLIN)
        version = calendar.versions.create(number=calendar.versions.count() + 1, spec=spec)
        ticket = Ticket.objects.create(
            subject="Frage",
            channel=Channel.EMAIL,
            requester=customer,
            organisation=(own := CustomerFactory().organisation),
            opened_at=since,
        )
        state = ("first", True, since + timedelta(days=90), since + length, None, False, "")
        promise = stored(ticket, version, state)
        promise.started_at = since
        promise.save()
        taken = minutes(Calendar.from_spec(spec), since, since + length)
        expected[own.pk] = Times(1, taken, taken)

    period = Period(date(2026, 3, 1), date(2026, 5, 1), BERLIN)
    found = counted(period=period, by=Dimension.ORGANISATION)

    assert found.times_of == expected


@pytest.mark.parametrize("count", [1, 12])
def test_report_runs_a_fixed_number_of_queries(tenant, agent, count, django_assert_num_queries):
    for _ in range(count):
        answer(opened("Gold"), agent, f"{TUESDAY} 10:00")

    with django_assert_num_queries(8):
        found = counted()

    assert found.total.both == Counts(kept=count)


def test_another_tenants_promises_are_not_counted(tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        open_ticket()

    today = now().astimezone(BERLIN).date()
    period = Period(today - timedelta(days=1), today + timedelta(days=2), BERLIN)
    assert total(now(), period=period) == Tally()


def test_days_begin_in_the_zone_of_the_tenants_calendar(tenant):
    spec = {**CalendarVersion.objects.get().spec, "zone": "America/New_York"}
    CalendarVersion.objects.update(spec=spec)

    period = Period(date(2026, 3, 9), date(2026, 3, 16), tiers.zone())

    assert period.starts_at.isoformat() == "2026-03-09T00:00:00-04:00"
    assert period.ends_at.isoformat() == "2026-03-16T00:00:00-04:00"
