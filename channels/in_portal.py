"""What the portal's list tells a customer of their tickets, in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts import notification_list
from accounts.models import User
from accounts.notifications import OF_TICKETS, Event
from accounts.signals import moved
from tickets import signals
from tickets.models import Message, Participant, Ticket


@receiver(signals.answered)
def tell_of_answer(ticket: Ticket, message: Message, **_: Any) -> None:
    """A human has answered: news for who asked, and for all who take part."""
    taking_part = ticket.participants.all().in_force().values_list("user_id", flat=True)
    people = set(taking_part)
    # Whoever has left their organisation since left the ticket there.
    if Ticket.objects.visible_to(ticket.requester).filter(pk=ticket.pk).exists():
        people.add(ticket.requester_id)
    notification_list.add(people, Event.TICKET_ANSWERED, ticket.number, first=message.pk)


@receiver(signals.shared)
def tell_of_sharing(
    ticket: Ticket, participants: Sequence[Participant], by: User, **_: Any
) -> None:
    """Colleagues take part from now on: news for them, but not for who added them."""
    people = [one.user_id for one in participants if one.user_id != by.pk]
    notification_list.add(people, Event.TICKET_SHARED, ticket.number)


@receiver(moved)
def forget_what_stayed(user: User, **_: Any) -> None:
    """Whoever has left an organisation hears no more of the tickets that stayed there."""
    told = notification_list.told(user, *OF_TICKETS)
    seen = Ticket.objects.visible_to(user).filter(number__in=told).values_list("number", flat=True)
    notification_list.forget(user, told.difference(seen), *OF_TICKETS)
