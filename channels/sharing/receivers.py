"""A ticket is shared, or answered: those who take part hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from channels.sharing import copies, mails
from tickets import signals
from tickets.models import Message, Participant, Ticket


@receiver(signals.shared)
def tell(ticket: Ticket, participants: Sequence[Participant], by: User, **_: Any) -> None:
    mails.tell(ticket, participants, by=by)


@receiver(signals.queued)
def copy(message: Message, is_again: bool = False, **_: Any) -> None:
    # Who takes part has got it, whatever became of it on the way to who asked.
    if not is_again:
        copies.send(message)
