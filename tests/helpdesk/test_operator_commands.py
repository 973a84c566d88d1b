"""manage.py queue and manage.py explain: what an operator sees without a browser."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django_tenants.utils import schema_context

from helpdesk.management.commands import queue as queue_command
from sla.changes import assign_tier
from tests.factories import tier
from tests.sla.arranging import answer, opened, write_again
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tickets import assigning, changing, opening
from tickets.models import Channel, Ticket
from tickets.opening import NewTicket
from tickets.states import State

KEYS = {
    "number",
    "subject",
    "tier",
    "guaranteed",
    "priority",
    "due_at",
    "escalated",
    "organisation",
    "requester",
    "channel",
    "assignee",
}


def run(command: str, *arguments: str, at: str = f"{TUESDAY} 12:00") -> str:
    written = StringIO()
    with (
        schema_context("public"),
        translation.override("en"),
        time_machine.travel(berlin(at), tick=False),
    ):
        call_command(command, *arguments, stdout=written)
    return written.getvalue()


def test_queue_is_a_json_list_in_the_order_of_the_queue(tenant, agent):
    silver = opened("Silber", channel=Channel.PORTAL)
    broken = opened("Gold", at="2026-03-09 09:00")
    target = opened("Gold", channel=Channel.FACEBOOK)
    assigning.assign(silver, to=agent, by=agent)

    rows = json.loads(run("queue", "--tenant", "alpha", "--json"))

    assert [row["number"] for row in rows] == [broken.number, target.number, silver.number]
    assert all(set(row) == KEYS for row in rows)
    assert rows[0]["escalated"] is True
    assert rows[1:] == [
        {
            "number": target.number,
            "subject": "Frage",
            "tier": "Gold",
            "guaranteed": False,
            "priority": 4,
            "due_at": "2026-03-10T13:00:00+01:00",
            "escalated": False,
            "organisation": "Teehaus Nord GmbH",
            "requester": target.requester.email,
            "channel": "facebook",
            "assignee": None,
        },
        {
            "number": silver.number,
            "subject": "Frage",
            "tier": "Silber",
            "guaranteed": True,
            "priority": 3,
            "due_at": "2026-03-10T17:00:00+01:00",
            "escalated": False,
            "organisation": "Teehaus Nord GmbH",
            "requester": silver.requester.email,
            "channel": "portal_form",
            "assignee": agent.email,
        },
    ]
    assert datetime.fromisoformat(rows[0]["due_at"]).utcoffset() == timedelta(hours=1)


def test_empty_queue_is_an_empty_list_and_a_sentence(tenant):
    assert json.loads(run("queue", "--tenant", "alpha", "--json")) == []
    assert run("queue", "--tenant", "alpha") == "Alpha GmbH: 0 tickets wait\n"


def test_queue_is_a_table_whose_columns_stand_below_each_other(tenant, agent, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    opened("Gold", at="2026-03-09 09:00")
    late = opened("Bronze")
    Ticket.objects.filter(pk=late.pk).update(subject="Sehr lang " * 20)

    title, empty, head, first, second = run("queue", "--tenant", "alpha").splitlines()

    assert (title, empty) == ("Alpha GmbH: 2 tickets wait", "")
    for row in (first, second):
        assert row.index("#") == head.index("Number")
        assert row.index("Teehaus") == head.index("Organisation")
        assert row.index("E-mail") == head.index("Channel")
        assert len(row) <= 150
    assert first.startswith("!")
    assert "…" in second


def test_long_queue_is_read_in_pages(tenant, monkeypatch):
    monkeypatch.setattr(queue_command, "PAGE", 2)
    tickets = [opened("Gold") for _ in range(5)]

    rows = json.loads(run("queue", "--tenant", "alpha", "--json"))

    assert [row["number"] for row in rows] == [ticket.number for ticket in tickets]


def test_queue_of_one_tenant_shows_none_of_another(tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        opened("Gold")

    assert json.loads(run("queue", "--tenant", "alpha", "--json")) == []


def test_queue_reads_a_fixed_number_of_statements(tenant):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            run("queue", "--tenant", "alpha", "--json")
        return len(captured)

    opened("Gold")
    one = statements()
    for _ in range(5):
        opened("Silber")

    assert statements() == one


@pytest.mark.parametrize("command", [("queue",), ("explain", "1001")])
def test_unknown_tenant_is_one_clear_line(tenant, command):
    name, *rest = command

    with pytest.raises(CommandError, match=r"^There is no tenant “nix”\.$") as error:
        run(name, "--tenant", "nix", *rest)

    assert error.value.returncode == 1


@pytest.mark.parametrize("number", ["9", "abc", "", "1001.5", "9" * 40])
def test_unknown_number_is_one_clear_line(tenant, number):
    with pytest.raises(CommandError, match=rf"^Alpha GmbH has no ticket “{number}”\.$"):
        run("explain", "--tenant", "alpha", number)


def test_explanation_counts_the_days_and_names_the_holidays(tenant):
    """Maundy Thursday 16:00 + 4 h: Good Friday, a weekend and Easter Monday lie between."""
    ticket = opened("Gold", at="2026-04-02 16:00")

    text = run("explain", "--tenant", "alpha", f"#{ticket.number}", at="2026-04-02 17:00")

    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == f"#{ticket.number} Frage"
    assert "Promised Gold, guaranteed within 4 h of business time" in lines
    assert "Calendar Geschäftszeiten, version 1 (Europe/Berlin)" in lines
    assert "Reason Ticket opened" in lines
    assert "Begins Thu 02.04.2026 16:00:00" in lines
    assert "Due Tue 07.04.2026 12:00:00" in lines
    assert "Outcome open" in lines
    first = lines.index("Thu 02.04.2026 16:00:00 – 17:00:00 1:00:00")
    assert lines[first + 1 : first + 7] == [
        "Fri 03.04.2026 Good Friday (public holiday) –",
        "Sat 04.04.2026 Weekend –",
        "Sun 05.04.2026 Weekend –",
        "Mon 06.04.2026 Easter Monday (public holiday) –",
        "Tue 07.04.2026 09:00:00 – 12:00:00 3:00:00",
        "Sum 4:00:00",
    ]


def test_explanation_is_german_where_the_tenant_is(tenant):
    ticket = opened("Gold", at="2026-04-02 16:00")
    written = StringIO()

    with schema_context("public"), translation.override("de"):
        call_command("explain", "--tenant", "alpha", str(ticket.number), stdout=written)

    assert "Karfreitag" in written.getvalue()
    assert "Ostermontag" in written.getvalue()


def test_explanation_tells_every_change_with_its_reason(tenant, agent):
    ticket = opened("Basis")
    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))
    answer(ticket, agent, f"{TUESDAY} 11:00")
    write_again(ticket, f"{TUESDAY} 16:00")

    text = run("explain", "--tenant", "alpha", str(ticket.number), at=f"{WEDNESDAY} 15:00")

    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert [line for line in lines if line.startswith("Promise ")] == [
        "Promise 1 of 3",
        "Promise 2 of 3",
        "Promise 3 of 3",
    ]
    assert [line for line in lines if line.startswith("Reason")] == [
        "Reason Ticket opened",
        "Reason Support level raised",
        "Reason Customer wrote again",
    ]
    assert [line for line in lines if line.startswith("Outcome")] == [
        "Outcome Replaced by a new promise",
        "Outcome kept, answered Tue 10.03.2026 11:00:00",
        "Outcome target missed, not answered yet",
    ]
    story = lines[lines.index("What happened to the promises") + 1 :]
    assert story[0] == "Tue 10.03.2026 09:00:00 made: due Wed 11.03.2026 17:00:00"
    assert story[-1] == "Tue 10.03.2026 16:00:00 made: due Wed 11.03.2026 12:00:00"


def test_ticket_without_a_promise_says_why(tenant, agent):
    customer = opened("Gold").requester
    new = NewTicket(customer, "Ihr Anruf", Channel.EMAIL, berlin(f"{TUESDAY} 09:00"))
    ticket, _message = opening.open_for_customer(new, author=agent, text="Wie besprochen …")

    text = run("explain", "--tenant", "alpha", str(ticket.number))

    assert "Nothing is promised: an agent opened this ticket for the customer." in text


def test_explanation_of_a_withdrawal_too_late_says_what_was_missed(tenant):
    ticket = opened("Gold")
    with time_machine.travel(berlin(f"{TUESDAY} 14:00"), tick=False):
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)

    text = run("explain", "--tenant", "alpha", str(ticket.number), at=f"{WEDNESDAY} 15:00")

    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Outcome guarantee missed, Withdrawn by the customer" in lines
