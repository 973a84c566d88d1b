"""The check proves the wakeups right, finds what was planted, and puts it right."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now
from django_tenants.utils import schema_context

from sla.changes import assign_tier
from sla.consistency import findings, repair
from sla.models import Promise
from sla.sweep import sweep_tenant
from tenants.models import Wakeup
from tests.factories import CustomerFactory, open_ticket, organisation, tier
from tickets import changing, writing
from tickets.merging import merge
from tickets.models import Ticket
from tickets.states import State

YEAR = timedelta(days=365)


def busy(agent) -> Ticket:
    """Tickets in every condition; returns one that waits for its first answer."""
    customer = CustomerFactory(organisation=organisation(booked="Bronze"))
    for days in (0, 1, 9, 40):
        open_ticket(customer, received_at=now() - timedelta(days=days))
        open_ticket(received_at=now() - timedelta(days=days))
    writing.reply(open_ticket(customer), author=agent, text="So.", state=State.OPEN)
    changing.change_state(open_ticket(customer), State.CLOSED, by=agent)
    changing.change_state(open_ticket(customer), State.SPAM, by=agent)
    merge(open_ticket(customer), into=open_ticket(customer), by=agent)
    sweep_tenant(now())
    assign_tier(customer.organisation, tier("Gold"))
    return open_ticket(customer)


def what_is_found() -> list[tuple[int, str]]:
    return [(one.ticket, one.what) for one in findings(now())]


def test_whatever_was_done_nothing_is_found(tenant, agent):
    busy(agent)

    assert what_is_found() == []


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (lambda one: _promise(one).update(next_check_at=now() + YEAR), "next check"),
        (lambda one: _promise(one).update(next_check_at=None), "next check"),
        (lambda one: _ticket(one).update(queue_band=0), "place in the queue"),
        (lambda one: _ticket(one).update(queue_rank=0), "place in the queue"),
        (lambda one: _ticket(one).update(queue_band=None), "place in the queue"),
        (lambda one: _ticket(one).update(due_at=now() + YEAR), "place in the queue"),
        (lambda one: _ticket(one).update(priority=1), "place in the queue"),
        (lambda one: _promise(one).update(ended_at=now(), next_check_at=None), "promise"),
    ],
)
def test_what_was_planted_is_found_and_put_right(tenant, agent, planted, what):
    ticket = busy(agent)
    planted(ticket)

    assert what_is_found() == [(ticket.number, what)]
    repair(now())

    assert what_is_found() == []
    ticket.refresh_from_db()
    assert ticket in Ticket.objects.queued()


@pytest.mark.parametrize("next_at", [None, now() + YEAR])
def test_wakeup_that_comes_too_late_is_found_and_put_right(tenant, agent, next_at):
    busy(agent)
    Wakeup.objects.filter(kind=Wakeup.Kind.PROMISES).update(next_at=next_at)

    assert what_is_found() == [(0, "wakeup")]
    repair(now())

    earliest = Promise.objects.open().order_by("next_check_at").first().next_check_at
    wakeup = Wakeup.objects.get(schema_name=tenant.schema_name, kind=Wakeup.Kind.PROMISES)
    assert (wakeup.next_at, what_is_found()) == (earliest, [])


def test_command_names_the_tenant_and_fails_until_it_is_repaired(tenant, other_tenant, agent):
    ticket = open_ticket()
    with schema_context(other_tenant.schema_name):
        open_ticket()
    _ticket(ticket).update(queue_band=0)
    said = StringIO()

    with pytest.raises(CommandError):
        call_command("check_promises", stdout=said)
    call_command("check_promises", "--tenant", "beta", stdout=StringIO())
    call_command("check_promises", "--repair", stdout=StringIO())
    call_command("check_promises", stdout=StringIO())

    assert said.getvalue().startswith(f"alpha #{ticket.number}: place in the queue: ")


def test_command_for_a_tenant_that_is_not_there_says_so(tenant):
    with pytest.raises(CommandError):
        call_command("check_promises", "--tenant", "gibtesnicht")


def _promise(ticket: Ticket):
    return Promise.objects.filter(ticket=ticket)


def _ticket(ticket: Ticket):
    return Ticket.objects.filter(pk=ticket.pk)
