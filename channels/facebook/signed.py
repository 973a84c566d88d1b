"""What Meta signs when somebody asks for something there: `signed_request` (facts §11)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.timezone import now

from channels.facebook.events import moment, number_of, text_of

ALGORITHM = "HMAC-SHA256"
LONGEST = 8192
# An old one that somebody has got hold of does nothing.
LASTS = timedelta(days=2)


class NotSignedError(ValueError):
    """Meta has not signed this, or not lately; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who asked, by the id that our app alone knows them under, and when."""

    user_id: str
    issued_at: datetime


def parse(signed_request: str) -> Signed:
    """Read a signed request; raises NotSignedError."""
    signature, _, content = signed_request[:LONGEST].partition(".")
    secret = settings.FACEBOOK_APP_SECRET.encode()
    expected = hmac.digest(secret, content.encode("utf-8", "replace"), hashlib.sha256)
    if not (secret and content and hmac.compare_digest(expected, _decoded(signature))):
        raise NotSignedError("The signature is wrong.")
    try:
        found = json.loads(_decoded(content))
    except (ValueError, RecursionError) as error:
        raise NotSignedError("The content cannot be read.") from error
    if not isinstance(found, dict) or text_of(found, "algorithm").upper() != ALGORITHM:
        raise NotSignedError(f"The algorithm is not {ALGORITHM}.")
    user_id, issued_at = text_of(found, "user_id")[:64], moment(number_of(found, "issued_at"))
    if not user_id or issued_at is None:
        raise NotSignedError("It does not say who asked, or when.")
    if abs(now() - issued_at) > LASTS:
        raise NotSignedError("It is too old.")
    return Signed(user_id, issued_at)


def _decoded(text: str) -> bytes:
    """base64url without padding; nothing where it is none."""
    try:
        raw = text.encode("ascii")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""
