"""What becomes of agreed calls when their ticket is answered, done or spam, in the same act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from channels.callback import attempts, calls
from channels.callback.models import CallBack
from tickets import signals
from tickets.models import Message, Ticket
from tickets.states import DONE, State


@receiver(signals.state_changed)
def end_calls(ticket: Ticket, after: str, by: User, at: datetime, **_: Any) -> None:
    """Nobody is called about what is done; nobody writes to spam about it."""
    if after == State.SPAM:
        calls.end_open(ticket, CallBack.State.CANCELLED, at=at, is_told=False)
    elif after in DONE:
        calls.end_open(ticket, CallBack.State.CANCELLED, at=at)


@receiver(signals.answered)
def settle_calls(ticket: Ticket, message: Message, **_: Any) -> None:
    attempts.settle_by_answer(ticket, message.sent_at)
    if ticket.state in DONE:
        calls.end_open(ticket, CallBack.State.CANCELLED, at=message.sent_at)
