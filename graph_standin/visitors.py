"""What people and the page's staff do on the wall."""

from __future__ import annotations

from graph_standin import wall
from graph_standin.errors import ControlError
from graph_standin.graph import Graph
from graph_standin.world import Entry, Page


class Wall:
    """Acts on the wall. `by` is a person's id, or the page's own for its staff."""

    def __init__(self, graph: Graph) -> None:
        self._graph, self._world = graph, graph.world

    def post(
        self,
        page: str,
        by: str,
        text: str = "",
        *,
        photo: str = "",
        item: str = "",
        without: list[str] | None = None,
    ) -> str:
        """Post on the page's wall; answers the post's id. The page's own posts are `status`.

        `without` leaves fields out of what the webhook is told ("from", "message", …).
        """
        with self._world.lock:
            is_own = by == page
            entry = wall.add(
                self._graph,
                page_id=page,
                author=self._author(page, by),
                message=text,
                parent=None,
                item=item or ("status" if is_own and not photo else ""),
                photo=photo,
            )
            self._graph.deliveries.emit(wall.told(self._graph, entry, "add", without))
        return entry.id

    def comment(
        self,
        parent: str,
        by: str,
        text: str = "",
        *,
        photo: str = "",
        without: list[str] | None = None,
    ) -> str:
        """Comment on a post, or reply to a comment; answers the comment's id."""
        with self._world.lock:
            above = self._entry(parent)
            entry = wall.add(
                self._graph,
                page_id=above.page_id,
                author=self._author(above.page_id, by),
                message=text,
                parent=above,
                photo=photo,
            )
            self._graph.deliveries.emit(wall.told(self._graph, entry, "add", without))
        return entry.id

    def edit(self, entry: str, text: str, verb: str = "edited") -> None:
        """Change a post or comment; `verb` may be `edit` too."""
        with self._world.lock:
            found = self._entry(entry)
            found.message = text
            self._graph.deliveries.emit(wall.told(self._graph, found, verb))

    def hide(self, entry: str, hidden: bool = True) -> None:
        """The page's staff hides a comment at Facebook, or shows it again."""
        with self._world.lock:
            found = self._entry(entry)
            found.is_hidden = hidden
            self._graph.deliveries.emit(
                wall.told(self._graph, found, "hide" if hidden else "unhide")
            )

    def remove(self, entry: str) -> None:
        """Take a post or comment off the wall."""
        with self._world.lock:
            wall.remove(self._graph, self._entry(entry))

    def like(self, entry: str, by: str, reaction: str = "like") -> None:
        """React to a post or comment."""
        with self._world.lock:
            found = self._entry(entry)
            author_id, name = self._author(found.page_id, by)
            value = {
                "item": "reaction",
                "verb": "add",
                "reaction_type": reaction,
                "post_id": found.post_id,
                "parent_id": found.parent_id or found.post_id,
                "from": {"id": author_id, "name": name},
                "created_time": self._graph.clock.seconds(),
            }
            self._graph.deliveries.emit(self._graph.change(found.page_id, "feed", value))

    def mention(self, page: str, by: str, text: str) -> str:
        """Name the page in a post of one's own, elsewhere; answers the post's id."""
        with self._world.lock:
            name = self._author(page, by)[1]
            elsewhere = self._world.new_id()
            post_id = f"{elsewhere}_{self._world.new_id()}"
            entry = Entry(
                post_id, page, "post", by, name, text, self._graph.clock.seconds(), post_id
            )
            entry.is_elsewhere = True
            self._world.entries[post_id] = entry
            self._graph.deliveries.emit(wall.mentioned(self._graph, page, entry))
        return post_id

    def _author(self, page: str, by: str) -> tuple[str, str]:
        found: Page | None = self._world.pages.get(page)
        if found is None:
            raise ControlError(f"There is no page {page}.")
        if by == page:
            return page, found.name
        if by not in self._world.people:
            raise ControlError(f"There is no person {by}.")
        return by, self._world.people[by].name

    def _entry(self, entry_id: str) -> Entry:
        entry = self._world.entry(entry_id)
        if entry is None:
            raise ControlError(f"There is no post or comment {entry_id}.")
        return entry
