"""HTTP for the stand-in: what came in, what goes out, and a server that ends cleanly."""

from __future__ import annotations

import email.parser
import email.policy
import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

MAX_BODY_BYTES = 40 * 1024 * 1024
IDLE_SECONDS = 30


@dataclass
class Upload:
    name: str
    content_type: str
    content: bytes


@dataclass
class Call:
    """One request: `params` holds the query and the body together, as the Graph API reads them."""

    method: str
    path: str
    params: dict[str, Any]
    headers: dict[str, str]
    uploads: dict[str, Upload] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.params.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def object(self, name: str) -> dict[str, Any]:
        """A parameter that is an object, in a JSON body or as JSON in a form; else empty."""
        value = self.params.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                return {}
        return value if isinstance(value, dict) else {}


@dataclass
class Answer:
    """What is sent back; `cut` closes the connection without a word."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def json_answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Answer(status, body, headers=headers or {})


def read_body(call: Call, content_type: str, body: bytes) -> None:
    """Add the parameters of a JSON, form or multipart body to the call; raises ValueError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        content = json.loads(body or b"{}")
        if not isinstance(content, dict):
            raise ValueError("The body is not an object.")
        call.params.update(content)
    elif kind == "multipart/form-data":
        _read_multipart(call, content_type, body)
    else:
        _read_pairs(call, body.decode("utf-8", "replace"))


def _read_pairs(call: Call, text: str) -> None:
    for name, value in parse_qsl(text, keep_blank_values=True):
        call.params[name] = value
        call.lists.setdefault(name, []).append(value)


def _read_multipart(call: Call, content_type: str, body: bytes) -> None:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    for part in whole.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        if filename := part.get_filename():
            call.uploads[name] = Upload(filename, part.get_content_type(), content)
        else:
            call.params[name] = content.decode("utf-8", "replace")


class Server(ThreadingHTTPServer):
    """Answers each connection in a thread of its own; `stop` ends them all and waits for them."""

    daemon_threads = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], answer: Callable[[Call], Answer]) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no error of ours; everything else is printed."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.shutdown()
        with self._lock:
            still_open = list(self._open)
        for one in still_open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._send(Answer(413))
            return
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        call = Call(self.command, url.path, {}, {k.lower(): v for k, v in self.headers.items()})
        _read_pairs(call, url.query)
        try:
            read_body(call, self.headers.get("Content-Type", ""), body)
        except ValueError as error:
            self._send(json_answer({"error": {"code": 100, "message": str(error)}}, 400))
            return
        self._send(self.server.answer(call))

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names http.server looks for

    def _send(self, answer: Answer) -> None:
        if answer.cut:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's word
        """Quiet: the stand-in keeps its own record of calls."""
