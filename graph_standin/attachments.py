"""What is attached to a message: fetched from an address, uploaded, or sent again by its id."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from graph_standin import access, errors, outgoing
from graph_standin.graph import Graph
from graph_standin.http import Answer, Call, Upload, json_answer
from graph_standin.world import File, Token

KINDS = {"image", "audio", "video", "file"}
MAX_BYTES = 25 * 1024 * 1024
MAX_IMAGE_BYTES = 8 * 1024 * 1024
MAX_IMAGES = 30


def of_message(graph: Graph, call: Call, message: dict[str, Any]) -> list[dict[str, Any]]:
    """The attachments of a message as they are kept, with links of the stand-in's own.

    Takes as long as fetching them takes: never called under the world's lock. Raises error 100,
    with 2018109 for what is too large and 2018008 for what could not be fetched.
    """
    asked = message.get("attachments") or []
    if one := message.get("attachment"):
        asked = [one]
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise errors.invalid("Param message[attachment] must be an object.")
    if len(asked) > MAX_IMAGES:
        raise errors.invalid(f"At most {MAX_IMAGES} attachments can be sent.")
    if len(asked) > 1 and any(one.get("type") != "image" for one in asked):
        raise errors.invalid("Several attachments can be sent for images only.")
    return [_kept(graph, call, one) for one in asked]


def _kept(graph: Graph, call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    kind, payload = _asked(asked)
    file = _file(graph, call, kind, payload)
    return {"type": kind, "payload": {"url": graph.link(file)}}


def _asked(asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, payload = str(asked.get("type")), asked.get("payload") or {}
    if kind not in KINDS:
        raise errors.invalid(
            f"Param message[attachment][type] must be one of {sorted(KINDS)} - got {kind!r}."
        )
    if not isinstance(payload, dict):
        raise errors.invalid("Param message[attachment][payload] must be an object.")
    return kind, payload


def _file(graph: Graph, call: Call, kind: str, payload: dict[str, Any]) -> File:
    if attachment_id := payload.get("attachment_id"):
        found = graph.world.files.get(str(attachment_id))
        if found is None:
            raise errors.invalid("The attachment_id does not exist.")
        return found
    if url := payload.get("url"):
        upload = _fetch(str(url), kind)
    elif "filedata" in call.uploads:
        upload = call.uploads["filedata"]
    else:
        raise errors.invalid("An attachment needs a url, an attachment_id or filedata.")
    _check_size(kind, len(upload.content))
    with graph.world.lock:
        return graph.keep_file(upload.name, upload.content_type, upload.content, expires=False)


def _fetch(url: str, kind: str) -> Upload:
    try:
        reply = outgoing.request("GET", url, max_bytes=MAX_BYTES)
    except outgoing.UnreachableError as error:
        raise errors.invalid(f"Failed to fetch the file from the url: {error}", errors.NOT_FETCHED)
    if reply.status != 200:
        raise errors.invalid(
            f"Failed to fetch the file from the url: HTTP {reply.status}", errors.NOT_FETCHED
        )
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or kind
    content_type = reply.headers.get("content-type", "application/octet-stream")
    return Upload(name, content_type, reply.body)


def _check_size(kind: str, size: int) -> None:
    if size > (MAX_IMAGE_BYTES if kind == "image" else MAX_BYTES):
        raise errors.invalid("The attachment is too large.", errors.TOO_LARGE)


def upload(graph: Graph, call: Call, token: Token, node: str) -> Answer:
    """POST /{page}/message_attachments: keep a file and answer its id."""
    access.page_of(graph, token, node, "pages_messaging")
    asked = call.object("message").get("attachment")
    if not isinstance(asked, dict):
        raise errors.invalid("The parameter message[attachment] is required.")
    kind, payload = _asked(asked)
    return json_answer({"attachment_id": _file(graph, call, kind, payload).id})
