"""Our own signed addresses: the way back to a ticket, and to the message that bounced.

`support+t1042.k3…@…` leads to ticket 1042, `support+b77.q9…@…` to message 77. The signature holds
100 bits and covers the schema, so another tenant's address means nothing here (law 4), and a
number that somebody guessed means nothing anywhere (law 5). Lower case base32: mail systems do not
keep the case of a local part.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from typing import Literal

from django.conf import settings

from tenants.connection import connection

Purpose = Literal["t", "b"]
SIGNATURE_LENGTH = 20
_EXTENSION = re.compile(r"\+([tb])(\d{1,18})(?:\.([a-z2-7]{20}))?@")


def address(mailbox: str, purpose: Purpose, number: int) -> str:
    """The mailbox with a signed extension; 45 characters at most are added to its local part."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{purpose}{number}.{_signature(purpose, number)}@{domain}"


def read(text: str, purpose: Purpose) -> int | None:
    """The number in an address that this tenant signed for this purpose, else None."""
    match = _EXTENSION.search(text.lower())
    if match is None or match[1] != purpose or match[3] is None:
        return None
    number = int(match[2])
    return number if hmac.compare_digest(match[3], _signature(purpose, number)) else None


def first(addresses: Iterable[str], purpose: Purpose) -> int | None:
    """The number in the first of some addresses that this tenant signed for this purpose."""
    numbers = (read(one, purpose) for one in addresses)
    return next((number for number in numbers if number is not None), None)


def named(addresses: Iterable[str], purpose: Purpose) -> int | None:
    """The number in the first address that looks like one of ours, signed or not: no proof."""
    matches = (_EXTENSION.search(one.lower()) for one in addresses)
    return next((int(match[2]) for match in matches if match and match[1] == purpose), None)


def _signature(purpose: Purpose, number: int) -> str:
    said = f"{connection.schema_name}:{purpose}:{number}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"signed-address:" + said, "sha256")
    return base64.b32encode(digest).decode().lower()[:SIGNATURE_LENGTH]
