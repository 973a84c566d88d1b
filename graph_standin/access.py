"""Who calls: access tokens, their proof, and what they may do."""

from __future__ import annotations

import hmac
import secrets

from graph_standin import errors
from graph_standin.clock import DAY, HOUR
from graph_standin.errors import GraphError
from graph_standin.graph import Graph
from graph_standin.http import Call
from graph_standin.signing import app_proof
from graph_standin.world import Page, Token

SHORT_SECONDS = 2 * HOUR
LONG_SECONDS = 60 * DAY
DATA_ACCESS_SECONDS = 90 * DAY
WORDS = {
    458: "The user has not authorized application",
    459: "The user is enrolled in a blocking, logged-in checkpoint",
    460: "The session has been invalidated because the user changed their password",
    463: "Session has expired",
    464: "Sessions for the user are not allowed because the user is not a confirmed user",
    467: "The access token has been invalidated",
}


def token_text(call: Call) -> str:
    bearer = call.headers.get("authorization", "")
    found = bearer[7:] if bearer.lower().startswith("bearer ") else ""
    return call.text("access_token") or found


def app_token(graph: Graph) -> str:
    app = graph.world.app
    return f"{app.id}|{app.secret}"


def is_app_token(graph: Graph, text: str) -> bool:
    return hmac.compare_digest(text.encode(), app_token(graph).encode())


def authorize(graph: Graph, call: Call) -> Token:
    """The token of a call; raises GraphError 190 for a dead one, 100 for a wrong proof."""
    text = token_text(call)
    if not text:
        raise GraphError(2500, "An active access token must be used to query information")
    token = graph.world.tokens.get(text)
    if token is None:
        raise GraphError(errors.TOKEN, "Invalid OAuth access token - Cannot parse access token")
    check_proof(graph, call, text)
    if dead := death_of(graph, token):
        raise dead
    return token


def check_proof(graph: Graph, call: Call, text: str) -> None:
    """Refuse a proof that is not of this very token, and a missing one when the app demands it."""
    app, proof = graph.world.app, call.text("appsecret_proof")
    if not proof and app.demands_proof:
        raise errors.invalid("API calls from the server require an appsecret_proof argument")
    if proof and not hmac.compare_digest(proof.encode(), app_proof(app.secret, text).encode()):
        raise errors.invalid("Invalid appsecret_proof provided in the API argument")


def death_of(graph: Graph, token: Token) -> GraphError | None:
    """Why a token no longer works, or None."""
    dead = token.dead
    if dead is None and token.expires_at is not None and graph.clock.now() >= token.expires_at:
        dead = errors.EXPIRED
    if dead is None:
        return None
    words = WORDS.get(dead, "The session is invalid")
    return GraphError(
        errors.TOKEN, f"Error validating access token: {words}.", subcode=dead or None
    )


def require(token: Token, *permissions: str) -> None:
    """Raise error 200 for the first permission the token lacks."""
    for permission in permissions:
        if permission not in token.scopes:
            raise errors.missing_permission(permission)


def page_of(graph: Graph, token: Token, node: str, *permissions: str) -> Page:
    """The page a call is about, through its own token; `me` is the token's page.

    Raises error 210 for a token that is not a page's, 100/33 for another page's.
    """
    if not token.page_id:
        raise GraphError(210, "A page access token is required to request this resource.")
    page = graph.world.pages.get(token.page_id if node == "me" else node)
    if page is None or page.id != token.page_id:
        raise errors.unknown_object(node)
    require(token, *permissions)
    return page


def require_task(graph: Graph, token: Token, task: str) -> None:
    """Raise error 10 when the person behind the token lost this task on the page."""
    tasks = graph.world.accounts[token.account_id].tasks.get(token.page_id, [])
    if task not in tasks:
        raise GraphError(errors.NO_ACCESS, f"The user does not have the {task} task on this page.")


def remove_app(graph: Graph, account_id: str) -> None:
    """An account takes the app off: its tokens die, its pages tell the app nothing more."""
    for token in graph.world.tokens.values():
        if token.account_id == account_id:
            token.dead = errors.APP_REMOVED
            for page_id in token.page_ids:
                graph.world.pages[page_id].fields = []


def new_token(
    graph: Graph,
    account_id: str,
    scopes: list[str],
    page_ids: list[str],
    *,
    seconds: float | None,
    page_id: str = "",
) -> Token:
    """Make a token; `seconds` is its life, None without end."""
    at = graph.clock.now()
    token = Token(
        value="EAAB" + secrets.token_hex(30),
        account_id=account_id,
        scopes=list(scopes),
        page_ids=list(page_ids),
        issued_at=at,
        expires_at=None if seconds is None else at + seconds,
        page_id=page_id,
    )
    graph.world.tokens[token.value] = token
    return token


def page_token(graph: Graph, user: Token, page_id: str) -> Token:
    """The page's token that belongs to a user's token: the same one each time it is asked for.

    From a long-lived user token it has no end, from a short-lived one the same end.
    """
    is_long = user.expires_at is None or user.expires_at - user.issued_at > SHORT_SECONDS
    for one in graph.world.tokens.values():
        same = (one.account_id, one.page_id, one.dead) == (user.account_id, page_id, None)
        if same and one.scopes == user.scopes and (one.expires_at is None) == is_long:
            return one
    left = None if is_long else (user.expires_at or 0) - graph.clock.now()
    return new_token(graph, user.account_id, user.scopes, [page_id], seconds=left, page_id=page_id)
