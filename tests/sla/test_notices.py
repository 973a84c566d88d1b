"""Agents are told in time what runs out, and once what was missed: in business hours, collected."""

from __future__ import annotations

import email
import email.policy
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils.timezone import now

from accounts.models import Team, TeamMembership, User
from channels import notices as mailing
from channels import outbox
from channels.models import SystemMail
from sla.changes import assign_tier
from sla.models import BusinessCalendar, Notice
from sla.sweep import sweep_tenant
from tenants.models import Wakeup
from tests.factories import AdminFactory, AgentFactory, open_ticket, tier
from tests.sla.arranging import answer, customer_of, opened, promise_of
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tickets import assigning, changing, outcomes, senders
from tickets.models import Ticket

SECOND = timedelta(seconds=1)


def swept(at: str | datetime) -> None:
    moment = berlin(at) if isinstance(at, str) else at
    with time_machine.travel(moment, tick=False):
        sweep_tenant(moment + SECOND)


def told() -> list[tuple[str, str, datetime]]:
    notices = Notice.objects.select_related("user").order_by("made_at", "at", "user__name")
    return [(notice.user.name, notice.kind, notice.at) for notice in notices]


def mailed(at: str) -> list[SystemMail]:
    """The mails that leave at a local moment."""
    before = set(SystemMail.objects.values_list("pk", flat=True))
    with time_machine.travel(berlin(at), tick=False):
        mailing.mail_due()
    return list(SystemMail.objects.exclude(pk__in=before).order_by("recipient"))


def text_of(one: SystemMail) -> str:
    found = email.message_from_bytes(bytes(one.raw), policy=email.policy.default)
    return f"Auto-Submitted: {found['Auto-Submitted']}\n{found.get_content()}"


@pytest.fixture(autouse=True)
def _outbox(settings) -> None:
    """Mails become rows, as in production; the test runner would keep them in a list."""
    settings.EMAIL_BACKEND = "channels.email.backend.OutboxBackend"


@pytest.fixture
def team(tenant) -> Team:
    team = Team.objects.create(name="Technik")
    for name, is_lead in (("Ada", False), ("Bea", False), ("Lia", True)):
        TeamMembership.objects.create(team=team, user=AgentFactory(name=name), is_lead=is_lead)
    return team


def of_team(team: Team, booked: str = "Gold", at: str = f"{TUESDAY} 09:00") -> Ticket:
    ticket = opened(booked, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(team=team)
    return ticket


def assigned(to: User, booked: str = "Gold", at: str = f"{TUESDAY} 09:00") -> Ticket:
    ticket = opened(booked, at=at)
    return assigning.assign(ticket, to=to, by=to)


def test_assignee_is_warned_at_three_quarters_and_half_an_hour_before(tenant, agent):
    assigned(agent)

    for moment in ("11:59", "12:00", "12:29", "12:30", "12:45"):
        swept(f"{TUESDAY} {moment}")

    assert told() == [
        ("Jana Lind", "percent", berlin(f"{TUESDAY} 12:00")),
        ("Jana Lind", "minutes", berlin(f"{TUESDAY} 12:30")),
    ]


def test_warnings_count_business_time_only(tenant, agent):
    ticket = assigned(agent, at="2026-03-13 16:00")  # Friday; due on Monday at 12:00

    promise = promise_of(ticket)

    assert promise.warn_percent_at == berlin("2026-03-16 11:00")
    assert promise.warn_minutes_at == berlin("2026-03-16 11:30")


def test_tenant_decides_when_it_is_warned(tenant, agent):
    BusinessCalendar.objects.update(warn_percent=50, warn_minutes=15)
    half = promise_of(assigned(agent))
    BusinessCalendar.objects.update(warn_percent=0, warn_minutes=0)
    never = promise_of(assigned(agent))

    assert (half.warn_percent_at, half.warn_minutes_at) == (
        berlin(f"{TUESDAY} 11:00"),
        berlin(f"{TUESDAY} 12:45"),
    )
    assert (never.warn_percent_at, never.warn_minutes_at) == (None, None)


def test_warnings_slept_through_are_told_as_one(tenant, agent):
    assigned(agent)

    swept(f"{TUESDAY} 12:40")

    assert told() == [("Jana Lind", "minutes", berlin(f"{TUESDAY} 12:30"))]


def test_who_sleeps_through_everything_hears_of_the_miss_alone(tenant, agent):
    assigned(agent)

    swept("2026-03-13 10:00")

    assert told() == [("Jana Lind", "breached", berlin(f"{TUESDAY} 13:00"))]


def test_missed_target_is_told_as_a_target(tenant, agent):
    assigned(agent, "Basis")

    swept(f"{WEDNESDAY} 17:00")

    assert told() == [("Jana Lind", "missed", berlin(f"{WEDNESDAY} 17:00"))]


def test_team_is_warned_and_its_lead_hears_of_what_was_missed(team):
    of_team(team)

    swept(f"{TUESDAY} 12:00")
    swept(f"{TUESDAY} 13:00")

    assert told() == [
        ("Ada", "percent", berlin(f"{TUESDAY} 12:00")),
        ("Bea", "percent", berlin(f"{TUESDAY} 12:00")),
        ("Ada", "breached", berlin(f"{TUESDAY} 13:00")),
        ("Bea", "breached", berlin(f"{TUESDAY} 13:00")),
        ("Lia", "breached", berlin(f"{TUESDAY} 13:00")),
    ]


def test_lead_is_warned_where_the_team_has_nobody_else(team):
    TeamMembership.objects.filter(is_lead=False).delete()
    of_team(team)

    swept(f"{TUESDAY} 12:00")

    assert told() == [("Lia", "percent", berlin(f"{TUESDAY} 12:00"))]


def test_leads_hear_of_tickets_that_nobody_and_no_team_has(team):
    opened("Gold")

    swept(f"{TUESDAY} 12:00")

    assert told() == [("Lia", "percent", berlin(f"{TUESDAY} 12:00"))]


def test_administrators_are_told_where_there_is_no_lead(tenant):
    User.objects.get_queryset().filter(role="admin").update(is_active=False)
    AdminFactory(name="Chefin")
    opened("Gold")

    swept(f"{TUESDAY} 12:00")

    assert told() == [("Chefin", "percent", berlin(f"{TUESDAY} 12:00"))]


def test_assignee_who_has_left_is_not_told_but_the_team_is(team, agent):
    ticket = assigned(agent)
    Ticket.objects.filter(pk=ticket.pk).update(team=team)
    User.objects.get_queryset().filter(pk=agent.pk).update(is_active=False)

    swept(f"{TUESDAY} 12:00")

    assert [name for name, *_ in told()] == ["Ada", "Bea"]


def test_beat_running_twice_at_once_and_a_clock_that_jumps_back_tell_once(tenant, agent):
    assigned(agent)

    for moment in ("13:00", "13:00", "10:00", "12:30", "13:01"):
        swept(f"{TUESDAY} {moment}")

    assert told() == [("Jana Lind", "breached", berlin(f"{TUESDAY} 13:00"))]


def test_answered_tickets_warn_nobody(tenant, agent):
    ticket = assigned(agent)
    answer(ticket, agent, f"{TUESDAY} 10:00")

    swept(f"{TUESDAY} 12:45")

    assert told() == []


def test_an_answer_settles_what_was_told(tenant, agent):
    ticket = assigned(agent)
    swept(f"{TUESDAY} 12:00")

    answer(ticket, agent, f"{TUESDAY} 12:10")

    assert not Notice.objects.filter(user=agent, seen_at=None).exists()


def test_a_bounce_after_the_due_moment_is_told(tenant, agent):
    ticket = assigned(agent)
    answer(ticket, agent, f"{TUESDAY} 10:00")
    message = ticket.messages.get(kind="outbound", is_automatic=False)

    with time_machine.travel(berlin("2026-03-12 10:00"), tick=False):
        outcomes.mark_failed(message, cause="550 unbekannt")

    assert told() == [("Jana Lind", "breached", berlin(f"{TUESDAY} 13:00"))]


def test_a_hundred_breaches_at_once_are_one_mail_to_each(tenant, agent):
    customer = customer_of("Gold")
    for _ in range(100):
        ticket = opened("Gold", requester=customer)
        Ticket.objects.filter(pk=ticket.pk).update(assignee=agent)
    swept(f"{TUESDAY} 13:00")

    mails = mailed(f"{TUESDAY} 13:00:30")

    assert [(one.recipient, one.subject) for one in mails] == [
        (agent.email, "100 Zusagen nicht eingehalten")
    ]
    text = text_of(mails[0])
    assert "Auto-Submitted: auto-generated" in text
    assert mailed(f"{TUESDAY} 13:05") == []


def test_what_comes_soon_after_a_mail_waits_for_the_next_one(tenant, agent):
    assigned(agent)
    assigned(agent, at=f"{TUESDAY} 09:05")
    assigned(agent, at=f"{TUESDAY} 09:10")

    swept(f"{TUESDAY} 13:00")
    first = mailed(f"{TUESDAY} 13:00:30")
    swept(f"{TUESDAY} 13:05")
    swept(f"{TUESDAY} 13:10")
    too_soon = mailed(f"{TUESDAY} 13:10:30")
    second = mailed(f"{TUESDAY} 13:15:30")

    assert [len(mails) for mails in (first, too_soon, second)] == [1, 0, 1]
    # The warnings of the first round were collected with the first miss.
    assert second[0].subject == "2 Zusagen nicht eingehalten"


def test_no_alert_at_midnight(tenant, agent):
    """Beat was away over the due moment and comes back at night: the mail waits for the morning."""
    assigned(agent)

    swept("2026-03-11 00:30")

    notice = Notice.objects.get()
    assert notice.mail_at == berlin("2026-03-11 09:00")
    assert mailed("2026-03-11 08:59") == []
    assert len(mailed("2026-03-11 09:00")) == 1


def test_a_miss_at_closing_time_is_mailed_at_once(tenant, agent):
    assigned(agent, at=f"{TUESDAY} 13:00")

    swept(f"{TUESDAY} 17:00")

    assert len(mailed(f"{TUESDAY} 17:00:30")) == 1


def test_a_warning_that_an_answer_has_overtaken_is_not_mailed(tenant, agent):
    ticket = assigned(agent)
    swept(f"{TUESDAY} 12:00")
    answer(ticket, agent, f"{TUESDAY} 12:00:10")

    assert mailed(f"{TUESDAY} 12:00:30") == []


def test_what_waits_to_be_mailed_wakes_the_outbox(tenant, agent):
    assigned(agent)
    Wakeup.objects.all().delete()

    swept("2026-03-11 00:30")

    woken = Wakeup.objects.get(schema_name=tenant.schema_name, kind=Wakeup.Kind.OUTBOX)
    assert woken.next_at == outbox.next_moment() == berlin("2026-03-11 09:00")


def test_mail_is_in_the_agents_language_and_names_the_ticket(tenant, agent):
    agent.language = "en"
    agent.save()
    ticket = assigned(agent)
    swept(f"{TUESDAY} 12:00")

    (one,) = mailed(f"{TUESDAY} 12:00:30")

    assert one.subject == "1 answer due soon"
    text = text_of(one)
    assert f"#{ticket.number} Frage" in text
    assert "due Tue 10 Mar, 13:00" in text
    assert f"/desk/tickets/{ticket.number}/" in text


def test_telling_ten_takes_as_many_statements_as_telling_one(
    tenant, agent, django_assert_num_queries
):
    for _ in range(10):
        open_ticket(customer_of("Gold"), received_at=now() - timedelta(days=9))

    with django_assert_num_queries(9):
        sweep_tenant(now())


def test_a_tenant_whose_name_has_a_comma_mails_as_well(tenant, agent):
    tenant.name = "Müller, Söhne GmbH"
    tenant.save()
    assigned(agent)
    swept(f"{TUESDAY} 12:00")

    [mail] = mailed(f"{TUESDAY} 12:00:30")

    found = email.message_from_bytes(bytes(mail.raw), policy=email.policy.default)
    assert found["From"].addresses[0].addr_spec == tenant.mailbox


def test_put_off_mails_do_not_leave_after_closing_time(tenant, agent):
    assigned(agent, at=f"{TUESDAY} 12:40")  # due at 16:40
    swept(f"{TUESDAY} 16:40")
    first = mailed(f"{TUESDAY} 16:50")
    assigned(agent, at=f"{TUESDAY} 12:58")  # due at 16:58
    swept(f"{TUESDAY} 16:58")

    assert len(first) == 1
    assert mailed(f"{TUESDAY} 16:59") == []
    # A quarter of an hour after the first one is past closing time: the mail waits for the morning.
    assert mailed(f"{TUESDAY} 17:06") == []
    assert len(mailed(f"{WEDNESDAY} 09:00")) == 1


def test_worker_that_comes_back_at_night_mails_nobody(tenant, agent):
    assigned(agent, at=f"{TUESDAY} 12:55")
    swept(f"{TUESDAY} 16:55")

    assert mailed(f"{TUESDAY} 22:00") == []
    assert len(mailed(f"{WEDNESDAY} 09:00")) == 1


def test_who_is_promised_something_late_is_warned_at_once(tenant, agent):
    """The sender is confirmed twenty minutes before the moment that was promised then."""
    ticket = opened("Gold", is_verified=False)
    assigning.assign(ticket, to=agent, by=agent)

    with time_machine.travel(berlin(f"{TUESDAY} 12:40"), tick=False):
        senders.confirm_sender(ticket.requester)

    assert told() == [("Jana Lind", "minutes", berlin(f"{TUESDAY} 12:30"))]


def test_answer_that_bounces_shortly_before_the_due_moment_warns_at_once(tenant, agent):
    ticket = assigned(agent)
    answer(ticket, agent, f"{TUESDAY} 10:00")
    message = ticket.messages.get(kind="outbound", is_automatic=False)

    with time_machine.travel(berlin(f"{TUESDAY} 12:40"), tick=False):
        outcomes.mark_failed(message, cause="550 unbekannt")

    assert told() == [("Jana Lind", "minutes", berlin(f"{TUESDAY} 12:30"))]


def test_upgrade_leaves_what_was_missed_and_not_seen_at_the_bell(tenant, agent):
    ticket = assigned(agent, "Bronze")
    swept("2026-03-12 10:00")

    with time_machine.travel(berlin("2026-03-12 10:10"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))

    notice = Notice.objects.get()
    assert (notice.promise, notice.seen_at) == (promise_of(ticket), None)
    assert len(mailed("2026-03-12 10:20")) == 1


def test_nobody_is_mailed_about_what_turned_out_to_be_spam(tenant, agent):
    ticket = assigned(agent)
    swept("2026-03-11 00:30")

    with time_machine.travel(berlin("2026-03-11 08:00"), tick=False):
        changing.change_state(ticket, "spam", by=agent)

    assert mailed("2026-03-11 09:00") == []
