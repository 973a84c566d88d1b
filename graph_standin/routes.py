"""Which call goes where, and what every Graph call has in common."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graph_standin import (
    access,
    attachments,
    errors,
    nodes,
    sending,
    subscriptions,
    tokens,
    wall,
)
from graph_standin.errors import GraphError
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, json_answer
from graph_standin.world import Token

Endpoint = Callable[[Graph, Call, Token, str], Answer]
# When a version of the Graph API ends (UTC days); the newer ones have no date yet.
VERSIONS = {
    "v20.0": "2026-09-24",
    "v21.0": "2027-01-21",
    "v22.0": "2027-05-20",
    "v23.0": "2027-10-08",
    "v24.0": "2028-02-18",
    "v25.0": "2028-07-29",
    "v26.0": "",
}
EDGES: dict[tuple[str, str], Endpoint] = {
    ("GET", "permissions"): tokens.permissions,
    ("DELETE", "permissions"): tokens.remove_app,
    ("GET", "accounts"): tokens.accounts,
    ("GET", "subscribed_apps"): subscriptions.show,
    ("POST", "subscribed_apps"): subscriptions.subscribe,
    ("DELETE", "subscribed_apps"): subscriptions.unsubscribe,
    ("POST", "messages"): sending.send,
    ("POST", "message_attachments"): attachments.upload,
    ("POST", "take_thread_control"): sending.route,
    ("POST", "pass_thread_control"): sending.route,
    ("POST", "release_thread_control"): sending.route,
    ("GET", "conversations"): nodes.conversations,
    ("GET", "feed"): wall.feed,
    ("GET", "comments"): wall.comments,
    ("POST", "comments"): wall.comment,
}
NODES: dict[str, Endpoint] = {"GET": nodes.read, "POST": wall.change, "DELETE": wall.delete}
# They wait for others; the world must not.
UNLOCKED = {"messages", "message_attachments", "subscriptions"}
FULL = 100
KEPT_CALLS = 10_000
SECRET = re.compile(r"token|secret|proof|code", re.IGNORECASE)


@dataclass
class Usage:
    """What the usage headers say, in percent of the limit; None leaves them out.

    From 100 percent on, calls are refused: error 4 for the app, 80001 (messages: 80006) for pages.
    """

    app: int | None = None
    page: int | None = None
    minutes: int = 0


@dataclass
class Calls:
    """The Graph calls that came in, without what they keep secret."""

    usage: Usage = field(default_factory=Usage)
    seen: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))


def answer(graph: Graph, calls: Calls, call: Call) -> Answer:
    """Answer a Graph call: version, planned failure, token, endpoint, usage headers."""
    parts = [part for part in call.path.split("/") if part]
    name = name_of(parts[1:])
    pages = {part for part in parts if part in graph.world.pages}
    if token := graph.world.tokens.get(access.token_text(call)):
        pages.add(token.page_id)
    failure = graph.failures.take(name, pages)
    if failure and not failure.after:
        found = graph.failures.answer(failure)
    else:
        found = _effect(graph, calls, call, parts)
        if failure and found.status == 200:
            found = graph.failures.answer(failure)
    calls.seen.append(_record(graph, call, name, found))
    found.headers = {**_usage(graph, calls.usage, pages), **found.headers}
    return found


def name_of(parts: list[str]) -> str:
    """What a call is named in planned failures and in the record."""
    if parts[:2] == ["oauth", "access_token"]:
        return "access_token"
    if parts == ["debug_token"]:
        return "debug_token"
    return parts[1] if len(parts) > 1 else "node"


def _effect(graph: Graph, calls: Calls, call: Call, parts: list[str]) -> Answer:
    name = name_of(parts[1:])
    try:
        _check_version(graph, parts[0])
        _check_usage(calls.usage, name)
        if name in UNLOCKED:
            return _dispatch(graph, call, parts[1:])
        with graph.world.lock:
            return _dispatch(graph, call, parts[1:])
    except GraphError as error:
        headers = dict(error.headers)
        if error.code == errors.TOKEN:
            headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
        return json_answer(error.body(), error.status, headers)


def _check_version(graph: Graph, version: str) -> None:
    if version not in VERSIONS:
        raise GraphError(2500, f"Unknown path components: /{version}. Every call names a version.")
    today = datetime.fromtimestamp(graph.clock.now(), UTC).date().isoformat()
    if (end := VERSIONS[version]) and today >= end:
        raise GraphError(
            errors.VERSION,
            f"You are calling a deprecated version of the API: {version} ended on {end}.",
        )


def _check_usage(usage: Usage, name: str) -> None:
    if (usage.app or 0) >= FULL:
        raise GraphError(4, "Application request limit reached")
    if (usage.page or 0) >= FULL:
        code = 80006 if name == "messages" else 80001
        raise GraphError(code, "There have been too many calls to this Page account.")


def _dispatch(graph: Graph, call: Call, parts: list[str]) -> Answer:
    if parts == ["oauth", "access_token"]:
        return tokens.exchange(graph, call)
    if parts == ["debug_token"]:
        return tokens.debug(graph, call)
    if parts == [graph.world.app.id, "subscriptions"]:
        return subscriptions.of_app(graph, call)
    if not parts or len(parts) > 3:
        raise errors.unknown_object("/".join(parts))
    if parts[1:2] == ["permissions"] and len(parts) == 3:
        call.params["permission"] = parts.pop()
    endpoint = EDGES.get((call.method, parts[1])) if len(parts) == 2 else NODES.get(call.method)
    if endpoint is None:
        raise errors.invalid(f"Unsupported {call.method.lower()} request: /{'/'.join(parts)}")
    if len(parts) == 3:
        raise errors.unknown_object("/".join(parts))
    with graph.world.lock:
        token = access.authorize(graph, call)
    return endpoint(graph, call, token, parts[0])


def _usage(graph: Graph, usage: Usage, pages: set[str]) -> dict[str, str]:
    found = {}
    if usage.app is not None:
        percent = {"call_count": usage.app, "total_time": 0, "total_cputime": 0}
        found["X-App-Usage"] = json.dumps(percent)
    if usage.page is not None:
        row = {
            "type": "pages",
            "call_count": usage.page,
            "total_cputime": 0,
            "total_time": 0,
            "estimated_time_to_regain_access": usage.minutes,
        }
        rows = {page: [row] for page in sorted(filter(None, pages))}
        found["X-Business-Use-Case-Usage"] = json.dumps(rows)
    return found


def _record(graph: Graph, call: Call, name: str, found: Answer) -> dict[str, Any]:
    shown = {k: "…" if SECRET.search(k) else v for k, v in call.params.items()}
    return {
        "at": graph.clock.now(),
        "name": name,
        "method": call.method,
        "path": call.path,
        "params": shown,
        "status": 0 if found.cut else found.status,
    }
