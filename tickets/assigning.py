"""Who works on a ticket: an agent, and the team that looks after it while nobody has taken it."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from accounts.models import Team, User
from tenants.acts import act
from tickets import recording
from tickets.changing import locked_on_its_own
from tickets.models import Event, Ticket
from tickets.states import QUEUED

# What `Event.what` says where a ticket went to a team, not to an agent.
TEAM = "team"
EVENTS_AT_ONCE = 1000


@act()
def assign(ticket: Ticket, *, to: User | None, by: User, at: datetime | None = None) -> Ticket:
    """Give a ticket to an agent, or to nobody; giving it to its holder changes nothing."""
    ticket, moment = locked_on_its_own(ticket), at or now()
    if ticket.assignee == to:
        return ticket
    before, ticket.assignee = ticket.assignee, to
    ticket.save(update_fields=["assignee"])
    recording.event(
        ticket, Event.Kind.ASSIGNED, by, moment, before=str(before or ""), after=str(to or "")
    )
    recording.touch(ticket, moment)
    return ticket


@act()
def assign_team(ticket: Ticket, *, to: Team | None, by: User, at: datetime | None = None) -> Ticket:
    """Give a ticket to a team, or to none; raises Team.DoesNotExist for one removed meanwhile."""
    ticket, moment = locked_on_its_own(ticket), at or now()
    if ticket.team_id == (to.pk if to else None):
        return ticket
    if to is not None:
        # Whoever removes the team waits, and finds this ticket among its tickets.
        to = Team.objects.select_for_update(no_key=True).get(pk=to.pk)
    before, ticket.team = ticket.team, to
    ticket.save(update_fields=["team"])
    recording.event(
        ticket,
        Event.Kind.ASSIGNED,
        by,
        moment,
        what=TEAM,
        before=str(before or ""),
        after=str(to or ""),
    )
    recording.touch(ticket, moment)
    return ticket


@act()
def leave_team(team: Team, *, by: User, at: datetime | None = None) -> None:
    """Let the tickets of a team that is being removed go on without one."""
    moment, tickets = at or now(), Ticket.objects.filter(team=team)
    waiting = tickets.filter(state__in=QUEUED).select_for_update(of=("self",)).order_by("pk")
    Event.objects.bulk_create(
        [
            Event(
                ticket_id=pk,
                kind=Event.Kind.ASSIGNED,
                actor=by,
                at=moment,
                what=TEAM,
                before=str(team),
            )
            for pk in waiting.values_list("pk", flat=True)
        ],
        batch_size=EVENTS_AT_ONCE,
    )
    tickets.update(team=None)
