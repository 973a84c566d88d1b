"""Who works on a ticket: an agent, a team, or nobody."""

from concurrent.futures import wait
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import Team
from accounts.teams import delete_team
from tenants.acts import act
from tests.factories import AgentFactory, open_ticket
from tests.threads import PATIENCE, Side
from tickets import assigning, changing
from tickets.changing import MergedError
from tickets.merging import merge
from tickets.states import State

MOMENT = now() - timedelta(hours=2)
LATER = MOMENT + timedelta(hours=1)


def history(ticket):
    """The assignments in a ticket's history."""
    events = ticket.events.filter(kind="assigned").order_by("pk")
    return [(e.what, str(e.actor), e.before, e.after, e.at) for e in events]


def test_assignment_is_written_down_once(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)
    other = AgentFactory(name="Tom Beck")

    assigning.assign(ticket, to=agent, by=agent, at=LATER)
    assigning.assign(ticket, to=agent, by=other, at=LATER)
    assigning.assign(ticket, to=other, by=agent, at=LATER)
    assigning.assign(ticket, to=None, by=other, at=LATER)

    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert history(ticket) == [
        ("", "Jana Lind", "", "Jana Lind", LATER),
        ("", "Jana Lind", "Jana Lind", "Tom Beck", LATER),
        ("", "Tom Beck", "Tom Beck", "", LATER),
    ]


def test_team_is_written_down_once(tenant, agent):
    ticket = open_ticket(received_at=MOMENT)
    first, second = Team.objects.create(name="Versand"), Team.objects.create(name="Technik")

    assigning.assign_team(ticket, to=None, by=agent, at=LATER)
    assigning.assign_team(ticket, to=first, by=agent, at=LATER)
    assigning.assign_team(ticket, to=first, by=agent, at=LATER)
    assigning.assign_team(ticket, to=second, by=agent, at=LATER)
    changed = assigning.assign_team(ticket, to=None, by=agent, at=LATER)

    ticket.refresh_from_db()
    assert (ticket.team, changed.team, ticket.updated_at) == (None, None, LATER)
    assert history(ticket) == [
        ("team", "Jana Lind", "", "Versand", LATER),
        ("team", "Jana Lind", "Versand", "Technik", LATER),
        ("team", "Jana Lind", "Technik", "", LATER),
    ]


def test_merged_ticket_gets_no_team(tenant, agent, customer):
    first, second = open_ticket(customer), open_ticket(customer)
    merge(first, into=second, by=agent)

    with pytest.raises(MergedError):
        assigning.assign_team(first, to=Team.objects.create(name="Versand"), by=agent)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.team, second.team) == (None, None)


def test_team_that_is_gone_gets_no_ticket(tenant, agent):
    ticket, team = open_ticket(), Team.objects.create(name="Versand")
    Team.objects.filter(pk=team.pk).delete()

    with pytest.raises(Team.DoesNotExist):
        assigning.assign_team(ticket, to=team, by=agent)

    assert history(ticket) == []


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED, State.SPAM])
def test_tickets_of_a_removed_team_go_on_without_one(tenant, agent, state):
    ticket, other = open_ticket(), open_ticket()
    team, stays = Team.objects.create(name="Versand"), Team.objects.create(name="Technik")
    assigning.assign_team(ticket, to=team, by=agent, at=MOMENT)
    assigning.assign_team(other, to=stays, by=agent, at=MOMENT)
    changing.change_state(ticket, state, by=agent)

    delete_team(team, by=agent)

    ticket.refresh_from_db()
    other.refresh_from_db()
    assert (ticket.team, ticket.state, other.team) == (None, state, stays)
    left = [(what, before, after) for what, _by, before, after, _at in history(ticket)]
    is_open = state == State.OPEN
    assert left == [("team", "", "Versand")] + [("team", "Versand", "")] * is_open
    assert len(history(other)) == 1


def test_ticket_given_to_a_team_while_it_is_removed_goes_on_without_one(fresh_tenant):
    agent, ticket = AgentFactory(), open_ticket()
    team = Team.objects.create(name="Versand")

    with Side(fresh_tenant) as remover, act():
        assigning.assign_team(ticket, to=team, by=agent)
        removal = remover.run(delete_team, team, by=agent)
        assert not wait([removal], timeout=0.5).done
    removal.result(PATIENCE)

    ticket.refresh_from_db()
    assert (ticket.team, Team.objects.count()) == (None, 0)
