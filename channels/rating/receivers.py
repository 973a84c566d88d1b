"""An agent settles a ticket: perhaps its customer is asked about it later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from channels.rating import mails
from tickets import signals
from tickets.models import Message, Ticket
from tickets.states import DONE


@receiver(signals.answered)
def ask_after_answer(ticket: Ticket, message: Message, **_: Any) -> None:
    if ticket.state in DONE:
        mails.schedule(ticket, message.sent_at)


@receiver(signals.state_changed)
def ask_after_move(ticket: Ticket, after: str, by: User | None, at: datetime, **_: Any) -> None:
    if after in DONE and by is not None and by.is_agent:
        mails.schedule(ticket, at)
