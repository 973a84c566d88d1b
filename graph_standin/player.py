"""Pages for people: the customer's side of the demo, and the files behind links."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Any

from graph_standin.clock import iso
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call
from graph_standin.world import MAX_EDITS, Entry, Message

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# What the player sees does not end, unlike the links the webhook gets.
SHOWN = "/shown/"
# Everything comes from here, and nothing runs that is not a file of ours.
POLICY = "default-src 'self'; img-src 'self' data: http: https:; frame-ancestors 'none'"


def answer(graph: Graph, call: Call) -> Answer | None:
    """The player's page, its parts, or a stored file; None for everything else."""
    if call.path == "/":
        return page("player.html")
    if call.path.startswith("/static/"):
        return _static(call.path.removeprefix("/static/"))
    if call.path.startswith(("/files/", SHOWN)):
        return _file(graph, call)
    return None


def page(name: str, status: int = 200, /, **values: str) -> Answer:
    """One of the HTML files; values are HTML already."""
    text = Template((FOLDER / name).read_text("utf-8")).substitute(values)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return Answer(status, text.encode(), "text/html; charset=utf-8", headers)


def _static(name: str) -> Answer:
    path = FOLDER / name
    if "/" in name or path.suffix not in TYPES or not path.is_file():
        return Answer(404, b"Not found", "text/plain")
    return Answer(200, path.read_bytes(), f"{TYPES[path.suffix]}; charset=utf-8")


def _file(graph: Graph, call: Call) -> Answer:
    """A stored file, while its link is good; afterwards 403, as from Meta's CDN."""
    parts = call.path.split("/")
    file = graph.world.files.get(parts[2]) if len(parts) == 4 else None
    if file is None:
        return Answer(404, b"Not found", "text/plain")
    until = None if call.path.startswith(SHOWN) else file.expires_at
    if until is not None and graph.clock.now() > until:
        return Answer(403, b"URL signature expired", "text/plain")
    return Answer(200, file.content, file.content_type, {"X-Content-Type-Options": "nosniff"})


class Player:
    """What the page of somebody who plays a customer shows."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._world = graph, graph.world

    def view(self, page: str = "", person: str = "") -> dict[str, Any]:
        """Everything one person sees of one page (else of the first): wall and conversation."""
        with self._world.lock:
            pages, people = self._world.pages, self._world.people
            page = page if page in pages else next(iter(pages), "")
            person = person if person in people else ""
            return {
                "pages": [{"id": one.id, "name": one.name} for one in pages.values()],
                "people": [{"id": one.id, "name": one.name} for one in people.values()],
                "page": page,
                "person": person,
                "is_connected": bool(page and pages[page].fields),
                "messages": self._messages(page, person),
                "posts": self._posts(page, person) if person else [],
            }

    def _messages(self, page: str, person: str) -> list[dict[str, Any]]:
        every = self._world.messages.values()
        same = [one for one in every if (one.page_id, one.person_id) == (page, person)]
        return [self._message(one) for one in sorted(same, key=lambda one: one.at)]

    def _message(self, message: Message) -> dict[str, Any]:
        quoted = self._world.messages.get(message.reply_to)
        return {
            "id": message.mid,
            "is_mine": not message.from_page,
            "text": "" if message.is_deleted else message.text,
            "attachments": [] if message.is_deleted else self._shown(message),
            "at": iso(message.at),
            "quoted": quoted.text[:80] if quoted else "",
            "is_edited": bool(message.edits),
            "can_be_edited": bool(message.text) and len(message.edits) < MAX_EDITS,
            "is_deleted": message.is_deleted,
        }

    def _shown(self, message: Message) -> list[dict[str, Any]]:
        """The attachments under addresses that do not end."""
        text = json.dumps(message.attachments)
        found: list[dict[str, Any]] = json.loads(
            text.replace(f"{self._graph.base_url}/files/", SHOWN)
        )
        return found

    def _posts(self, page: str, person: str) -> list[dict[str, Any]]:
        found = [one for one in self._world.entries.values() if one.page_id == page]
        found = [one for one in found if not (one.is_removed or one.is_elsewhere)]
        # Whoever wrote a hidden comment still sees it, as on Facebook.
        found = [one for one in found if not one.is_hidden or one.author_id == person]
        tops = [one for one in reversed(found) if not one.is_comment]
        return [self._entry(one, person, found) for one in tops]

    def _entry(self, entry: Entry, person: str, among: list[Entry]) -> dict[str, Any]:
        below = [one for one in among if one.parent_id == entry.id]
        return {
            "id": entry.id,
            "author": entry.author_name,
            "is_mine": entry.author_id == person,
            "is_page": entry.is_own,
            "text": entry.message,
            "photo": entry.photo,
            "at": iso(entry.at),
            "comments": [self._entry(one, person, among) for one in below],
        }
