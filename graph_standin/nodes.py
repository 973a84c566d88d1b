"""/{id}: a page, a person, a post or a comment; and a page's conversations."""

from __future__ import annotations

from typing import Any

from graph_standin import access, errors, wall
from graph_standin.clock import iso
from graph_standin.errors import GraphError
from graph_standin.fields import names, pick, portion
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, json_answer
from graph_standin.tokens import page_fields
from graph_standin.world import PROFILES, Message, Person, Thread, Token

PROFILE_CONSENT = 230


def read(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """GET /{id}?fields=…; raises error 100/33 for what does not exist or is not this token's."""
    node = (token.page_id or token.account_id) if node == "me" else node
    if node in graph.world.pages:
        return _page(graph, call, token, node)
    if node == token.account_id and not token.page_id:
        account = graph.world.accounts[node]
        return json_answer({"id": account.id, "name": account.name})
    person = graph.world.person_of(token.page_id, node)
    if person is not None:
        return _profile(graph, call, token, person)
    return wall.read(graph, call, token, node)


def _page(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    if node not in ([token.page_id] if token.page_id else token.page_ids):
        raise errors.unknown_object(node)
    fields = names(call.text("fields") or "id,name")
    return json_answer(page_fields(graph, token, node, fields))


def _profile(graph: Graph, call: Call, token: Token, person: Person) -> Answer:
    access.require(token, "pages_messaging")
    if person.profile_refused == "none":
        raise errors.invalid("No profile available for this user.", errors.NO_PROFILE)
    if person.profile_refused == "consent":
        raise GraphError(PROFILE_CONSENT, "Requires the user's consent to access the profile")
    if PROFILES not in graph.world.app.features:
        raise GraphError(errors.NO_ACCESS, "Requires Business Asset User Profile Access")
    first, _, last = person.name.partition(" ")
    picture = graph.keep_file("profile.svg", "image/svg+xml", portrait(person.name))
    values = {
        "id": person.psids[token.page_id],
        "name": person.name,
        "first_name": first,
        "last_name": last,
        "profile_pic": graph.link(picture),
    }
    asked = names(call.text("fields") or "name,first_name,last_name,profile_pic")
    return json_answer(pick(values, asked, "User"))


def portrait(name: str) -> bytes:
    """A picture of somebody: their initials."""
    letters = "".join(part[0] for part in name.split()[:2] if part[0].isalpha()).upper()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
        '<rect width="96" height="96" fill="#0b6168"/><text x="48" y="60" font-size="36" '
        f'font-family="sans-serif" text-anchor="middle" fill="#fff">{letters}</text></svg>'
    ).encode()


def conversations(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """GET /{page}/conversations?platform=messenger: what a webhook may have missed."""
    page = access.page_of(graph, token, node, "pages_messaging", "pages_read_engagement")
    threads = [t for t in graph.world.threads.values() if t.page_id == page.id]
    rows = [_conversation(graph, thread) for thread in threads]
    rows = sorted((r for r in rows if r), key=lambda r: str(r["updated_time"]), reverse=True)
    return json_answer(portion(graph, call, rows, f"{page.id}/conversations"))


def _conversation(graph: Graph, thread: Thread) -> dict[str, Any]:
    found = messages_of(graph, thread.page_id, thread.person_id)
    if not found:
        return {}
    return {
        "id": f"t_{thread.psid}",
        "updated_time": iso(found[-1].at),
        "participants": {
            "data": [_who(graph, thread, from_page) for from_page in (False, True)],
        },
        "messages": {"data": [_message(graph, thread, one) for one in reversed(found)]},
    }


def messages_of(graph: Graph, page_id: str, person_id: str) -> list[Message]:
    """A conversation in its order; what was unsent is left out."""
    every = graph.world.messages.values()
    same = [m for m in every if (m.page_id, m.person_id) == (page_id, person_id)]
    return sorted((m for m in same if not m.is_deleted), key=lambda m: m.at)


def _message(graph: Graph, thread: Thread, message: Message) -> dict[str, Any]:
    return {
        "id": message.mid,
        "created_time": iso(message.at),
        "from": _who(graph, thread, message.from_page),
        "to": {"data": [_who(graph, thread, not message.from_page)]},
        "message": message.text,
    }


def _who(graph: Graph, thread: Thread, is_page: bool) -> dict[str, str]:
    if is_page:
        return {"id": thread.page_id, "name": graph.world.pages[thread.page_id].name}
    return {"id": thread.psid, "name": graph.world.people[thread.person_id].name}
