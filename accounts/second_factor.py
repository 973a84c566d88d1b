"""How django-allauth's second factors behave here: the names they carry, and secrets at rest."""

from __future__ import annotations

import base64
from functools import lru_cache

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from tenants.connection import connection
from tenants.models import Tenant

PURPOSE = b"helpdesk second factor"


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the package is untyped
    # What an authenticator app, or the device's own dialog, shows.
    def get_totp_issuer(self) -> str:
        return Tenant.current().name

    def _get_site_name(self) -> str:
        return Tenant.current().name

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """A name nobody has to think of: the next number."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, object]:
        """Whom a passkey is for, as the device's own dialog names them."""
        return {
            "id": user_pk_to_url_str(user).encode(),
            "display_name": str(user),
            "name": user.email,
        }

    # At rest: the key of an app and the seed of the recovery codes are as good as the code.
    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret in clear; a secret nobody can read any more fits no code."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Base32 for the app's key, and ASCII for the seed: both readers go on with it.
            return base64.b32encode(Fernet.generate_key()).decode("ascii")


def _keys() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_key(secret, connection.schema_name) for secret in secrets])


@lru_cache(maxsize=64)
def _key(secret: str, schema: str) -> Fernet:
    info = PURPOSE + b":" + schema.encode()
    derived = HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def people_with_passkey() -> int:
    """How many can sign in with one: it works on the host it was made on, and on no other."""
    passkeys = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN, user__is_active=True)
    return int(passkeys.values("user").distinct().count())
