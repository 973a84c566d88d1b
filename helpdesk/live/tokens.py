"""The ticket of entry to the live stream: signed by the page, checked without asking anybody."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from django.core import signing

# Rights are looked at again this often: a page must renew its token, and the renewal asks for them.
LIFETIME_SECONDS = 600
_SALT = "helpdesk.live"


class BadTokenError(ValueError):
    """The token was not made here, was changed, or is too old."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Whose stream it is. `origin` is the page's, the only one that may read the answer."""

    schema: str
    user_id: int
    is_agent: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Issued:
    token: str
    # Seconds since 1970-01-01T00:00Z.
    expires_at: int


def issue(*, schema: str, user_id: int, is_agent: bool, origin: str) -> Issued:
    """Make a token for the next ten minutes."""
    entry = Entry(schema=schema, user_id=user_id, is_agent=is_agent, origin=origin)
    token = signing.TimestampSigner(salt=_SALT).sign_object(asdict(entry))
    return Issued(token, int(time.time()) + LIFETIME_SECONDS)


def read(token: str) -> Entry:
    """Return what a token says; raises BadTokenError unless it is ours and fresh."""
    try:
        said = signing.TimestampSigner(salt=_SALT).unsign_object(token, max_age=LIFETIME_SECONDS)
        return Entry(**said)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadTokenError("This token opens nothing.") from error
