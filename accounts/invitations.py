"""The link by which an agent or tenant admin comes in: one person, one use, seven days."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from tenants.connection import connection

VALID_FOR = timedelta(days=7)


class InvitationInvalidError(LookupError):
    """No invitation waits behind this link: it is used, replaced, expired or was never one."""


def token(user: User) -> str:
    """The secret of a person's latest invitation; an earlier one ends with it."""
    if user.invited_at is None:
        raise InvitationInvalidError(f"{user.email} has no open invitation.")
    return _signer().sign_object([user.pk, user.invited_at.isoformat()])


def path(user: User) -> str:
    """Where this person accepts, as a path on the tenant's host."""
    return reverse("account_invitation", args=[token(user)])


def invited(token: str, *, lock: bool = False) -> User:
    """The person a link was made for; raises InvitationInvalidError.

    With `lock` their row is held until the transaction ends, so that one link works once.
    """
    try:
        pk, stamp = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise InvitationInvalidError("The link is damaged.") from error
    users = User.objects.get_queryset().filter(pk=pk, is_active=True)
    user = (users.select_for_update() if lock else users).first()
    if user is None or user.invited_at is None or user.invited_at.isoformat() != stamp:
        raise InvitationInvalidError("The invitation was used or replaced.")
    if user.invited_at + VALID_FOR <= now():
        raise InvitationInvalidError("The invitation has expired.")
    return user


def _signer() -> signing.Signer:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.Signer(salt=f"accounts.invitation:{connection.schema_name}")
