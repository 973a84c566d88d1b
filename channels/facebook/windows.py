"""The windows of tickets: until when what an agent writes can still reach somebody on Facebook.

The arithmetic is `window`; here is whose window counts for which ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.timezone import now

from channels.facebook.models import FacebookObject
from channels.facebook.window import Window
from tickets.models import Channel, Ticket


def of_ticket(ticket: Ticket, at: datetime | None = None) -> Window | None:
    """The window of who wrote last; None where the ticket is no direct message."""
    return of_tickets([ticket], at).get(ticket.pk)


def of_tickets(tickets: Iterable[Ticket], at: datetime | None = None) -> dict[int, Window]:
    """The windows of those that are answered by direct message, by the tickets' ids; one query."""
    keys = [ticket.pk for ticket in tickets if ticket.channel == Channel.FACEBOOK]
    if not keys:
        return {}
    moment = at or now()
    last = _written(keys).order_by("message__ticket", "-at", "-pk").distinct("message__ticket")
    found = last.values_list("message__ticket", "person__last_inbound_at")
    return {ticket: Window(opened_at, moment) for ticket, opened_at in found}


def came_by_message(ticket: Ticket) -> bool:
    """Whether somebody wrote a direct message on this ticket, however it is answered now."""
    return _written([ticket.pk]).exists()


def _written(keys: Iterable[int]) -> QuerySet[FacebookObject]:
    return FacebookObject.objects.filter(
        kind=FacebookObject.Kind.MESSAGE,
        message__ticket__in=keys,
        is_own=False,
        person__isnull=False,
        at__isnull=False,
    )
