"""Meta as the tests see it: the stand-in over real HTTP, and what it sends to our webhook.

The webhook's bodies are collected here and given to the door by the test itself, so that they are
taken in inside the test's own transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels import outbox
from channels.facebook import connecting, door, files, people
from channels.models import FacebookObject, FacebookPage, FacebookPerson, InboundRecord
from graph_standin import Standin, running
from tests.channels.facebook.hooks import SECRET, VERIFY, taken
from tickets.models import Message

HOST = "127.0.0.1"


@dataclass
class Sink:
    """Our webhook's address: keeps what comes."""

    bodies: list[bytes] = field(default_factory=list)

    def take(self) -> list[bytes]:
        found, self.bodies = self.bodies, []
        return found


@dataclass
class Meta:
    """A stand-in with one page that is connected to the current tenant."""

    standin: Standin
    sink: Sink
    page: FacebookPage
    eva: str

    @property
    def psid(self) -> str:
        return str(self.standin.people.psid(self.page.page_id, self.eva))

    def write(self, text: str = "", **more: Any) -> str:
        """Eva writes to the page; returns the message's id once we have taken it in."""
        mid: str = self.standin.people.write(self.page.page_id, self.eva, text, **more)
        self.arrive()
        return mid

    def arrive(self) -> list[InboundRecord]:
        """Take in all that the stand-in has told us."""
        self.standin.deliveries.settle()
        return taken(*self.sink.take())

    def received(self) -> list[str]:
        """The texts that Eva has got, in order; what has no text by its kind."""
        sent = [one for one in self.standin.world.messages.values() if one.from_page]
        return [one.text or one.attachments[0]["type"] for one in sent]

    def send(self) -> None:
        """Send all that is due."""
        for pk in list(Message.objects.all().unsent().order_by("pk").values_list("pk", flat=True)):
            outbox.send_message(pk)

    def follow_up(self) -> None:
        """Fetch the files and ask for the names that wait."""
        for pk in FacebookObject.objects.all().awaiting_files().values_list("pk", flat=True):
            files.fetch(pk)
        for pk in FacebookPerson.objects.values_list("pk", flat=True):
            people.look_up(pk)


@contextmanager
def meta(settings: Any) -> Iterator[Meta]:
    """A stand-in for Meta, set as this installation's Graph API."""
    sink = Sink()
    with _listening(sink) as url, running(webhook_url=url, app_secret=SECRET) as standin:
        standin.staff.set_app(verify_token=VERIFY)
        settings.FACEBOOK_APP_ID = standin.world.app.id
        settings.FACEBOOK_GRAPH_URL = standin.base_url
        page = standin.staff.add_page("Teehaus Nord")["id"]
        eva = standin.people.add("Eva Muster")["id"]
        connected = connecting.connect(standin.staff.grant(page))
        yield Meta(standin, sink, connected, eva)


@contextmanager
def _listening(sink: Sink) -> Iterator[str]:
    class Hook(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            self._say(query["hub.challenge"][0].encode())

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            assert door.is_signed(raw, self.headers["X-Hub-Signature-256"])
            sink.bodies.append(raw)
            self._say(b"EVENT_RECEIVED")

        def log_message(self, *_: object) -> None:
            pass

        def _say(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer((HOST, 0), Hook)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}/hooks/facebook/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
