"""The next ticket: the most urgent one that nobody has yet, for exactly one agent."""

from __future__ import annotations

from accounts.models import User
from desk.queue import unassigned
from tenants.acts import act
from tickets import assigning
from tickets.models import Ticket


@act()
def take_next(by: User) -> Ticket | None:
    """Assign the first unassigned ticket of the queue to an agent; None when there is none.

    A row that another agent is taking at this moment is skipped, not waited for, so two agents
    never get the same one and nobody waits for anybody.
    """
    ticket = unassigned(Ticket.objects.all()).select_for_update(skip_locked=True).first()
    return assigning.assign(ticket, to=by, by=by) if ticket else None
