"""Whose tickets are: a sender proves an address, or turns out to belong to an organisation."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import now

from accounts import membership
from accounts.models import Organisation, User
from accounts.signals import moved
from tenants.acts import act
from tickets import recording, signals, states
from tickets.merging import UNDO_FOR
from tickets.models import Event, Ticket, TicketQuerySet
from tickets.states import State

# What the history says of a ticket that whoever has the address did not write.
DISOWNED = "disowned"
# It waits, or would wait if it turned out to be no spam.
MAY_WAIT = [*states.QUEUED, State.SPAM]


@act()
def link_sender(
    user: User, organisation: Organisation, *, by: User, at: datetime | None = None
) -> list[Ticket]:
    """A person turns out to belong to an organisation: they join it, with what is not settled yet.

    What was promised for those counts from their arrival by the organisation's tier (DESIGN §1).
    Settled tickets stay where they are. Returns the tickets that moved. Raises LastAdminError
    and MayNotLeaveError where nobody else could look after the organisation they come from.
    """
    person = _locked(user)
    is_other = person.organisation != organisation
    membership.move(person, organisation)
    tickets = _move(person, organisation, by=by, at=at or now())
    if is_other:
        moved.send(User, user=person)
    return tickets


def unconfirmed(user: User) -> TicketQuerySet:
    """What came under a person's address without a proof, and was not said to be another's."""
    disowned = Event.objects.filter(ticket=OuterRef("pk"), kind=Event.Kind.CONFIRMED, what=DISOWNED)
    return Ticket.objects.filter(~Exists(disowned), requester=user, is_verified=False)


@act()
def confirm_sender(
    user: User, *, only: Ticket | None = None, at: datetime | None = None
) -> list[Ticket]:
    """The address is proven: the person's tickets belong to their organisation now.

    With `only`, the others wait for a word of their own. Returns those that were unconfirmed.
    """
    person, moment, confirmed = _locked(user), at or now(), []
    waiting = unconfirmed(person)
    for pk in _keys(waiting.filter(pk=only.pk) if only else waiting):
        ticket = recording.locked_itself(pk)
        before = str(ticket.organisation)
        ticket.is_verified = True
        ticket.organisation = person.organisation or ticket.organisation
        ticket.save(update_fields=["is_verified", "organisation"])
        _note(ticket, Event.Kind.CONFIRMED, person, moment, before)
        signals.sender_confirmed.send(Ticket, ticket=ticket, at=moment)
        recording.touch(ticket, moment)
        confirmed.append(ticket)
    if person.organisation is not None:
        _move(person, person.organisation, by=person, at=moment)
    return confirmed


@act()
def disown(ticket: Ticket, *, at: datetime | None = None) -> None:
    """Whoever has the address says that somebody else wrote this: it is put aside as spam.

    Agents can take it back from there. What is closed or merged stays where it is; saying it
    twice is saying it once.
    """
    person, moment = _locked(ticket.requester), at or now()
    if not unconfirmed(person).filter(pk=ticket.pk).exists():
        return
    found = recording.locked_itself(ticket.pk)
    recording.event(found, Event.Kind.CONFIRMED, None, moment, what=DISOWNED)
    if found.merged_into_id is None and State.SPAM in states.TRANSITIONS[State(found.state)]:
        before = recording.set_state(found, State.SPAM, by=None, at=moment)
        signals.state_changed.send(
            Ticket, ticket=found, before=before, after=State.SPAM, by=None, at=moment
        )
    recording.touch(found, moment)


@act()
def become(user: User, person: User, *, at: datetime | None = None) -> list[Ticket]:
    """A sender proves to be a person whom we know: what they wrote is that person's.

    What is not settled moves to that person's organisation and counts from its arrival by its
    tier. Both are locked, the sender first. Returns the tickets that moved.
    """
    sender, known = _locked(user), _locked(person)
    if known.organisation is None:
        return []
    tickets = _move(sender, known.organisation, by=known, at=at or now())
    Ticket.objects.filter(requester=sender).update(requester=known)
    return tickets


def _move(person: User, organisation: Organisation, *, by: User, at: datetime) -> list[Ticket]:
    """Put a known person's unsettled tickets into an organisation; returns those that moved."""
    known = Ticket.objects.filter(_unsettled(at), requester=person, is_verified=True)
    tickets = []
    for pk in _keys(known.exclude(organisation=organisation)):
        ticket = recording.locked_itself(pk)
        before, ticket.organisation = str(ticket.organisation), organisation
        ticket.save(update_fields=["organisation"])
        _note(ticket, Event.Kind.LINKED, by, at, before)
        signals.organisation_changed.send(Ticket, ticket=ticket, at=at)
        recording.touch(ticket, at)
        tickets.append(ticket)
    return tickets


def _unsettled(at: datetime) -> Q:
    """What may still wait: a due moment stands at what was closed without an answer, and what was
    merged goes where that one goes, or may be parted again.
    """
    merged = Q(merged_at__gte=at - UNDO_FOR) | Q(merged_into__state__in=MAY_WAIT)
    return Q(state__in=MAY_WAIT) | Q(due_at__isnull=False) | merged


def _locked(user: User) -> User:
    """The person, locked as intake locks them: no message of theirs is taken in meanwhile."""
    people = User.objects.get_queryset().select_related("membership__organisation")
    return people.select_for_update(of=("self",), no_key=True).get(pk=user.pk)


def _keys(tickets: TicketQuerySet) -> list[int]:
    return list(tickets.order_by("pk").values_list("pk", flat=True))


def _note(ticket: Ticket, kind: str, by: User, at: datetime, before: str) -> None:
    recording.event(ticket, kind, by, at, before=before, after=str(ticket.organisation))
