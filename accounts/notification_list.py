"""The portal's list of what is new for somebody: kept with what it tells of, read with it too."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.utils.timezone import now

from accounts.models import User
from accounts.notification_models import Notification, NotificationQuerySet
from accounts.notifications import Channel, Event
from tenants.connection import connection

# What nobody looked at in this time is no news any more.
KEPT = timedelta(days=90)
# One statement for any number of people, so that two things that happen at once are both counted;
# in the order of their ids, so that neither waits for the other in a circle.
ADD = """
INSERT INTO accounts_notification (user_id, event, about, first, count, at, is_hidden)
SELECT person.id, %(event)s, %(about)s, %(first)s, 1, %(at)s, false
FROM accounts_user person
WHERE person.id = ANY(%(people)s) AND person.is_active AND person.role = %(role)s
    AND NOT EXISTS (
        SELECT FROM accounts_notificationchoice choice
        WHERE choice.user_id = person.id AND choice.event = %(event)s
            AND choice.channel = %(channel)s
    )
ORDER BY person.id
ON CONFLICT (user_id, event, about) DO UPDATE SET
    count = CASE WHEN accounts_notification.read_at IS NULL
        THEN accounts_notification.count + 1 ELSE 1 END,
    first = CASE WHEN accounts_notification.read_at IS NULL
        THEN accounts_notification.first ELSE EXCLUDED.first END,
    at = EXCLUDED.at,
    read_at = NULL
"""


def add(people: Iterable[int], event: Event, about: int, *, first: int | None = None) -> None:
    """Tell customers, named by their ids, of something; only those who want to be told here.

    `about` is the ticket's number or the topic's id, `first` the message or post that is new. Runs
    in the caller's transaction.
    """
    told = list(people)
    if not told:
        return
    values: dict[str, str | int | datetime | list[int] | None] = {
        "people": told,
        "event": event.value,
        "about": about,
        "first": first,
        "at": now(),
        "role": User.Role.CUSTOMER.value,
        "channel": Channel.PORTAL.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, values)


def unread(user: User) -> int:
    """How many things are new for somebody; who asks brings the number along."""
    if user.unread_news is not None:
        return user.unread_news
    return Notification.objects.filter(user=user).unread().count()


def read(user: User, about: Iterable[int], *events: Event) -> None:
    """Somebody has looked at these tickets or topics, and so knows what was new there.

    `about` can be a query for them; it is not run for who has nothing unread.
    """
    if unread(user):
        _read(user, Notification.objects.filter(user=user, event__in=events, about__in=about))


def read_all(user: User) -> int:
    """Everything there is now is known; returns how many that were."""
    return _read(user, Notification.objects.filter(user=user))


def told(user: User, *events: Event) -> set[int]:
    """The tickets or topics that somebody was told of, read or not."""
    found = Notification.objects.filter(user=user, event__in=events)
    return set(found.values_list("about", flat=True))


def forget(user: User, about: Collection[int], *events: Event) -> None:
    """These tickets or topics no longer concern somebody."""
    if about:
        Notification.objects.filter(user=user, event__in=events, about__in=about).delete()
        user.unread_news = None


def hide(about: int, event: Event, *, is_hidden: bool) -> None:
    """Nobody can look at this for now, or they can again; hidden, it neither counts nor shows."""
    Notification.objects.filter(about=about, event=event).update(is_hidden=is_hidden)


def tidy() -> int:
    """Forget what is too old to be news, in this tenant; returns how many."""
    return Notification.objects.filter(at__lt=now() - KEPT).delete()[0]


def _read(user: User, found: NotificationQuerySet) -> int:
    count = found.unread().update(read_at=now())
    user.unread_news = None
    return count
