"""What became of the parts of an answer: each is written down before it is sent, and again after.

A part that is `sending` and never came back is in doubt: it is not sent again, until its echo, a
look at the conversation or an agent says what became of it.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from channels.facebook.models import FacebookObject
from tenants.acts import act
from tickets import outcomes, recording, unclear
from tickets.models import Message

Delivery = FacebookObject.Delivery


@act()
def confirm(part: FacebookObject, external_id: str, *, at: datetime) -> None:
    """Facebook has this part of an answer, under this id; running it twice changes nothing.

    When it was the last one in doubt, the message goes on: it has arrived, or the rest is sent.
    """
    message = part.message
    if message is None:
        return
    recording.locked(message.ticket)
    FacebookObject.objects.filter(pk=part.pk).exclude(delivery=Delivery.SENT).update(
        delivery=Delivery.SENT, external_id=external_id, at=at
    )
    go_on(message, at=at)


def go_on(message: Message, *, at: datetime, by_hand: bool = False) -> None:
    """Let a message whose parts are settled go on; one that a worker has is the worker's.

    Inside an act that has locked the ticket.
    """
    parts = FacebookObject.objects.filter(message=message, part__isnull=False)
    open_parts = set(parts.exclude(delivery=Delivery.SENT).values_list("delivery", flat=True))
    if not open_parts:
        outcomes.mark_delivered(message, at=at)
    elif by_hand or Delivery.SENDING not in open_parts:
        unclear.send_again(message)


@act()
def look_again(message: Message) -> None:
    """The doubt about a message is written down: proof that came in that moment counts now."""
    recording.locked(message.ticket)
    go_on(message, at=now())


@act()
def settle(message: Message, *, has_arrived: bool, at: datetime) -> None:
    """An agent says what became of the part that is in doubt."""
    recording.locked(message.ticket)
    doubtful = FacebookObject.objects.filter(message=message, delivery=Delivery.SENDING)
    if has_arrived:
        doubtful.update(delivery=Delivery.SENT, at=at)
    else:
        doubtful.update(delivery=Delivery.WAITING)
    go_on(message, at=at, by_hand=True)
