"""What is to leave finds its way to the outbox in the same transaction."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.timezone import now

from channels.portal_form import outbound as portal
from tenants import wakeups
from tenants.models import Wakeup
from tenants.queue import enqueue
from tickets import signals
from tickets.models import Channel, Message


@receiver(signals.queued)
def send(message: Message, **_: Any) -> None:
    if message.channel == Channel.PORTAL:
        portal.deliver_at_once(message)
        return
    wakeups.ask(Wakeup.Kind.OUTBOX, now())
    enqueue("channels.send_message", message.pk)
