"""Endpoints about tokens: from a code to a page's token, and what a token is worth."""

from __future__ import annotations

import hmac
from typing import Any

from graph_standin import access, errors
from graph_standin.clock import MINUTE
from graph_standin.errors import GraphError
from graph_standin.fields import names, pick, portion
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, json_answer
from graph_standin.world import PERMISSIONS, Code, Token

CODE_SECONDS = 10 * MINUTE
CODE_EXPIRED, CODE_FOREIGN, CODE_USED = 36007, 36008, 36009


def exchange(graph: Graph, call: Call) -> Answer:
    """/oauth/access_token: a code, a short-lived token or the app itself for a token."""
    app = graph.world.app
    if call.text("client_id") != app.id:
        raise GraphError(101, "Error validating application. Cannot get application info.")
    if not hmac.compare_digest(call.text("client_secret").encode(), app.secret.encode()):
        raise GraphError(1, "Error validating client secret.", status=400)
    kind = call.text("grant_type")
    if kind == "client_credentials":
        return json_answer({"access_token": access.app_token(graph), "token_type": "bearer"})
    if kind == "fb_exchange_token":
        token = _longer(graph, call.text("fb_exchange_token"))
    else:
        token = _from_code(graph, call)
    left = int((token.expires_at or 0) - graph.clock.now())
    return json_answer({"access_token": token.value, "token_type": "bearer", "expires_in": left})


def _longer(graph: Graph, text: str) -> Token:
    token = graph.world.tokens.get(text)
    if token is None:
        raise GraphError(errors.TOKEN, "Invalid OAuth access token")
    if dead := access.death_of(graph, token):
        raise dead
    return access.new_token(
        graph, token.account_id, token.scopes, token.page_ids, seconds=access.LONG_SECONDS
    )


def _from_code(graph: Graph, call: Call) -> Token:
    code = graph.world.codes.get(call.text("code"))
    if code is None:
        raise errors.invalid("Invalid verification code format.")
    if refusal := _refusal(graph, code, call.text("redirect_uri")):
        raise errors.invalid(*refusal)
    code.is_used = True
    return access.new_token(
        graph, code.account_id, code.scopes, code.page_ids, seconds=access.SHORT_SECONDS
    )


def _refusal(graph: Graph, code: Code, redirect_uri: str) -> tuple[str, int] | None:
    if code.is_used:
        return "This authorization code has been used.", CODE_USED
    if graph.clock.now() > code.issued_at + CODE_SECONDS:
        return "This authorization code has expired.", CODE_EXPIRED
    if redirect_uri != code.redirect_uri:
        return (
            "Error validating verification code. redirect_uri differs from the dialog's.",
            CODE_FOREIGN,
        )
    return None


def permissions(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """/me/permissions: what was granted and what was declined, one by one."""
    declined = graph.world.accounts[token.account_id].declined
    granted = [name for name in PERMISSIONS if name in token.scopes]
    found = [{"permission": name, "status": "granted"} for name in granted]
    found += [{"permission": n, "status": "declined"} for n in declined if n not in granted]
    return json_answer({"data": found})


def remove_app(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """DELETE /me/permissions[/name]: give one permission, or all and the app, back."""
    name = call.text("permission")
    if not name:
        access.remove_app(graph, token.account_id)
    for one in graph.world.tokens.values():
        if one.account_id == token.account_id:
            one.scopes = [scope for scope in one.scopes if scope != name]
    return json_answer({"success": True})


def accounts(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """/me/accounts: the pages that were chosen at the dialog, in portions.

    Without `pages_show_list` the list is empty, as at Meta: no error says why.
    """
    if token.page_id:
        raise errors.invalid("Tried accessing nonexisting field (accounts) on node type (Page)")
    account = graph.world.accounts[token.account_id]
    may = "pages_show_list" in token.scopes
    pages = [one for one in token.page_ids if one in account.tasks] if may else []
    default = "access_token,category,name,id,tasks"
    fields = names(call.text("fields") or default)
    rows = [page_fields(graph, token, page_id, fields) for page_id in pages]
    return json_answer(portion(graph, call, rows, "me/accounts"))


def page_fields(graph: Graph, token: Token, page_id: str, fields: list[str]) -> dict[str, Any]:
    """The asked fields of a page; raises error 100 for one that does not exist."""
    page = graph.world.pages[page_id]
    account = graph.world.accounts[token.account_id]
    values = {
        "id": page.id,
        "name": page.name,
        "category": page.category,
        "link": f"https://www.facebook.com/{page.id}",
        "tasks": account.tasks.get(page.id, []),
        "picture": {"data": {"url": f"{graph.base_url}/static/page.svg", "is_silhouette": False}},
    }
    if "access_token" in fields and page_id in account.tasks:
        own = token if token.page_id else access.page_token(graph, token, page_id)
        values["access_token"] = own.value
    return pick(values, fields, "Page", optional={"access_token"})


def debug(graph: Graph, call: Call) -> Answer:
    """/debug_token: asked by the app itself or by a user of it."""
    asker = access.token_text(call)
    if not access.is_app_token(graph, asker):
        access.authorize(graph, call)
    token = graph.world.tokens.get(call.text("input_token"))
    if token is None:
        return json_answer(
            {
                "data": {
                    "is_valid": False,
                    "scopes": [],
                    "error": {"code": 190, "message": "Invalid OAuth access token."},
                }
            }
        )
    return json_answer({"data": _worth(graph, token)})


def _worth(graph: Graph, token: Token) -> dict[str, Any]:
    dead = access.death_of(graph, token)
    found: dict[str, Any] = {
        "app_id": graph.world.app.id,
        "type": "PAGE" if token.page_id else "USER",
        "application": "Helpdesk",
        "data_access_expires_at": int(token.issued_at + access.DATA_ACCESS_SECONDS),
        "expires_at": int(token.expires_at or 0),
        "is_valid": dead is None,
        "issued_at": int(token.issued_at),
        "scopes": token.scopes,
        "user_id": token.account_id,
        "granular_scopes": [{"scope": s, "target_ids": token.page_ids} for s in token.scopes],
    }
    if token.page_id:
        found["profile_id"] = token.page_id
    if dead:
        found["error"] = {"code": dead.code, "message": dead.message, "subcode": dead.subcode}
    return found
