"""How a message and its events are written in a webhook (times in milliseconds)."""

from __future__ import annotations

from typing import Any

from graph_standin.bodies import Update
from graph_standin.graph import Graph
from graph_standin.world import Message, Thread


def content(message: Message) -> dict[str, Any]:
    """The `message` part of a message."""
    found: dict[str, Any] = {"mid": message.mid}
    if message.text:
        found["text"] = message.text
    if message.attachments:
        found["attachments"] = message.attachments
    if message.reply_to:
        found["reply_to"] = {"mid": message.reply_to, "is_self_reply": False}
    return found


def from_person(
    graph: Graph, thread: Thread, field: str, part: dict[str, Any], *, at: float | None = None
) -> list[Update]:
    """An event a person caused; in `standby` while another app owns the thread."""
    update = of_thread(graph, thread, part, at=at)
    if not thread.owner:
        return graph.messaging(thread.page_id, field, update)
    if "postback" in update:
        update["postback"] = {k: v for k, v in update["postback"].items() if k != "payload"}
    return graph.standby(thread.page_id, update)


def of_thread(
    graph: Graph, thread: Thread, part: dict[str, Any], *, at: float | None = None
) -> dict[str, Any]:
    """An event of a conversation, as the person's."""
    return {
        "sender": {"id": thread.psid},
        "recipient": {"id": thread.page_id},
        "timestamp": int((graph.clock.now() if at is None else at) * 1000),
        **part,
    }


def echo(graph: Graph, thread: Thread, message: Message) -> list[Update]:
    """What the page sent, told to the app; whoever sent it is in `app_id`."""
    part = {**content(message), "is_echo": True}
    if message.app_id:
        part["app_id"] = int(message.app_id)
    if message.metadata:
        part["metadata"] = message.metadata
    update = {
        "sender": {"id": thread.page_id},
        "recipient": {"id": thread.psid},
        "timestamp": int(message.at * 1000),
        "message": part,
    }
    if thread.owner:
        return graph.standby(thread.page_id, update)
    return graph.messaging(thread.page_id, "message_echoes", update)


def delivered(graph: Graph, thread: Thread, message: Message) -> list[Update]:
    """The person's device has the message."""
    delivery = {"mids": [message.mid], "watermark": int(message.at * 1000)}
    update = of_thread(graph, thread, {"delivery": delivery})
    return graph.messaging(thread.page_id, "message_deliveries", update)
