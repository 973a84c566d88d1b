"""The live process as it runs: a process of its own, without a database."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import closing
from urllib.parse import quote

import pytest
import redis
import time_machine
from django.conf import settings
from django.core import signing

from helpdesk import processes
from helpdesk.live import app, tokens
from tenants.live import channel
from tests.factories import AgentFactory, open_ticket
from tickets import assigning

ORIGIN = "http://alpha.localhost:8000"


def free_port():
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def start(**environment):
    """Start the live process; it gets no database, so it cannot lean on one."""
    port = free_port()
    command = [
        str(port) if word == str(settings.LIVE_PORT) else word
        for word in processes.commands()["live"]
    ]
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
            "REDIS_URL": settings.REDIS_URL,
            "SECRET_KEY": settings.SECRET_KEY,
            **environment,
        },
    )
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process, port
    process.kill()
    raise AssertionError("The live process did not start.")


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def port():
    process, port = start()
    yield port
    stop(process)


class Stream:
    """A browser's EventSource, as far as a test needs one."""

    def __init__(self, port, token, *, path="/events", **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        self.connection.request("GET", f"{path}?token={quote(token)}", headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def until_open(self):
        while not self.response.readline().startswith(b"retry:"):
            pass
        return self

    def hint(self):
        """The next hint; None when the stream ends."""
        while line := self.response.readline():
            if line.startswith(b"data:"):
                return json.loads(line[5:])
        return None


def token(schema="t_alpha0000000", *, is_agent=True, origin=ORIGIN):
    return tokens.issue(schema=schema, user_id=1, is_agent=is_agent, origin=origin).token


def publish(schema, **hint):
    return redis.Redis.from_url(settings.REDIS_URL).publish(channel(schema), json.dumps(hint))


def test_a_commit_reaches_an_open_page_within_two_seconds(fresh_tenant, port):
    ticket, agents, took = open_ticket(), AgentFactory.create_batch(3), []

    with Stream(port, token(fresh_tenant.schema_name)).until_open() as stream:
        for agent in agents:
            started = time.monotonic()
            assigning.assign(ticket, to=agent, by=agent)
            hints = [stream.hint(), stream.hint()]
            took.append(time.monotonic() - started)
            assert hints == [
                {"topic": "queue", "number": None},
                {"topic": "ticket", "number": ticket.number},
            ]

    # A busy machine may be slow once.
    assert min(took) < 2


def test_a_stream_hears_its_own_tenant_alone(port):
    with Stream(port, token("t_alpha0000000")).until_open() as stream:
        publish("t_beta00000000", topic="ticket", number=1)
        publish("t_alpha0000000", topic="ticket", number=2)

        assert stream.hint() == {"topic": "ticket", "number": 2}


def test_the_answer_is_for_the_page_that_asked_alone(port):
    with Stream(port, token(), origin=ORIGIN).until_open() as stream:
        headers = stream.response.headers

    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert headers["X-Accel-Buffering"] == "no"


def test_a_proxy_may_serve_the_stream_under_a_path(port):
    with Stream(port, token(), path="/live/events") as stream:
        assert stream.status == 200


def expired():
    with time_machine.travel(time.time() - tokens.LIFETIME_SECONDS - 1):
        return token()


@pytest.mark.parametrize(
    "entrance",
    [
        lambda: "",
        lambda: "x:y:z",
        lambda: "A" + token()[1:],
        expired,
        lambda: token(is_agent=False),
        lambda: signing.TimestampSigner(salt="another").sign_object({"schema": "t_alpha0000000"}),
        lambda: signing.TimestampSigner(salt="helpdesk.live").sign_object({"schema": "t_a"}),
        lambda: signing.TimestampSigner(salt="helpdesk.live").sign_object([1, 2]),
    ],
    ids=[
        "none",
        "nonsense",
        "changed",
        "expired",
        "customer",
        "other use",
        "incomplete",
        "no entry",
    ],
)
def test_without_a_good_token_there_is_no_stream(port, entrance):
    with Stream(port, entrance()) as stream:
        assert stream.status == 403


def test_a_page_of_another_origin_gets_no_stream(port):
    with Stream(port, token(), origin="http://beta.localhost:8000") as stream:
        assert stream.status == 403


def test_a_stream_ends_when_redis_goes_and_the_next_one_opens(port):
    client = redis.Redis.from_url(settings.REDIS_URL)
    with Stream(port, token()).until_open() as stream:
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

        assert stream.hint() is None

    with Stream(port, token()).until_open() as stream:
        publish("t_alpha0000000", topic="queue", number=None)
        assert stream.hint() == {"topic": "queue", "number": None}


def test_a_closed_page_leaves_no_listener_behind(port):
    with Stream(port, token("t_gone00000000")).until_open():
        assert publish("t_gone00000000", topic="queue") == 1

    for _ in range(50):
        if publish("t_gone00000000", topic="queue") == 0:
            return
        time.sleep(0.1)
    raise AssertionError("The stream of a closed page still listens.")


def test_without_redis_the_page_is_told_to_poll():
    process, port = start(REDIS_URL="redis://127.0.0.1:1/0")
    try:
        with Stream(port, token(), origin=ORIGIN) as stream:
            assert stream.status == 503
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
    finally:
        stop(process)


def test_the_process_ends_with_streams_open():
    process, port = start()

    with Stream(port, token()).until_open():
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=4)
        finally:
            process.kill()
            process.wait()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def sent(seconds):
    """Everything one stream sends within so many seconds, spoken to without a server."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/events",
        "query_string": f"token={quote(token())}".encode(),
        "headers": [],
        "http_version": "1.1",
    }
    parts = []

    async def receive():
        await asyncio.sleep(seconds)
        return {"type": "http.disconnect"}

    async def send(message):
        parts.append(message)

    async def run():
        async with asyncio.timeout(seconds + 3):
            await app.application(scope, receive, send)

    asyncio.run(run())
    return parts


def test_a_quiet_stream_beats(monkeypatch):
    monkeypatch.setattr(app, "HEARTBEAT_SECONDS", 0.1)

    pings = [part for part in sent(2) if part.get("body", b"").startswith(b": ping")]

    assert len(pings) >= 2


def test_a_stream_ends_when_rights_must_be_asked_for_again(monkeypatch):
    monkeypatch.setattr(app, "LONGEST_SECONDS", 0.2)

    started = time.monotonic()
    parts = sent(30)

    assert time.monotonic() - started < 20
    assert parts[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
