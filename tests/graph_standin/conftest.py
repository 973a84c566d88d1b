"""A stand-in with one page, and a webhook that keeps what it gets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from graph_standin import Standin, running
from graph_standin.signing import app_proof

SECRET = "geheim123"
VERIFY_TOKEN = "pruefwort"
FIELDS = (
    "messages,messaging_postbacks,message_echoes,message_reads,message_deliveries,"
    "message_reactions,message_edits,messaging_handovers,standby,feed,mention"
)


@dataclass
class Webhook:
    """What an app's server does; `statuses` are its next answers, then 200."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    questions: list[dict[str, str]] = field(default_factory=list)
    answers_challenge: bool = True
    forms: list[dict[str, str]] = field(default_factory=list)

    def updates(self) -> list[dict[str, Any]]:
        """Every update that came, whichever body and list it stood in."""
        entries = [entry for body in self.bodies for entry in json.loads(body)["entry"]]
        lists = ("messaging", "standby", "changes")
        return [one for entry in entries for name in lists for one in entry.get(name, [])]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    found = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            question = dict(parse_qsl(urlsplit(self.path).query))
            found.questions.append(question)
            right = question["hub.verify_token"] == VERIFY_TOKEN and found.answers_challenge
            self.reply(200 if right else 403, question["hub.challenge"].encode() if right else b"")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/hook":
                found.forms.append(dict(parse_qsl(body.decode())))
                return self.reply(200, b'{"confirmation_code":"abc"}')
            found.bodies.append(body)
            found.signatures.append(self.headers["X-Hub-Signature-256"])
            return self.reply(found.statuses.pop(0) if found.statuses else 200, b"")

        def reply(self, status: int, body: bytes):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/hook"
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def standin(webhook: Webhook) -> Iterator[Standin]:
    with running(
        app_secret=SECRET, verify_token=VERIFY_TOKEN, webhook_url=webhook.url, pace=0.00001
    ) as found:
        yield found


class Caller:
    """The app: calls the Graph API with one token and its proof."""

    def __init__(self, standin: Standin, token: str) -> None:
        self.token = token
        self.client = httpx.Client(
            base_url=f"{standin.base_url}/v26.0",
            params={"access_token": token, "appsecret_proof": app_proof(SECRET, token)},
            timeout=5,
            verify=False,
        )

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        return self.client.get(path, params=params).json()

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        return self.client.post(path, json=content).json()

    def delete(self, path: str) -> dict[str, Any]:
        return self.client.delete(path).json()


@pytest.fixture
def callers(standin: Standin) -> Iterator[Any]:
    """Makes a caller for a token."""
    made: list[Caller] = []

    def call(token: str) -> Caller:
        made.append(Caller(standin, token))
        return made[-1]

    yield call
    for one in made:
        one.client.close()


@pytest.fixture
def page(standin: Standin) -> str:
    return standin.staff.add_page("Teehaus Nord", page="100200300")["id"]


@pytest.fixture
def app(standin: Standin, page: str, callers) -> Caller:
    """The app with the page's token; it gets every event."""
    caller = callers(standin.staff.grant(page))
    assert caller.post(f"/{page}/subscribed_apps", subscribed_fields=FIELDS) == {"success": True}
    return caller


@pytest.fixture
def eva(standin: Standin) -> str:
    return standin.people.add("Eva Muster")["id"]


@pytest.fixture
def psid(standin: Standin, page: str, eva: str) -> str:
    return standin.people.psid(page, eva)


@pytest.fixture
def send(standin, app, page, eva, psid):
    """Sends to Eva, who has just written."""
    standin.clock.set(1790000000)
    standin.people.write(page, eva, "Wo ist mein Paket?")

    def message(text="Kommt morgen.", **values):
        content = {
            "recipient": {"id": psid},
            "messaging_type": "RESPONSE",
            "message": {"text": text},
        }
        return app.post(f"/{page}/messages", **{**content, **values})

    return message


def refusal(answer: dict[str, Any]) -> tuple[int, int | None]:
    """Code and subcode of an error."""
    return answer["error"]["code"], answer["error"].get("error_subcode")


def fetch(method: str, url: str, **values: Any) -> httpx.Response:
    """One request without a client of one's own."""
    # Reading the certificates would take longer than the request.
    with httpx.Client(verify=False, timeout=5) as client:
        return client.request(method, url, **values)
