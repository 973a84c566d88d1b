"""HTTP calls the stand-in makes itself: to webhook, callbacks and attachments' addresses."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlsplit

FETCH_SECONDS = 10


class UnreachableError(Exception):
    """Nobody answered, or not in time."""


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def request(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    seconds: float = FETCH_SECONDS,
    max_bytes: int = 1024 * 1024,
) -> Reply:
    """One request, without following redirects; reads at most `max_bytes` + 1 of the answer.

    Raises UnreachableError.
    """
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise UnreachableError(f"{url} is no address that can be called.")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=seconds)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request(method, target, body=body or None, headers=headers or {})
        answer = connection.getresponse()
        found = answer.read(max_bytes + 1)
        return Reply(answer.status, found, {k.lower(): v for k, v in answer.getheaders()})
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(str(error) or type(error).__name__)
    finally:
        connection.close()
