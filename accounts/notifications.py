"""What somebody is written about by mail: the default, what they chose, and the link that ends it.

Whoever sends a mail about an event asks `wants` or `wanting` first, and names `unsubscribe_url` in
the mail and in its List-Unsubscribe header (RFC 8058: together with
`List-Unsubscribe-Post: List-Unsubscribe=One-Click`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core import signing
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import NotificationChoice, User
from tenants.connection import connection
from tenants.models import Tenant


class Event(models.TextChoices):
    """What a person can be written about; each is on until they say otherwise."""

    TICKET_ANSWERED = "ticket_answered", _("We answer one of my requests")
    TICKET_SHARED = "ticket_shared", _("A request is shared with me")
    TOPIC_ANSWERED = "topic_answered", _("Somebody answers a topic of mine in the forum")
    TOPIC_FOLLOWED = "topic_followed", _("There is something new in a topic that I follow")


class UnsubscribeInvalidError(LookupError):
    """The link to unsubscribe is damaged, of another tenant, or its person is gone."""


def events_for(user: User) -> list[Event]:
    """What this person can be written about; who answers requests has none of their own."""
    topics = [Event.TOPIC_ANSWERED, Event.TOPIC_FOLLOWED]
    return topics if user.is_agent else list(Event)


def wants(user: User, event: Event) -> bool:
    """True while this person wants a mail about an event."""
    declined = NotificationChoice.objects.filter(user=user, event=event, by_mail=False)
    return not declined.exists()


def wanting(users: Iterable[User], event: Event) -> list[User]:
    """Those of the people who want a mail about an event, in their order; one query."""
    people = list(users)
    chosen = NotificationChoice.objects.filter(user__in=people, event=event, by_mail=False)
    declined = set(chosen.values_list("user_id", flat=True))
    return [user for user in people if user.pk not in declined]


def wanted(user: User) -> dict[Event, bool]:
    """How each event that can concern this person stands."""
    declined = set(
        NotificationChoice.objects.filter(user=user, by_mail=False).values_list("event", flat=True)
    )
    return {event: event.value not in declined for event in events_for(user)}


def choose(user: User, event: Event, *, by_mail: bool) -> None:
    """Keep what somebody chose; only what deviates from the default has a row."""
    if by_mail:
        NotificationChoice.objects.filter(user=user, event=event).delete()
    else:
        NotificationChoice.objects.update_or_create(
            user=user, event=event, defaults={"by_mail": False}
        )


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
