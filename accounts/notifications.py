"""What somebody is told about, and where: the defaults, what they chose, and the link that ends it.

Whoever sends a mail about an event asks `wants` or `wanting` first, and names `unsubscribe_url` in
the mail and in its List-Unsubscribe header (RFC 8058: together with
`List-Unsubscribe-Post: List-Unsubscribe=One-Click`). The portal's list asks for itself, in
`accounts.notification_list`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core import signing
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.notification_models import NotificationChoice
from tenants.connection import connection
from tenants.models import Tenant


class Event(models.TextChoices):
    """What a person can be told about."""

    TICKET_ANSWERED = "ticket_answered", _("We answer one of my tickets")
    TICKET_SHARED = "ticket_shared", _("A ticket is shared with me")
    TOPIC_ANSWERED = "topic_answered", _("Somebody answers a topic of mine in the forum")
    TOPIC_FOLLOWED = "topic_followed", _("There is something new in a topic that I follow")


# What an event is about, in the portal's list.
OF_TICKETS = (Event.TICKET_ANSWERED, Event.TICKET_SHARED)
OF_TOPICS = (Event.TOPIC_ANSWERED, Event.TOPIC_FOLLOWED)


class Channel(models.TextChoices):
    """Where a person is told; everything is told everywhere until they say otherwise."""

    MAIL = "mail", _("By e-mail")
    PORTAL = "portal", _("In the portal")


class UnsubscribeInvalidError(LookupError):
    """The link to unsubscribe is damaged, of another tenant, or its person is gone."""


def events_for(user: User) -> list[Event]:
    """What this person can be told about; who answers requests has none of their own."""
    topics = [Event.TOPIC_ANSWERED, Event.TOPIC_FOLLOWED]
    return topics if user.is_agent else list(Event)


def channels_for(user: User) -> list[Channel]:
    """Where this person can be told; who works at the desk has no list in the portal."""
    return [Channel.MAIL] if user.is_agent else list(Channel)


def wants(user: User, event: Event, channel: Channel) -> bool:
    """True while this person wants to be told about an event there."""
    return bool(wanting([user], event, channel))


def wanting(users: Iterable[User], event: Event, channel: Channel) -> list[User]:
    """Those of the people who want to be told about an event there, in their order; one query."""
    people = list(users)
    chosen = NotificationChoice.objects.filter(user__in=people, event=event, channel=channel)
    declined = set(chosen.values_list("user_id", flat=True))
    return [user for user in people if user.pk not in declined]


def wanted(user: User) -> dict[tuple[Event, Channel], bool]:
    """How each event that can concern this person stands, on each channel."""
    declined = set(user.notification_choices.values_list("event", "channel"))
    return {
        (event, channel): (event.value, channel.value) not in declined
        for event in events_for(user)
        for channel in channels_for(user)
    }


def choose(user: User, event: Event, channel: Channel, *, is_wanted: bool) -> None:
    """Keep what somebody chose about one event on one channel."""
    choose_all(user, {(event, channel): is_wanted})


@transaction.atomic
def choose_all(user: User, chosen: Mapping[tuple[Event, Channel], bool]) -> None:
    """Keep what somebody chose; only what they do not want has a row. Two queries."""
    wanted = Q(pk=None)
    for (event, channel), is_wanted in chosen.items():
        if is_wanted:
            wanted |= Q(event=event, channel=channel)
    NotificationChoice.objects.filter(wanted, user=user).delete()
    declined = [
        NotificationChoice(user=user, event=event, channel=channel)
        for (event, channel), is_wanted in chosen.items()
        if not is_wanted
    ]
    NotificationChoice.objects.bulk_create(declined, ignore_conflicts=True)


def unsubscribe_url(user: User, event: Event) -> str:
    """The address, on the tenant's host, where one click ends mails about an event.

    It needs no sign-in and never expires: a mail may be read years later.
    """
    token = _signer().sign_object([user.pk, event.value])
    return Tenant.current().url(reverse("portal:unsubscribe", args=[token]))


def unsubscribing(token: str) -> tuple[User, Event]:
    """Whom and what a link is about; raises UnsubscribeInvalidError."""
    try:
        pk, event = _signer().unsign_object(token)
        return User.objects.get_queryset().get(pk=pk, is_active=True), Event(event)
    except (signing.BadSignature, ValueError, TypeError, User.DoesNotExist) as error:
        raise UnsubscribeInvalidError from error


def _signer() -> signing.Signer:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.Signer(salt=f"accounts.unsubscribe:{connection.schema_name}")
