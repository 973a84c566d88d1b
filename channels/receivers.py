"""What is to leave finds its way to the outbox in the same transaction."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.timezone import now

from channels import acknowledgement
from channels.portal_form import outbound as portal
from tenants import wakeups
from tenants.models import Wakeup
from tenants.queue import enqueue
from tickets import signals
from tickets.models import Channel, Message, Ticket
from tickets.states import State


@receiver(signals.queued)
def send(message: Message, **_: Any) -> None:
    if message.channel == Channel.PORTAL:
        portal.deliver_at_once(message)
        return
    wakeups.ask(Wakeup.Kind.OUTBOX, now())
    enqueue("channels.send_message", message.pk)


@receiver(signals.state_changed)
def confirm_after_all(ticket: Ticket, before: str, after: str, **_: Any) -> None:
    """A form that was taken for a robot's is a person's: they were told that they get a mail."""
    is_taken_back = before == State.SPAM and after != State.SPAM
    if not is_taken_back or ticket.channel != Channel.CONTACT_FORM:
        return
    if not ticket.messages.filter(kind=Message.Kind.OUTBOUND).exists():
        acknowledgement.send(ticket, is_verified=ticket.is_verified)
