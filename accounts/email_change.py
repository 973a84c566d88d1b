"""A new e-mail address: proven by a mail to it, told to the old one.

The link works for the signed-in person who asked, and for nobody else: whoever typed in somebody
else's address cannot make its owner confirm it for them.
"""

from __future__ import annotations

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from accounts.services import confirm_address
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Tenant

VALID_FOR = timedelta(days=1)


class LinkInvalidError(LookupError):
    """The link is damaged, used, expired, or somebody else's."""


class AddressTakenError(ValueError):
    """Another account has got the address meanwhile."""


def ask(user: User, email: str) -> None:
    """Write to the new address. What the asker sees is the same when somebody has it already.

    Its owner is then told that there is an account, and nothing changes.
    """
    email = email.strip().lower()
    adapter = get_adapter()
    owner = User.objects.with_address(email).first()
    if owner is not None and owner != user:
        adapter.send_mail("account/email/email_taken", email, {"user": owner})
        return
    url = Tenant.current().url(reverse("portal:new_email", args=[_token(user, email)]))
    # Nobody is greeted: the name is whatever the asker wants a stranger to read in our mail.
    hours = VALID_FOR // timedelta(hours=1)
    context = {"change_url": url, "user": user, "greeted": "", "hours": hours}
    adapter.send_mail("account/email/email_change", email, context)


def asked(user: User, token: str) -> str:
    """The new address behind a link of this person; raises LinkInvalidError."""
    try:
        pk, old, new = _signer().unsign_object(token, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkInvalidError from error
    # Used once: afterwards the old address is no longer theirs.
    if (pk, old) != (user.pk, user.email):
        raise LinkInvalidError
    return str(new)


@act()
def confirm(user: User, token: str) -> User:
    """Give the person the new address, proven, and tell the old one.

    Raises LinkInvalidError and AddressTakenError.
    """
    stored = User.objects.get_queryset().select_for_update().get(pk=user.pk)
    old, new = stored.email, asked(stored, token)
    stored.email = new
    try:
        with transaction.atomic():
            stored.save(update_fields=["email"])
    except IntegrityError as error:
        raise AddressTakenError(new) from error
    EmailAddress.objects.filter(user=stored).delete()
    EmailAddress.objects.create(user=stored, email=new, verified=True, primary=True)
    confirm_address(stored)
    get_adapter().send_mail("account/email/email_changed", old, {"user": stored, "new": new})
    return stored


def _token(user: User, email: str) -> str:
    return _signer().sign_object([user.pk, user.email, email])


def _signer() -> signing.TimestampSigner:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.TimestampSigner(salt=f"accounts.email:{connection.schema_name}")
