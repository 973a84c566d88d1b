"""The Send API: /{page}/messages."""

from __future__ import annotations

import secrets
from typing import Any

from graph_standin import access, attachments, errors, events, windows
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, json_answer
from graph_standin.world import Message, Page, Thread, Token

MAX_TEXT = 2000
MAX_METADATA = 1000
SENDER_ACTIONS = {"typing_on", "typing_off", "mark_seen", "react", "unreact"}


def send(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """Send a message, a private reply or a sender action; answers `recipient_id`, `message_id`.

    Not idempotent: the same call twice is two messages, as at Meta.
    """
    page = access.page_of(graph, token, node, "pages_messaging")
    access.require_task(graph, token, "MESSAGING")
    if action := call.text("sender_action"):
        return _act(graph, call, page, action)
    tag = windows.check_kind(call)
    asked = call.object("message")
    _check_text(asked)
    with graph.world.lock:
        _thread(graph, call, page, tag)
    kept = attachments.of_message(graph, call, asked)
    with graph.world.lock:
        thread = _thread(graph, call, page, tag)
        message = _store(graph, thread, asked, kept, _reply_to(graph, call, thread, asked))
        _mark_private(graph, call)
        message.tag = tag
        told = events.echo(graph, thread, message)
    tell = graph.deliveries.emit_now if graph.world.app.echoes_first else graph.deliveries.emit
    tell(told)
    graph.deliveries.emit(events.delivered(graph, thread, message))
    return json_answer({"recipient_id": thread.psid, "message_id": message.mid})


def _check_text(asked: dict[str, Any]) -> None:
    text = asked.get("text", "")
    has_file = bool(asked.get("attachment") or asked.get("attachments"))
    if not isinstance(text, str) or bool(text.strip()) == has_file:
        raise errors.invalid("A message needs either a text or an attachment.")
    if len(text) > MAX_TEXT:
        raise errors.invalid(
            f"Length of param message[text] must be less than or equal to {MAX_TEXT}"
        )
    if len(str(asked.get("metadata", ""))) > MAX_METADATA:
        raise errors.invalid(
            f"Length of param message[metadata] must be less than or equal to {MAX_METADATA}"
        )


def _thread(graph: Graph, call: Call, page: Page, tag: str) -> Thread:
    """The conversation a call may write into now."""
    recipient = call.object("recipient")
    if len(recipient) != 1 or not recipient.keys() <= {"id", "comment_id", "post_id"}:
        raise errors.invalid("Param recipient needs one of id, comment_id, post_id.")
    if "id" not in recipient:
        return _private_thread(graph, page, str(*recipient.values()))
    person = graph.world.person_of(page.id, str(recipient["id"]))
    if person is None:
        raise errors.invalid("No matching user found", errors.NO_USER)
    thread = graph.world.thread(page.id, person.id)
    windows.check_recipient(graph, page, thread)
    windows.check_window(graph, thread, tag)
    return thread


def _private_thread(graph: Graph, page: Page, object_id: str) -> Thread:
    entry = graph.world.entry(object_id)
    if entry is None or entry.page_id != page.id:
        raise errors.unknown_object(object_id)
    if entry.was_answered_privately:
        raise errors.GraphError(
            10900, "Activity already replied to: a private reply can be sent only once."
        )
    if not windows.can_reply_privately(graph, entry):
        raise windows.outside()
    thread = graph.world.thread(page.id, entry.author_id)
    windows.check_recipient(graph, page, thread)
    return thread


def _mark_private(graph: Graph, call: Call) -> None:
    recipient = call.object("recipient")
    if "id" not in recipient:
        graph.world.entries[str(*recipient.values())].was_answered_privately = True


def _reply_to(graph: Graph, call: Call, thread: Thread, asked: dict[str, Any]) -> str:
    reply = call.object("reply_to") or asked.get("reply_to") or {}
    mid = str(reply.get("mid", ""))
    if mid:
        found = graph.world.messages.get(mid)
        same = found and (found.page_id, found.person_id) == (thread.page_id, thread.person_id)
        if not same:
            raise errors.invalid("The message to reply to does not exist in this conversation.")
    return mid


def _store(
    graph: Graph, thread: Thread, asked: dict[str, Any], kept: list[dict[str, Any]], reply_to: str
) -> Message:
    message = Message(
        mid=f"m_{secrets.token_urlsafe(24)}",
        page_id=thread.page_id,
        person_id=thread.person_id,
        from_page=True,
        at=graph.clock.now(),
        text=str(asked.get("text", "")),
        attachments=kept,
        metadata=str(asked.get("metadata", "")),
        app_id=graph.world.app.id,
        reply_to=reply_to,
    )
    graph.world.messages[message.mid] = message
    return message


def _act(graph: Graph, call: Call, page: Page, action: str) -> Answer:
    if action not in SENDER_ACTIONS:
        raise errors.invalid(f"Param sender_action must be one of {sorted(SENDER_ACTIONS)}.")
    psid = str(call.object("recipient").get("id", ""))
    person = graph.world.person_of(page.id, psid)
    if person is None:
        raise errors.invalid("No matching user found", errors.NO_USER)
    windows.check_recipient(graph, page, graph.world.thread(page.id, person.id))
    return json_answer({"recipient_id": psid})


def route(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """/{page}/take_thread_control, pass_thread_control, release_thread_control."""
    page = access.page_of(graph, token, node, "pages_messaging")
    person = graph.world.person_of(page.id, str(call.object("recipient").get("id", "")))
    if person is None:
        raise errors.invalid("No matching user found", errors.NO_USER)
    thread = graph.world.thread(page.id, person.id)
    if call.path.endswith("take_thread_control"):
        thread.owner = ""
    elif call.path.endswith("pass_thread_control"):
        target = call.text("target_app_id")
        thread.owner = "" if target == graph.world.app.id else target
    return json_answer({"success": True})
