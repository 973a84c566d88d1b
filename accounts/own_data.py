"""What this app keeps of a person, for them to read and to have erased."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext_lazy as _

from accounts import erasing, notifications, privacy
from accounts.models import User


def register() -> None:
    privacy.register(
        privacy.Section(
            "account", _("Profile and sign-in"), export=_export, erase=erasing.erase_person
        )
    )


def _export(user: User) -> dict[str, object]:
    own = user.organisation
    addresses = EmailAddress.objects.filter(user=user).values("email", "verified", "primary")
    sessions = UserSession.objects.filter(user=user)
    factors = Authenticator.objects.filter(user=user)
    return {
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "joined_at": user.joined_at,
        "last_login": user.last_login,
        "addresses": list(addresses),
        "organisation": own.name if own else None,
        "role": user.membership.role if own else None,
        "told_of": _told_of(user),
        "notifications": list(user.notifications.values("event", "about", "at", "read_at")),
        "devices": list(sessions.values("user_agent", "ip", "created_at", "last_seen_at")),
        # What they are called; what they open is nobody's to read.
        "second_factors": [
            {"type": factor.type, "name": str(factor), "created_at": factor.created_at}
            for factor in factors
        ],
    }


def _told_of(user: User) -> dict[str, dict[str, bool]]:
    """Event by event, where they are told of it."""
    told: dict[str, dict[str, bool]] = {}
    for (event, channel), is_wanted in notifications.wanted(user).items():
        told.setdefault(event.value, {})[channel.value] = is_wanted
    return told
