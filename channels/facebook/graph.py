"""Calls to Meta's Graph API: one place for addresses, proofs, timeouts, limits and masked tokens.

Nothing here belongs to a tenant; `channels.facebook.pages.call` speaks for a page. Never call from
inside a transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings

from channels.facebook.errors import (
    FacebookError,
    GraphError,
    NoAnswerError,
    NotReachedError,
    NotSetUpError,
)

# Seconds; an upload may take longer than a question.
TIMEOUT = httpx.Timeout(15, connect=5, pool=5)
LARGEST_ANSWER = 4 * 1024 * 1024
# From this share of an allowance on we slow down, and for how long if Meta does not say.
SLOW_DOWN_AT = 80
SLOW_DOWN_FOR = timedelta(minutes=2)
USED_UP_FOR = timedelta(minutes=15)
USAGE_HEADERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")
MASK = "•••"

_SECRET_PARAMETERS = re.compile(
    r"(access_token|input_token|appsecret_proof|client_secret|fb_exchange_token|code)=[^&\s\"']+"
)
_TOKEN = re.compile(r"\bEAA[A-Za-z0-9_-]{6,}|\b\d{6,}\|[A-Za-z0-9_-]{10,}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What Facebook answered. `pause` is how long to leave it alone now; None: go on."""

    body: dict[str, Any]
    pause: timedelta | None = None


def is_set_up() -> bool:
    """Whether this installation has an app at Meta."""
    return bool(settings.FACEBOOK_APP_ID and settings.FACEBOOK_APP_SECRET)


def proof(token: str) -> str:
    """`appsecret_proof`: shows that the caller of this very token knows the app's secret."""
    secret = settings.FACEBOOK_APP_SECRET.encode()
    return hmac.digest(secret, token.encode(), hashlib.sha256).hex()


def app_token() -> str:
    """The app's own token, for questions about other tokens."""
    return f"{settings.FACEBOOK_APP_ID}|{settings.FACEBOOK_APP_SECRET}"


def call(
    method: str,
    path: str,
    token: str = "",
    *,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, object] | None = None,
    form: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
) -> Answer:
    """One call; `path` without version. `body` is sent as JSON, `form` and `files` as a form.

    Raises GraphError where Facebook says no, NotReachedError where it was certainly not reached,
    and NoAnswerError where nobody knows what it has done. No error names a token.
    """
    if not is_set_up():
        raise NotSetUpError("FACEBOOK_APP_ID and FACEBOOK_APP_SECRET are not set.")
    sent: dict[str, str] = dict(params or {})
    if token:
        sent |= {"access_token": token, "appsecret_proof": proof(token)}
    url = f"{settings.FACEBOOK_GRAPH_URL.rstrip('/')}/{settings.FACEBOOK_GRAPH_VERSION}/{path}"
    try:
        response = _client().request(
            method, url, params=sent, json=body, data=form, files=files, timeout=TIMEOUT
        )
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotReachedError(f"Facebook cannot be reached ({type(error).__name__}).") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoAnswerError(f"Facebook gave no answer ({type(error).__name__}).") from None
    return _answer(response)


def close() -> None:
    """Let go of the connections; the next call makes new ones."""
    _client().close()
    _client.cache_clear()


def masked(text: str) -> str:
    """A text without the tokens and secrets in it."""
    return _TOKEN.sub(MASK, _SECRET_PARAMETERS.sub(rf"\1={MASK}", text))


def _answer(response: httpx.Response) -> Answer:
    pause = _pause(response.headers)
    found = _json(response)
    if response.status_code >= 500:
        raise NoAnswerError(f"Facebook answered {response.status_code}.")
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        error = {**found["error"], "message": masked(str(found["error"].get("message", "")))}
        raise GraphError.of(error, pause)
    if response.status_code >= 400:
        raise _unexplained(response.status_code, pause)
    if not isinstance(found, dict):
        raise NoAnswerError("Facebook's answer could not be read.")
    return Answer(found, pause)


def _unexplained(status: int, pause: timedelta | None) -> FacebookError:
    """A refusal without Meta's own words, as from something between us."""
    code = 4 if status == httpx.codes.TOO_MANY_REQUESTS else 0
    return GraphError(code=code, words=f"HTTP {status}", pause=pause)


def _json(response: httpx.Response) -> object:
    if len(response.content) > LARGEST_ANSWER:
        return None
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _pause(headers: Mapping[str, str]) -> timedelta | None:
    """How long to wait by the usage headers: percentages, and minutes to the next allowance."""
    used, minutes = 0.0, 0.0
    for name in USAGE_HEADERS:
        for usage in _usages(headers.get(name, "")):
            shares = (usage.get(one) for one in ("call_count", "total_time", "total_cputime"))
            used = max([used, *(float(one) for one in shares if isinstance(one, int | float))])
            regain = usage.get("estimated_time_to_regain_access")
            minutes = max(minutes, float(regain) if isinstance(regain, int | float) else 0)
    if minutes:
        return timedelta(minutes=min(minutes, 24 * 60))
    if used >= 100:
        return USED_UP_FOR
    return SLOW_DOWN_FOR if used >= SLOW_DOWN_AT else None


def _usages(header: str) -> list[dict[str, Any]]:
    """The usages in a header: one, or lists of them by business."""
    try:
        found = json.loads(header or "{}")
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, dict):
        return []
    listed = [one for value in found.values() if isinstance(value, list) for one in value]
    return [one for one in (found, *listed) if isinstance(one, dict)]


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process: it keeps its connections; no redirect carries a token elsewhere."""
    return httpx.Client(follow_redirects=False)
