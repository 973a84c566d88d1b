"""Answering and noting on a page that may be older than the ticket."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from tenants.acts import act
from tickets import recording, services
from tickets.models import Message, Ticket
from tickets.services import File
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
) -> Message:
    """Answer, unless somebody said something after `last_seen` (a Message's id).

    The same answer by the same person among what is newer is a second click: it is returned, not
    repeated. Raises MeanwhileError. The ticket stays locked between the look and the answer.
    """
    newer = _newer(ticket, last_seen)
    if twin := _twin(newer, Message.Kind.OUTBOUND, by, text):
        return twin
    if newer:
        raise MeanwhileError(newer)
    return services.reply(ticket, author=by, text=text, files=files, state=state)


@act()
def note(
    ticket: Ticket, *, by: User, text: str, files: list[File], last_seen: int | None
) -> Message:
    """Add a note; what came meanwhile does not matter to it, a second click does."""
    if twin := _twin(_newer(ticket, last_seen), Message.Kind.NOTE, by, text):
        return twin
    return services.add_note(ticket, author=by, text=text, files=files)


def _newer(ticket: Ticket, last_seen: int | None) -> list[Message]:
    """What a writer has not seen where the ticket goes on; that one is locked."""
    if last_seen is None:
        return []
    here = recording.locked(ticket)
    is_unseen = Q(pk__gt=last_seen)
    if here.pk != ticket.pk:
        # Merged while somebody wrote: they have seen nothing of the other ticket.
        is_unseen |= ~Q(merged_from=ticket.pk) | Q(merged_from=None)
    newer = here.messages.filter(is_unseen, is_automatic=False)
    return list(newer.select_related("author").order_by("pk"))


def _twin(newer: list[Message], kind: str, by: User, text: str) -> Message | None:
    twins = (
        message
        for message in newer
        if message.kind == kind and message.author_id == by.pk and message.text == text
    )
    return next(twins, None)
