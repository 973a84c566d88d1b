"""What every endpoint works with, and the updates it may send to the webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graph_standin.bodies import Part, Update
from graph_standin.clock import Clock
from graph_standin.deliveries import Deliveries
from graph_standin.failures import Failures
from graph_standin.world import Entry, File, World

# The fields a page can be subscribed to.
FIELDS = [
    "feed",
    "mention",
    "messages",
    "message_deliveries",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_reads",
    "messaging_handovers",
    "messaging_optins",
    "messaging_postbacks",
    "messaging_referrals",
    "standby",
]


@dataclass
class Graph:
    world: World
    clock: Clock
    deliveries: Deliveries
    failures: Failures
    base_url: str = ""

    def messaging(self, page_id: str, field: str, content: dict[str, Any]) -> list[Update]:
        """A Messenger update, when the page is subscribed to its field; otherwise none."""
        return self._update(page_id, field, "messaging", content)

    def standby(self, page_id: str, content: dict[str, Any]) -> list[Update]:
        """An update of a thread that another app owns."""
        return self._update(page_id, "standby", "standby", content)

    def change(self, page_id: str, field: str, value: dict[str, Any]) -> list[Update]:
        """An update of the wall: field `feed` or `mention`."""
        return self._update(page_id, field, "changes", {"field": field, "value": value})

    def _update(
        self, page_id: str, field: str, part: Part, content: dict[str, Any]
    ) -> list[Update]:
        page = self.world.pages[page_id]
        return [Update(page_id, part, content)] if field in page.fields else []

    def keep_file(
        self, name: str, content_type: str, content: bytes, *, expires: bool = True
    ) -> File:
        """Store bytes behind a link; it is refused after the app's `link_seconds`."""
        world = self.world
        until = self.clock.now() + world.app.link_seconds if expires else None
        file = File(world.new_id(), name, content_type, content, until)
        world.files[file.id] = file
        return file

    def link(self, file: File) -> str:
        """The address at which a file is served."""
        until = "" if file.expires_at is None else f"?oe={int(file.expires_at):x}"
        return f"{self.base_url}/files/{file.id}/{file.name}{until}"

    def permalink(self, entry: Entry) -> str:
        """Where a post or comment is read: on the stand-in's own page."""
        return f"{self.base_url}/?page={entry.page_id}#e{entry.id}"
