"""The wall: posts and comments, how the webhook is told, and the page's own acts on them."""

from __future__ import annotations

from typing import Any

from graph_standin import access, errors, windows
from graph_standin.bodies import Update
from graph_standin.clock import iso
from graph_standin.errors import GraphError
from graph_standin.fields import names, pick, portion
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, json_answer
from graph_standin.world import Entry, Token


def add(
    graph: Graph,
    *,
    page_id: str,
    author: tuple[str, str],
    message: str,
    parent: Entry | None,
    item: str = "",
    photo: str = "",
) -> Entry:
    """Put a post or, under a parent, a comment on a page's wall. A reply to a reply is attached
    to the top comment: one level is visible."""
    world = graph.world
    if parent is None:
        entry_id = post_id = f"{page_id}_{world.new_id()}"
        parent_id, item = "", item or ("photo" if photo else "post")
    else:
        post_id = parent.post_id
        if parent.is_comment and parent.parent_id != post_id:
            parent = world.entries[parent.parent_id]
        entry_id = f"{post_id.rpartition('_')[2]}_{world.new_id()}"
        parent_id, item = parent.id, "comment"
    entry = Entry(
        entry_id, page_id, item, *author, message, graph.clock.seconds(), post_id, parent_id, photo
    )
    world.entries[entry.id] = entry
    return entry


def told(graph: Graph, entry: Entry, verb: str, without: list[str] | None = None) -> list[Update]:
    """The `feed` update of what happened to an entry (times in seconds); `without` leaves out
    fields, as Meta does where a permission is missing."""
    value: dict[str, Any] = {
        "item": entry.item,
        "verb": verb,
        "post_id": entry.post_id,
        "from": {"id": _author_id(graph, entry), "name": entry.author_name},
        "created_time": entry.at if verb == "add" else graph.clock.seconds(),
    }
    if entry.message and verb != "remove":
        value["message"] = entry.message
    if entry.photo:
        value["photo" if entry.is_comment else "link"] = entry.photo
    if entry.is_comment:
        value["comment_id"], value["parent_id"] = entry.id, entry.parent_id
        value["permalink_url"] = graph.permalink(entry)
        value["post"] = {
            "id": entry.post_id,
            "status_type": "mobile_status_update",
            "is_published": True,
            "permalink_url": graph.permalink(graph.world.entries[entry.post_id]),
        }
    for name in without or []:
        value.pop(name, None)
    return graph.change(entry.page_id, "feed", value)


def mentioned(graph: Graph, page_id: str, entry: Entry) -> list[Update]:
    """The `mention` update of a post or comment, on another wall, that names the page."""
    value: dict[str, Any] = {
        "item": "comment" if entry.is_comment else "post",
        "verb": "add",
        "post_id": entry.post_id,
        "from": {"id": _author_id(graph, entry), "name": entry.author_name},
        "sender_id": _author_id(graph, entry),
        "sender_name": entry.author_name,
        "message": entry.message,
        "created_time": entry.at,
    }
    if entry.is_comment:
        value["comment_id"] = entry.id
    return graph.change(page_id, "mention", value)


def _author_id(graph: Graph, entry: Entry) -> str:
    """A person's id on this wall. It is no PSID: that one comes with the first message."""
    person = graph.world.people.get(entry.author_id)
    if person is None:
        return entry.author_id
    return person.wall_ids.setdefault(entry.page_id, graph.world.new_id())


def _of(graph: Graph, token: Token, node: str, permission: str) -> Entry:
    entry = graph.world.entry(node)
    if not token.page_id:
        raise GraphError(210, "A page access token is required to request this resource.")
    if entry is None or entry.page_id != token.page_id:
        raise errors.unknown_object(node)
    access.require(token, permission)
    return entry


def fields(graph: Graph, entry: Entry) -> dict[str, Any]:
    """All fields of a post or comment."""
    world = graph.world
    below = [e for e in world.entries.values() if e.parent_id == entry.id and not e.is_removed]
    parent = world.entries.get(entry.parent_id)
    values: dict[str, Any] = {
        "id": entry.id,
        "message": entry.message or None,
        "from": {"id": _author_id(graph, entry), "name": entry.author_name},
        "created_time": iso(entry.at),
        "permalink_url": graph.permalink(entry),
        "is_hidden": entry.is_hidden,
        "can_reply_privately": windows.can_reply_privately(graph, entry),
    }
    if not entry.is_comment:
        kind = "mobile_status_update" if entry.is_own else "wall_post"
        extra = {
            "status_type": kind,
            "full_picture": entry.photo or None,
            "updated_time": iso(entry.at),
        }
        return {**values, **extra, "is_published": True, "attachments": None}
    top = parent is not None and parent.is_comment
    return {
        **values,
        "parent": {"id": entry.parent_id} if top else None,
        "object": {"id": entry.post_id},
        "comment_count": len(below),
        "can_comment": True,
        "can_hide": not entry.is_own,
        "can_remove": True,
        "attachment": {"type": "photo", "media": {"image": {"src": entry.photo}}}
        if entry.photo
        else None,
    }


def read(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """GET /{post or comment}?fields=…"""
    entry = _of(graph, token, node, "pages_read_engagement")
    if not entry.is_own:
        access.require(token, "pages_read_user_content")
    default = "created_time,from,message,id" if entry.is_comment else "created_time,message,id"
    asked = names(call.text("fields") or default)
    return json_answer(pick(fields(graph, entry), asked, "Comment" if entry.is_comment else "Post"))


def comments(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """GET /{post or comment}/comments."""
    entry = _of(graph, token, node, "pages_read_user_content")
    found = [
        e for e in graph.world.entries.values() if e.parent_id == entry.id and not e.is_removed
    ]
    return _list(graph, call, found, f"{node}/comments", "Comment")


def feed(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """GET /{page}/feed: the posts on the wall, newest first."""
    page = access.page_of(graph, token, node, "pages_read_engagement", "pages_read_user_content")
    posts = [e for e in graph.world.entries.values() if e.page_id == page.id and not e.is_comment]
    posts = [e for e in reversed(posts) if not (e.is_removed or e.is_elsewhere)]
    return _list(graph, call, posts, f"{page.id}/feed", "Post")


def _list(graph: Graph, call: Call, found: list[Entry], path: str, kind: str) -> Answer:
    asked = names(call.text("fields") or "created_time,from,message,id")
    rows = [pick(fields(graph, entry), asked, kind) for entry in found]
    return json_answer(portion(graph, call, rows, path))


def comment(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """POST /{post or comment}/comments: answer publicly, as the page."""
    parent = _of(graph, token, node, "pages_manage_engagement")
    access.require_task(graph, token, "MODERATE")
    message = call.text("message").strip()
    if not message and not call.text("attachment_url"):
        raise errors.invalid("A comment needs a message or an attachment.")
    page = graph.world.pages[parent.page_id]
    own = [e for e in graph.world.entries.values() if e.is_comment and e.is_own]
    if own and (own[-1].post_id, own[-1].message) == (parent.post_id, message):
        raise GraphError(errors.DUPLICATE, "Duplicate status message")
    entry = add(
        graph,
        page_id=page.id,
        author=(page.id, page.name),
        message=message,
        parent=parent,
        photo=call.text("attachment_url"),
    )
    graph.deliveries.emit(told(graph, entry, "add"))
    return json_answer({"id": entry.id})


def change(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """POST /{comment}: hide, show (`is_hidden`) or, for the page's own, another `message`."""
    entry = _of(graph, token, node, "pages_manage_engagement")
    if "is_hidden" in call.params:
        if not entry.is_comment or entry.is_own:
            raise errors.invalid("Only other people's comments can be hidden.")
        entry.is_hidden = call.text("is_hidden").lower() in {"true", "1"}
        graph.deliveries.emit(told(graph, entry, "hide" if entry.is_hidden else "unhide"))
    elif "message" in call.params:
        if not entry.is_own:
            raise GraphError(errors.PERMISSION, "Only the page's own can be edited.")
        entry.message = call.text("message")
        graph.deliveries.emit(told(graph, entry, "edited"))
    return json_answer({"success": True})


def delete(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """DELETE /{post or comment}."""
    entry = _of(graph, token, node, "pages_manage_engagement")
    remove(graph, entry)
    return json_answer({"success": True})


def remove(graph: Graph, entry: Entry) -> None:
    """Take an entry, and what stands below it, off the wall."""
    entry.is_removed = True
    graph.deliveries.emit(told(graph, entry, "remove"))
