"""One page of the queue, with what each row shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse

from channels.facebook import windows
from channels.facebook.window import Window
from helpdesk import keyset
from sla.models import CalendarVersion, Priority, Promise, SupportTier
from tickets.models import QUEUE_ORDER, Channel, Ticket, TicketQuerySet

PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket that waits, and the promise that gives it its place."""

    ticket: Ticket
    promise: Promise
    # Until when a direct message reaches the customer; None for what is answered otherwise.
    window: Window | None = None

    @property
    def must_be_earlier(self) -> bool:
        """True where the customer cannot be answered as now any more when the answer is due."""
        return self.window is not None and self.window.ends_before(self.ticket.due_at)

    @property
    def url(self) -> str:
        return _address().replace("0", str(self.ticket.number))

    @property
    def channel(self) -> str:
        return str(Channel(self.ticket.channel).label)

    @property
    def priority(self) -> str:
        return str(Priority(self.promise.priority).label)

    @property
    def rose(self) -> bool:
        """True for a missed target that waiting has lifted above its own priority."""
        return -self.ticket.queue_rank > self.promise.priority


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    # Where the next page begins; empty on the last one.
    after: str
    is_first: bool


def unassigned(tickets: TicketQuerySet) -> TicketQuerySet:
    """The queue of what nobody has; one index scan however much the others have."""
    # All of it has the same assignee, none: naming it first changes nothing but the index.
    return tickets.queued().filter(assignee=None).order_by("assignee_id", *QUEUE_ORDER)


def page(queue: TicketQuerySet, after: str = "") -> Page:
    """The rows behind a place in a queue; from the top when there is no such place any more."""
    key = keyset.decode(after, keyset.QUEUE)
    found = queue.select_related("organisation", "assignee").page(PAGE + 1, after=key)
    if key and not found:
        return page(queue)
    shown = found[:PAGE]
    further = keyset.encode(shown[-1].queue_key) if len(found) > PAGE else ""
    return Page(_rows(shown), further, is_first=key is None)


@lru_cache(maxsize=1)
def _address() -> str:
    """A ticket's address with 0 for its number; asking for each of fifty would cost 3 ms a page."""
    return reverse("desk:ticket", args=[0])


def _rows(tickets: list[Ticket]) -> list[Row]:
    promises = {promise.ticket_id: promise for promise in _promises(tickets)}
    known = windows.of_tickets(tickets)
    return [
        Row(ticket, promises[ticket.pk], known.get(ticket.pk))
        for ticket in tickets
        if ticket.pk in promises
    ]


def _promises(tickets: list[Ticket]) -> list[Promise]:
    """The open promises of a page. The few versions and tiers they name are read once each."""
    promises = list(Promise.objects.open().filter(ticket_id__in=[one.pk for one in tickets]))
    versions = CalendarVersion.objects.in_bulk(
        {promise.calendar_version_id for promise in promises}
    )
    tiers = SupportTier.objects.in_bulk({one.tier_id for one in promises})
    for promise in promises:
        promise.calendar_version = versions[promise.calendar_version_id]
        promise.tier = tiers[promise.tier_id]
    return promises
