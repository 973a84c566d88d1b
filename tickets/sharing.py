"""Sharing a ticket with colleagues, and what a merge does to who takes part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.timezone import now

from accounts import notification_list
from accounts.models import User, UserQuerySet
from accounts.notifications import OF_TICKETS
from tenants.acts import act
from tickets import recording, signals
from tickets.models import Event, Participant, Ticket
from tickets.states import State

# A conversation, no mailing list.
MOST = 30


class NotAColleagueError(ValueError):
    """Only who belongs to the ticket's organisation can take part in it."""


class TooManyError(ValueError):
    """More people than a conversation has."""


def may_share(ticket: Ticket, user: User) -> bool:
    """Whether somebody who sees a ticket decides who takes part: its requester, or an admin."""
    membership = getattr(user, "membership", None)
    is_admin = (
        membership is not None
        and membership.is_admin
        and membership.organisation_id == ticket.organisation_id
    )
    is_theirs = ticket.requester_id == user.pk or is_admin
    return is_theirs and ticket.merged_into_id is None and ticket.state != State.SPAM


def colleagues(ticket: Ticket) -> UserQuerySet:
    """Whom a ticket can be shared with: its organisation's people who take no part in it yet."""
    people = User.objects.get_queryset().filter(
        is_active=True,
        role=User.Role.CUSTOMER,
        membership__organisation=ticket.organisation_id,
    )
    taking_part = Participant.objects.filter(ticket=ticket).values("user")
    return people.exclude(pk=ticket.requester_id).exclude(pk__in=taking_part)


@act()
def share(
    ticket: Ticket, people: Iterable[User], *, by: User, at: datetime | None = None
) -> list[Participant]:
    """Let colleagues take part; whoever does already changes nothing. Returns the new ones.

    Raises NotAColleagueError and TooManyError; then nobody is added.
    """
    ticket, moment = recording.locked(ticket), at or now()
    there = set(ticket.participants.values_list("user_id", flat=True))
    new = [person for person in people if person.pk not in {*there, ticket.requester_id}]
    if len(there) + len(new) > MOST:
        raise TooManyError
    allowed = set(colleagues(ticket).values_list("pk", flat=True))
    if any(person.pk not in allowed for person in new):
        raise NotAColleagueError
    added = []
    for person in new:
        added.append(
            Participant.objects.create(ticket=ticket, user=person, added_by=by, added_at=moment)
        )
        recording.event(ticket, Event.Kind.SHARED, by, moment, what="added", after=str(person))
    if added:
        signals.shared.send(Ticket, ticket=ticket, participants=added, by=by)
        recording.touch_quietly(ticket)
    return added


@act()
def unshare(ticket: Ticket, person: User, *, by: User, at: datetime | None = None) -> bool:
    """Let somebody take no part any more; False when they did not."""
    ticket, moment = recording.locked(ticket), at or now()
    gone, _kinds = ticket.participants.filter(user=person).delete()
    if gone:
        recording.event(ticket, Event.Kind.SHARED, by, moment, what="removed", before=str(person))
        notification_list.forget(person, [ticket.number], *OF_TICKETS)
        recording.touch_quietly(ticket)
    return bool(gone)


def bring_along(ticket: Ticket, into: Ticket) -> None:
    """Who took part in a merged ticket takes part where it goes on."""
    there = into.participants.values("user")
    for one in ticket.participants.exclude(user__in=there):
        Participant.objects.create(
            ticket=into, user=one.user, added_by=one.added_by, merged_from=ticket
        )


def take_back(ticket: Ticket, into: Ticket) -> None:
    """A merge is undone: who came by it alone goes with the ticket they came from."""
    into.participants.filter(merged_from=ticket).delete()


def found_by(people: UserQuerySet, query: str) -> UserQuerySet:
    """In the order of their names; `query` chooses among them."""
    if query:
        people = people.filter(Q(name__icontains=query) | Q(email__icontains=query))
    return people.order_by(Lower("name"), "email")
