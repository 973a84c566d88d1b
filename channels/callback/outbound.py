"""Answers to those who asked for a call: what is written reaches them by mail."""

from __future__ import annotations

from channels.email import outbound
from tickets.models import Message


def deliver(message: Message) -> None:
    """Send it as a mail; raises RefusedError or TryLaterError."""
    outbound.deliver(message)
