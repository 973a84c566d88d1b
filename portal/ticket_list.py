"""A customer's list of tickets: whose, in which state, with which words, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from django.http import QueryDict

from accounts.models import User
from helpdesk import keyset
from portal.states import Turn, in_turn
from tickets.models import Ticket, TicketQuerySet

PAGE = 25
MOST_WORDS = 200


class Whose(StrEnum):
    """Whose tickets a list shows; without a choice, all that its reader sees."""

    OWN = "own"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a list is cut down to; what is none of the choices cuts nothing."""

    turn: Turn | None
    whose: Whose | None
    words: str

    @classmethod
    def of(cls, asked: QueryDict) -> Choice:
        turn, whose = asked.get("state", ""), asked.get("whose", "")
        return cls(
            Turn(turn) if turn in set(Turn) else None,
            Whose(whose) if whose in set(Whose) else None,
            asked.get("q", "").replace("\x00", "").strip()[:MOST_WORDS],
        )

    @property
    def is_any(self) -> bool:
        return bool(self.turn or self.whose or self.words)

    def address(self, **other: str) -> str:
        """The list's query with something else chosen in it; empty where nothing is."""
        asked = {"state": self.turn or "", "whose": self.whose or "", "q": self.words, **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"?{query}" if query else ""


@dataclass(frozen=True, slots=True)
class Page:
    tickets: list[Ticket]
    next_page: str


def page(user: User, choice: Choice, after: str) -> Page:
    """The latest first; `after` is the place where an earlier page ended."""
    found = _chosen(user, choice)
    if key := keyset.decode(after, keyset.NEWEST_FIRST):
        found = found.filter(keyset.older("updated_at", key))
    rows = list(found.for_list().order_by("-updated_at", "-pk")[: PAGE + 1])
    if len(rows) <= PAGE:
        return Page(rows, "")
    last = rows[PAGE - 1]
    place = keyset.encode((last.updated_at, last.pk))
    return Page(rows[:PAGE], choice.address(after=place))


def _chosen(user: User, choice: Choice) -> TicketQuerySet:
    tickets = Ticket.objects.visible_to(user).on_their_own()
    if choice.whose == Whose.OWN:
        tickets = tickets.filter(requester=user)
    elif choice.whose == Whose.SHARED:
        tickets = tickets.shared_with(user)
    if choice.turn:
        tickets = in_turn(tickets, choice.turn)
    return tickets.matching(choice.words, public=True) if choice.words else tickets
