"""What is new for a customer, in words: each thing asked anew, and only what they may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.notification_models import Notification
from accounts.notifications import OF_TICKETS, OF_TOPICS, Event
from forum.models import Topic
from helpdesk import keyset
from tickets.models import Ticket

PAGE = 25
ICONS = {
    Event.TICKET_ANSWERED: "message-square",
    Event.TICKET_SHARED: "users",
    Event.TOPIC_ANSWERED: "messages-square",
    Event.TOPIC_FOLLOWED: "messages-square",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list: what happened, where, and the address of what is new there."""

    notification: Notification
    icon: str
    said: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is the place where the next page begins; empty on the last."""

    entries: list[Entry]
    after: str


def page(user: User, after: str) -> Page:
    """The newest first; `after` is the place where an earlier page ended.

    What its reader may no longer see, or nobody can, is forgotten; what comes behind it moves up.
    What waits for its topic to be shown again is not listed.
    """
    while True:
        found, gone = _page(user, after)
        if not gone:
            return found
        Notification.objects.filter(pk__in=gone).delete()
        user.unread_news = None


def _page(user: User, after: str) -> tuple[Page, set[int]]:
    """A page as it stands, and the ids of what it should not have listed."""
    found = Notification.objects.filter(user=user).shown()
    if key := keyset.decode(after, keyset.NEWEST_FIRST):
        found = found.filter(keyset.older("at", key))
    rows = list(found.newest_first()[: PAGE + 1])
    shown, rest = rows[:PAGE], rows[PAGE:]
    place = keyset.encode((shown[-1].at, shown[-1].pk)) if rest else ""
    entries = _entries(user, shown)
    gone = {row.pk for row in shown} - {entry.notification.pk for entry in entries}
    return Page(entries, place), gone


def _entries(user: User, rows: list[Notification]) -> list[Entry]:
    tickets = Ticket.objects.visible_to(user).filter(number__in=_about(rows, OF_TICKETS))
    by_number = {ticket.number: ticket for ticket in tickets}
    topics = Topic.objects.visible_to(user).filter(pk__in=_about(rows, OF_TOPICS))
    by_pk = {topic.pk: topic for topic in topics.for_list()}
    entries = []
    for row in rows:
        if row.event in OF_TICKETS and row.about in by_number:
            entries.append(_of_ticket(row, by_number[row.about]))
        elif row.event in OF_TOPICS and row.about in by_pk:
            entries.append(_of_topic(row, by_pk[row.about]))
    return entries


def _about(rows: Iterable[Notification], events: Sequence[str]) -> list[int]:
    return [row.about for row in rows if row.event in events]


def _of_ticket(row: Notification, ticket: Ticket) -> Entry:
    url = reverse("portal:ticket", args=[ticket.number])
    title = f"#{ticket.number} {ticket.subject or _('(no subject)')}"
    return _entry(row, title, f"{url}#message-{row.first}" if row.first else url)


def _of_topic(row: Notification, topic: Topic) -> Entry:
    url = topic.get_absolute_url()
    return _entry(row, topic.title, url + topic.place_of(row.first) if row.first else url)


def _entry(row: Notification, title: str, url: str) -> Entry:
    event = Event(row.event)
    return Entry(row, ICONS[event], _SAID[event](row.count), title, url)


def _answers(count: int) -> str:
    if count == 1:
        return _("We have answered")
    return ngettext("%(n)d new answer", "%(n)d new answers", count) % {"n": count}


def _posts(count: int) -> str:
    return ngettext("%(n)d new post", "%(n)d new posts", count) % {"n": count}


def _own_topic(count: int) -> str:
    said = ngettext("%(n)d new answer in your topic", "%(n)d new answers in your topic", count)
    return said % {"n": count}


_SAID: dict[Event, Callable[[int], str]] = {
    Event.TICKET_ANSWERED: _answers,
    Event.TICKET_SHARED: lambda _count: _("Shared with you"),
    Event.TOPIC_ANSWERED: _own_topic,
    Event.TOPIC_FOLLOWED: _posts,
}
