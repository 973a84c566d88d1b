"""Signing in at Facebook to connect pages: the OAuth code flow, over one address for all tenants.

Meta leads everybody back to one fixed address of the installation. What is signed there and back
says which tenant's browser it was; only the session that began may end it, once, in ten minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing

from channels.facebook import graph, permissions
from channels.facebook.events import text_of
from tenants.connection import connection

STATE_LASTS = timedelta(minutes=10)
# Just the way from one address to the other.
HANDOVER_LASTS = timedelta(minutes=2)
STATE, HANDOVER = "channels.facebook.state", "channels.facebook.handover"
CALLBACK_PATH = "/hooks/facebook/verbunden/"
# Pages in one answer of Meta, and answers that are read at most.
PORTION, MOST_PORTIONS = 100, 20
LONGEST = 4000


class LoginFailedError(ValueError):
    """The way through Facebook was not gone to its end; nothing has changed. Says why, in code."""


class TooLateError(LoginFailedError):
    """It took too long, or something on the way was changed."""


class RefusedError(LoginFailedError):
    """The person said no at Facebook, or Facebook did."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A page that somebody may connect, and the token that speaks for it."""

    page_id: str
    name: str
    category: str
    token: str

    @property
    def may_write(self) -> bool:
        return bool(self.token)


def callback_url() -> str:
    """The address to which Meta leads everybody back; it stands in the app's settings at Meta."""
    return f"{settings.PUBLIC_URL}{CALLBACK_PATH}"


def dialog_url(*, back_to: str, nonce: str) -> str:
    """Where somebody signs in. `back_to` is the full address on the tenant's host."""
    state = {"schema": connection.schema_name, "back": back_to, "nonce": nonce}
    values = {
        "client_id": settings.FACEBOOK_APP_ID,
        "redirect_uri": callback_url(),
        "state": signing.dumps(state, salt=STATE, compress=True),
        "scope": ",".join(permissions.asked()),
        "response_type": "code",
        # Asks again for what was refused before.
        "auth_type": "rerequest",
    }
    base = f"{settings.FACEBOOK_DIALOG_URL.rstrip('/')}/{settings.FACEBOOK_GRAPH_VERSION}"
    return f"{base}/dialog/oauth?{urlencode(values)}"


def handed_over(query: Mapping[str, str]) -> str:
    """On the installation's own address: where on the tenant's host to go on, with Meta's answer.

    Raises TooLateError.
    """
    state = _opened(query.get("state", ""), STATE, STATE_LASTS)
    answer = {
        "schema": state["schema"],
        "nonce": state["nonce"],
        "code": query.get("code", "")[:LONGEST],
    }
    signed = signing.dumps(answer, salt=HANDOVER, compress=True)
    return f"{state['back']}?{urlencode({'uebergabe': signed})}"


def code_of(handover: str, nonce: str) -> str:
    """On the tenant's host: the code that Meta gave to the session with this nonce.

    Raises TooLateError for another session's or tenant's, RefusedError where there is no code.
    """
    answer = _opened(handover, HANDOVER, HANDOVER_LASTS)
    if not nonce or (answer["schema"], answer["nonce"]) != (connection.schema_name, nonce):
        raise TooLateError("another session")
    if not answer["code"]:
        raise RefusedError("no code")
    return str(answer["code"])


def token_for(code: str) -> str:
    """The token of the person who signed in, for about 60 days; raises what `graph.call` does."""
    short = _token({"redirect_uri": callback_url(), "code": code})
    return _token({"grant_type": "fb_exchange_token", "fb_exchange_token": short})


def granted(token: str) -> list[str]:
    """What the person has allowed; raises what `graph.call` raises."""
    rows = _rows(graph.call("GET", "me/permissions", token).body)
    return [text_of(row, "permission") for row in rows if row.get("status") == "granted"]


def offered(token: str) -> list[Offered]:
    """The pages the person has chosen, with their tokens; raises what `graph.call` raises."""
    found: list[Offered] = []
    params = {"fields": "id,name,category,access_token", "limit": str(PORTION)}
    for _number in range(MOST_PORTIONS):
        body = graph.call("GET", "me/accounts", token, params=params).body
        found += [_offered(row) for row in _rows(body) if text_of(row, "id")]
        after = _after(body)
        if not after:
            break
        params["after"] = after
    return found


def _token(values: dict[str, str]) -> str:
    app = {
        "client_id": settings.FACEBOOK_APP_ID,
        "client_secret": settings.FACEBOOK_APP_SECRET,
    }
    return text_of(
        graph.call("GET", "oauth/access_token", params={**app, **values}).body, "access_token"
    )


def _offered(row: Mapping[str, Any]) -> Offered:
    page_id = text_of(row, "id")
    return Offered(
        page_id=page_id,
        name=text_of(row, "name") or page_id,
        category=text_of(row, "category"),
        token=text_of(row, "access_token"),
    )


def _rows(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = body.get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _after(body: Mapping[str, Any]) -> str:
    """Where the next portion begins; empty on the last one."""
    paging = body.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return ""
    cursors = paging.get("cursors")
    return text_of(cursors, "after") if isinstance(cursors, dict) else ""


def _opened(signed: str, salt: str, lasts: timedelta) -> dict[str, Any]:
    try:
        found: dict[str, Any] = signing.loads(signed[: 2 * LONGEST], salt=salt, max_age=lasts)
    except signing.BadSignature as error:
        raise TooLateError(type(error).__name__) from error
    return found
