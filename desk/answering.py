"""Answering and noting on a page that may be older than the ticket."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q

from accounts.models import User
from tenants.acts import act
from tickets import recording, writing
from tickets.models import Message, Ticket
from tickets.recording import File
from tickets.states import State


class MeanwhileError(Exception):
    """Something was said on the ticket that the writer had not seen."""

    def __init__(self, newer: list[Message]) -> None:
        super().__init__(f"{len(newer)} newer messages")
        self.newer = newer


@act()
def answer(
    ticket: Ticket,
    *,
    by: User,
    text: str,
    files: list[File],
    state: State,
    last_seen: int | None,
    prepare: Callable[[Message], None] | None = None,
) -> Message:
    """Answer, unless somebody said something after `last_seen` (a Message's id).

    The same answer by the same person since then is a second click: it is returned, not repeated.
    Raises MeanwhileError. The ticket stays locked between the look and the answer. `prepare` notes
    how the answer is to leave, before anybody can send it.
    """
    newer, since = _newer(ticket, last_seen)
    if twin := _twin(since, Message.Kind.OUTBOUND, by, text):
        return twin
    if newer:
        raise MeanwhileError(newer)
    message = writing.reply(ticket, author=by, text=text, files=files, state=state)
    if prepare is not None:
        prepare(message)
    return message


@act()
def note(
    ticket: Ticket, *, by: User, text: str, files: list[File], last_seen: int | None
) -> Message:
    """Add a note; what came meanwhile does not matter to it, a second click does."""
    _unseen, since = _newer(ticket, last_seen)
    if twin := _twin(since, Message.Kind.NOTE, by, text):
        return twin
    return writing.add_note(ticket, author=by, text=text, files=files)


def _newer(ticket: Ticket, last_seen: int | None) -> tuple[list[Message], list[Message]]:
    """What a writer has not seen, and what of it was written since their page; locks the ticket.

    Of a ticket that was merged while they wrote, they have seen nothing of where it goes on; what
    was written there before the merge is no second click.
    """
    if last_seen is None:
        return [], []
    own = recording.locked_itself(ticket.pk)
    here, is_unseen = own, Q(pk__gt=last_seen)
    if own.merged_into_id is not None:
        here = recording.locked_itself(own.merged_into_id)
        is_unseen |= ~Q(merged_from=ticket.pk) | Q(merged_from=None)
    unseen = here.messages.filter(is_unseen, is_automatic=False)
    newer = list(unseen.select_related("author").order_by("pk"))
    merged_at = own.merged_at
    since = [one for one in newer if merged_at is None or one.sent_at >= merged_at]
    return newer, since


def _twin(since: list[Message], kind: str, by: User, text: str) -> Message | None:
    said = (kind, by.pk, text)
    twins = (one for one in since if (one.kind, one.author_id, one.text) == said)
    return next(twins, None)
