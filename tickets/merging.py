"""Merging two tickets of one person, and taking it back for a day.

The messages go to the ticket that stays, each knowing where it was written; the other ticket ends
and points there. What was promised on both is `sla/`'s part, in the same act.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from tenants.acts import act
from tickets import recording, sharing, signals, states
from tickets.models import Event, Message, Ticket
from tickets.states import State

UNDO_FOR = timedelta(days=1)


class MergeRefusedError(ValueError):
    """Why two tickets cannot be merged or a merge not be undone, in a sentence for the agent."""


@act()
def merge(ticket: Ticket, *, into: Ticket, by: User, at: datetime | None = None) -> Ticket:
    """Let `ticket` go on in `into`; returns the ticket that stays. Raises MergeRefusedError."""
    ticket, into = _lock_both(ticket, into)
    moment = at or now()
    if refusal := why_not(ticket, into):
        raise MergeRefusedError(refusal)
    before = State(ticket.state)
    Message.objects.filter(ticket=ticket).update(ticket=into, merged_from=ticket)
    ticket.merged_into, ticket.merged_at = into, moment
    ticket.save(update_fields=["merged_into", "merged_at"])
    kind = Event.Kind.MERGED
    recording.event(ticket, kind, by, moment, what="into", before=before, after=str(into.number))
    # What the other ticket was, if the merge opens it; undoing puts it back.
    was = into.state if before in states.QUEUED and into.state in states.DONE else ""
    recording.event(into, kind, by, moment, what="from", before=str(ticket.number), after=was)
    if before != State.CLOSED:
        recording.set_state(ticket, State.CLOSED, by=by, at=moment)
    if was:
        recording.set_state(into, State.OPEN, by=by, at=moment)
    _take_over(ticket, into, by, moment)
    sharing.bring_along(ticket, into)
    signals.merged.send(Ticket, ticket=ticket, into=into, at=moment)
    recording.touch(ticket, moment)
    recording.touch(into, moment)
    return into


@act()
def undo_merge(ticket: Ticket, *, by: User, at: datetime | None = None) -> Ticket:
    """Take a merge back: the messages return, the ticket is what it was before.

    What has been written since the merge stays where it was written. Raises MergeRefusedError.
    """
    # The merged one first, as everybody who comes by it.
    ticket, moment = recording.locked_itself(ticket.pk), at or now()
    if ticket.merged_into_id is None:
        raise MergeRefusedError(_("This ticket is not merged."))
    into = recording.locked_itself(ticket.merged_into_id)
    if refusal := why_not_undo(ticket, moment):
        raise MergeRefusedError(refusal)
    merged_at = ticket.merged_at or moment
    merges = Event.objects.filter(kind=Event.Kind.MERGED)
    was = merges.filter(ticket=ticket, what="into").latest("at", "pk").before
    into_was = merges.filter(ticket=into, what="from", before=str(ticket.number)).latest("at", "pk")
    Message.objects.filter(ticket=into, merged_from=ticket).update(ticket=ticket, merged_from=None)
    sharing.take_back(ticket, into)
    ticket.merged_into, ticket.merged_at = None, None
    ticket.save(update_fields=["merged_into", "merged_at"])
    kind = Event.Kind.MERGED
    recording.event(ticket, kind, by, moment, what="undone", before=str(into.number))
    recording.event(into, kind, by, moment, what="undone", before=str(ticket.number))
    if was != ticket.state:
        recording.set_state(ticket, State(was), by=by, at=moment)
    if into_was.after and into.state == State.OPEN and not _has_news(into, merged_at):
        recording.set_state(into, State(into_was.after), by=by, at=moment)
    signals.merge_undone.send(Ticket, ticket=ticket, into=into, merged_at=merged_at, at=moment)
    recording.touch(ticket, moment)
    recording.touch(into, moment)
    return ticket


def why_not(ticket: Ticket, into: Ticket) -> str:
    """Why `ticket` may not be merged into the other; empty when it may."""
    if ticket.pk == into.pk:
        return _("A ticket cannot be merged with itself.")
    if ticket.merged_into_id or into.merged_into_id:
        return _("One of the tickets has been merged already.")
    if State.SPAM in {ticket.state, into.state}:
        return _("One of the tickets is spam.")
    if ticket.requester_id != into.requester_id:
        return _("The tickets are from different people: an answer would reach only one of them.")
    if ticket.organisation_id != into.organisation_id:
        return _("The tickets belong to different customers.")
    if ticket.is_verified and not into.is_verified:
        return _("The sender of the other ticket is not confirmed. Merge the other way round.")
    if ticket.merged_tickets.exists():
        return _("Other tickets were merged into this one. Merge the other way round.")
    return ""


def why_not_undo(ticket: Ticket, at: datetime) -> str:
    """Why a merge may not be undone any more; empty when it may."""
    into, merged_at = ticket.merged_into, ticket.merged_at
    if into is None or merged_at is None:
        return _("This ticket is not merged.")
    if at - merged_at > UNDO_FOR:
        return _("A merge can be undone for a day; this one is older.")
    if into.state == State.SPAM:
        said = _("#%(number)s is spam. Open it first, then undo the merge.")
        return said % {"number": into.number}
    later = into.merged_tickets.filter(merged_at__gt=merged_at).first()
    if later is not None:
        said = _("#%(number)s has been merged since. Undo that first.")
        return said % {"number": later.number}
    answers = into.messages.filter(
        kind=Message.Kind.OUTBOUND, is_automatic=False, sent_at__gte=merged_at, merged_from=None
    )
    if answers.exists():
        return _("The customer has had an answer to both since. It cannot be undone any more.")
    return ""


def _take_over(ticket: Ticket, into: Ticket, by: User, at: datetime) -> None:
    """Who worked on the merged ticket goes on with the one that stays, if nobody had that."""
    kind = Event.Kind.ASSIGNED
    if into.assignee is None and ticket.assignee is not None:
        into.assignee = ticket.assignee
        into.save(update_fields=["assignee"])
        recording.event(into, kind, by, at, after=str(into.assignee))
    if into.team is None and ticket.team is not None:
        into.team = ticket.team
        into.save(update_fields=["team"])
        recording.event(into, kind, by, at, what="team", after=str(into.team))


def _has_news(into: Ticket, since: datetime) -> bool:
    """Whether the customer wrote there since the merge."""
    news = into.messages.filter(kind=Message.Kind.INBOUND, merged_from=None, sent_at__gte=since)
    return news.exists()


def _lock_both(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Lock two tickets in the order of their keys, as everybody who holds several does."""
    held = {pk: recording.locked_itself(pk) for pk in sorted({one.pk, other.pk})}
    return held[one.pk], held[other.pk]
