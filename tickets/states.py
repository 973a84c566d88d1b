"""The states of a ticket and the ways between them, in this one place."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting for the customer")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")
    SPAM = "spam", _("Spam")


# A customer's message to a ticket that waits, is solved or closed opens it again.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.NEW: frozenset({State.OPEN, State.WAITING, State.SOLVED, State.CLOSED, State.SPAM}),
    State.OPEN: frozenset({State.WAITING, State.SOLVED, State.CLOSED, State.SPAM}),
    State.WAITING: frozenset({State.OPEN, State.SOLVED, State.CLOSED, State.SPAM}),
    State.SOLVED: frozenset({State.OPEN, State.CLOSED, State.SPAM}),
    State.CLOSED: frozenset({State.OPEN}),
    State.SPAM: frozenset({State.OPEN}),
}

# Somebody here has work to do: such a ticket always has a promise or a target running.
WORKABLE = (State.NEW, State.OPEN)
# A state is no answer: while its promise is open, a ticket that "waits for the customer" stands in
# the queue as well, because it is the customer who waits (law 3).
QUEUED = (*WORKABLE, State.WAITING)
DONE = (State.SOLVED, State.CLOSED)


class TransitionError(ValueError):
    """The ticket's state does not allow the step."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"{before} → {after} is not possible.")
        self.before, self.after = before, after


def check(before: str, after: str) -> None:
    """Raise TransitionError unless the way from `before` to `after` exists."""
    if after not in TRANSITIONS[State(before)]:
        raise TransitionError(before, after)
