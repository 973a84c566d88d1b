"""What happens to people, and what it does to their tickets, in the same transaction."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import address_confirmed
from tickets import senders


@receiver(address_confirmed)
def confirm_tickets(user: User, **_: Any) -> None:
    senders.confirm_sender(user)
