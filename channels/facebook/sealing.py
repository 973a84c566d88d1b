"""Page tokens as they lie in the database: sealed with a key that is derived from SECRET_KEY.

A token sealed under an earlier key (SECRET_KEY_FALLBACKS) can still be opened.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"helpdesk facebook page token"


class SealBrokenError(ValueError):
    """The token was sealed with a key that this installation no longer has."""


def seal(token: str) -> str:
    """Encrypt a token with the current key."""
    return _keys().encrypt(token.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The token in clear; raises SealBrokenError."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBrokenError("The token cannot be read with today's key.") from error


def _keys() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([_key(secret) for secret in secrets])


@lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
