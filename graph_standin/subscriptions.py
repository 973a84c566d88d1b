"""Endpoints that tie the app's webhook to a page."""

from __future__ import annotations

from graph_standin import access, errors
from graph_standin.errors import GraphError
from graph_standin.graph import FIELDS, Graph
from graph_standin.http import Answer, Call, json_answer
from graph_standin.world import Token


def of_app(graph: Graph, call: Call) -> Answer:
    """/{app-id}/subscriptions: set the webhook's address; it must pass the verification first."""
    app = graph.world.app
    if not access.is_app_token(graph, access.token_text(call)):
        raise GraphError(15, "This method must be called with an app access_token.")
    if call.method == "GET":
        row = {"object": "page", "callback_url": app.webhook_url, "active": app.webhook_verified}
        return json_answer({"data": [row]})
    before = app.webhook_url, app.verify_token
    app.webhook_url = call.text("callback_url") or app.webhook_url
    app.verify_token = call.text("verify_token") or app.verify_token
    if not graph.deliveries.verify():
        app.webhook_url, app.verify_token = before
        raise GraphError(
            2200, "Callback verification failed: the URL did not give the challenge back."
        )
    return json_answer({"success": True})


def show(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """GET /{page}/subscribed_apps."""
    page = access.page_of(graph, token, node, "pages_manage_metadata")
    app = graph.world.app
    row = {
        "category": "Business",
        "link": f"{graph.base_url}/",
        "name": "Helpdesk",
        "id": app.id,
        "subscribed_fields": page.fields,
    }
    return json_answer({"data": [row] if page.fields else []})


def subscribe(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """POST /{page}/subscribed_apps: replaces the page's fields; one wrong field refuses all."""
    page = access.page_of(graph, token, node, "pages_manage_metadata")
    fields = _fields(call)
    known = [one for one in FIELDS if one not in graph.world.app.refused_fields]
    for index, field in enumerate(fields):
        if field not in known:
            raise errors.invalid(
                f"Param subscribed_fields[{index}] must be one of {{{', '.join(known)}}} "
                f'- got "{field}".'
            )
    if not fields:
        raise errors.invalid("The parameter subscribed_fields is required.")
    if any(one not in {"feed", "mention"} for one in fields):
        access.require(token, "pages_messaging")
    page.fields = list(dict.fromkeys(fields))
    return json_answer({"success": True})


def _fields(call: Call) -> list[str]:
    value = call.params.get("subscribed_fields", "")
    if isinstance(value, list):
        return [str(one) for one in value]
    return [one.strip(' "[]') for one in str(value).split(",") if one.strip(' "[]')]


def unsubscribe(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """DELETE /{page}/subscribed_apps."""
    access.page_of(graph, token, node, "pages_manage_metadata").fields = []
    return json_answer({"success": True})
