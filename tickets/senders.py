"""Whose tickets are: a sender proves an address, or turns out to belong to an organisation."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from accounts.models import Organisation, User
from tenants.acts import act
from tickets import recording, signals, states
from tickets.models import Event, Ticket


@act()
def link_sender(
    user: User, organisation: Organisation, *, by: User, at: datetime | None = None
) -> list[Ticket]:
    """A person turns out to belong to an organisation: they join it, with their open tickets.

    What was promised for those counts from their arrival by the organisation's tier (DESIGN §1).
    Closed tickets stay where they are. Returns the tickets that moved.
    """
    moment = at or now()
    if user.organisation != organisation:
        user.join(organisation)
    of_others = Ticket.objects.filter(requester=user, state__in=states.QUEUED, is_verified=True)
    moved = []
    for found in of_others.exclude(organisation=organisation).order_by("pk"):
        ticket = recording.locked_itself(found.pk)
        before, ticket.organisation = str(ticket.organisation), organisation
        ticket.save(update_fields=["organisation"])
        recording.event(
            ticket, Event.Kind.LINKED, by, moment, before=before, after=str(organisation)
        )
        signals.organisation_changed.send(Ticket, ticket=ticket, at=moment)
        recording.touch(ticket, moment)
        moved.append(ticket)
    return moved


@act()
def confirm_sender(user: User, *, at: datetime | None = None) -> list[Ticket]:
    """The address is proven: its unconfirmed tickets belong to the person's organisation now."""
    moment, confirmed = at or now(), []
    for found in Ticket.objects.filter(requester=user, is_verified=False).order_by("pk"):
        ticket = recording.locked(found)
        before = str(ticket.organisation)
        ticket.is_verified = True
        ticket.organisation = user.organisation or ticket.organisation
        ticket.save(update_fields=["is_verified", "organisation"])
        recording.event(
            ticket,
            Event.Kind.CONFIRMED,
            user,
            moment,
            before=before,
            after=str(ticket.organisation),
        )
        signals.sender_confirmed.send(Ticket, ticket=ticket, at=moment)
        recording.touch(ticket, moment)
        confirmed.append(ticket)
    return confirmed
