"""The states of a ticket as its customer reads them: who has to do something now."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext

from tickets.models import Ticket, TicketQuerySet
from tickets.states import DONE, WORKABLE, State


class Turn(StrEnum):
    """What a list can be cut down to."""

    OPEN = "open"
    MINE = "mine"
    DONE = "done"


_STATES: dict[Turn, tuple[str, ...]] = {
    Turn.OPEN: (*WORKABLE, State.WAITING),
    Turn.MINE: (State.WAITING,),
    # Spam is closed, to its sender.
    Turn.DONE: (*DONE, State.SPAM),
}


def in_turn(tickets: TicketQuerySet, turn: Turn) -> TicketQuerySet:
    return tickets.filter(state__in=_STATES[turn])


def words_of(ticket: Ticket) -> str:
    """Whose turn it is, or that it is over."""
    if ticket.state == State.WAITING:
        return gettext("Your turn")
    if ticket.state == State.SOLVED:
        return gettext("Solved")
    return gettext("Closed") if ticket.is_closed else gettext("Our turn")
