"""How Facebook's webhooks are taken: `script/bench facebook`.

First the processing in one process, beside the same rows in plain transactions. Then the real web
process and two workers: a hundred single events a second, and five thousand in a hundred batches
at once; accepted is what got a 200, processed is what has become a message.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import intake, scratch
from benchmarks.scratch import Row
from benchmarks.startup import free_port
from helpdesk.embedded.child import die_with_parent

PAGE, SECRET = "100200300", "geheim"
EVENTS, WARM_UP, BATCH = 600, 100, 50
RATE, SECONDS = 100, 50
BATCHES = 100
PATIENCE = 300
START = 1_790_000_000_000
ROOT = Path(__file__).resolve().parent.parent

BY_TICKET = {
    **{name: where for name, where in intake.BY_TICKET.items() if name != "channels_inboundrecord"},
    "channels_facebookobject": "message_id IN (SELECT id FROM tickets_message"
    " WHERE ticket_id = %(ticket)s)",
}
BY_REQUESTER = {**intake.BY_REQUESTER, "channels_facebookperson": "user_id = %(requester)s"}


def measure() -> list[Row]:
    """Measure in a database that is made for it; takes about three minutes."""
    os.environ |= {
        "FACEBOOK_APP_ID": "1",
        "FACEBOOK_APP_SECRET": SECRET,
        # Nobody answers there: asking for a name costs a refused connection.
        "FACEBOOK_GRAPH_URL": "http://127.0.0.1:9",
    }
    scratch.set_up()
    with scratch.database():
        tenant, other = scratch.tenant("bench"), scratch.tenant("other")
        for one, page_id in ((tenant, PAGE), (other, "999")):
            _connect_page(one, page_id)
        return [*_in_process(tenant, other), *_with_processes(tenant)]


def _connect_page(tenant: Any, page_id: str) -> None:
    from django_tenants.utils import tenant_context

    from channels.facebook import door
    from channels.facebook.sealing import seal
    from channels.models import FacebookPage

    with tenant_context(tenant):
        door.claim(page_id, "Bench")
        FacebookPage.objects.create(page_id=page_id, name="Bench", sealed_token=seal("EAAbench"))


def _batch(first: int, count: int, people: int) -> bytes:
    events = [
        {
            "sender": {"id": str(10_000_000 + number % people)},
            "recipient": {"id": PAGE},
            "timestamp": START + number,
            "message": {
                "mid": f"m_{number}",
                "text": f"Nummer {number}: wo ist mein Paket, bitte?",
            },
        }
        for number in range(first, first + count)
    ]
    return json.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": events}]}).encode()


def _in_process(tenant: Any, other: Any) -> Iterator[Row]:
    """Each event is a stranger's first message: the dearest kind."""
    from django.db import connection
    from django.utils.timezone import now
    from django_tenants.utils import tenant_context

    from channels.facebook import door
    from channels.intake import process
    from channels.models import InboundRecord

    seconds = 0.0
    with tenant_context(tenant):
        for first in range(0, WARM_UP + EVENTS, BATCH):
            batch, started = _batch(first, BATCH, people=10**9), time.perf_counter()
            door.accept(batch, now())
            process(InboundRecord.objects.latest("pk").pk, is_due=False)
            seconds += (time.perf_counter() - started) * (first >= WARM_UP)
    with tenant_context(tenant), connection.cursor() as cursor:
        rows = _rows(cursor)
    with scratch.plain(other.schema_name) as plain:
        limit = intake._limit(plain, other.schema_name, [b""] * len(rows), rows)
    limit *= EVENTS / len(rows)
    yield Row(
        "first direct messages of strangers, one process",
        EVENTS / seconds,
        "1/s",
        f"limit {EVENTS / limit:,.0f}/s (the same rows, plain psycopg2);"
        f" {seconds / limit:.1f}× its time",
    )


def _rows(cursor: Any) -> list[list[intake.Insert]]:
    """The rows that each event has led to, as plain inserts."""
    cursor.execute("SELECT id, requester_id, organisation_id FROM tickets_ticket ORDER BY id")
    found = []
    for ticket, requester, organisation in cursor.fetchall():
        keys = {"ticket": ticket, "requester": requester, "organisation": organisation}
        tables = {**BY_REQUESTER, **BY_TICKET}
        found.append(
            [one for table in tables.items() for one in intake._inserts(cursor, *table, keys)]
        )
    return found


def _with_processes(tenant: Any) -> Iterator[Row]:
    port = free_port()
    with _process("web", port), _process("worker", port):
        _wait_for(port)
        yield from _singles(tenant, port)
        yield from _all_at_once(tenant, port)


def _singles(tenant: Any, port: int) -> Iterator[Row]:
    """A hundred single events a second; what is late because the last ones were counts too."""
    first, count = 1_000_000, RATE * SECONDS
    begun = time.perf_counter() + 0.5
    with ThreadPoolExecutor(16) as senders:

        def send(number: int) -> float:
            due = begun + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            _post(port, _batch(first + number, 1, people=500))
            return time.perf_counter() - due

        waits = sorted(senders.map(send, range(count)))
    lag = _processed(tenant, EVENTS + WARM_UP + count, begun)
    yield Row("single events, all accepted", count, "", f"{RATE} a second for {SECONDS} s")
    yield Row("  until the 200, median", statistics.median(waits) * 1e3, "ms", "")
    yield Row("  until the 200, p99", waits[int(count * 0.99)] * 1e3, "ms", "aim < 100 ms")
    yield Row("  all processed after the last", lag - count / RATE, "s", "")


def _all_at_once(tenant: Any, port: int) -> Iterator[Row]:
    first, begun = 2_000_000, time.perf_counter()
    bodies = [_batch(first + n * BATCH, BATCH, people=500) for n in range(BATCHES)]
    with ThreadPoolExecutor(BATCHES) as senders:
        list(senders.map(lambda body: _post(port, body), bodies))
    accepted = time.perf_counter() - begun
    events = BATCHES * BATCH
    seconds = _processed(tenant, EVENTS + WARM_UP + RATE * SECONDS + events, begun)
    yield Row(f"{BATCHES} batches of {BATCH} at once, all accepted", accepted, "s", "")
    yield Row("  processed by two workers", events / seconds, "1/s", "aim ≥ 200/s")


def _processed(tenant: Any, messages: int, begun: float) -> float:
    """The seconds until so many messages are in tickets; fails when they never are."""
    from django_tenants.utils import tenant_context

    from tickets.models import Message

    with tenant_context(tenant):
        while (found := Message.objects.filter(kind="inbound").count()) < messages:
            if time.perf_counter() - begun > PATIENCE:
                raise RuntimeError(f"{found} of {messages} messages were processed.")
            time.sleep(0.1)
    return time.perf_counter() - begun


_connections = threading.local()


def _post(port: int, body: bytes) -> None:
    """One webhook over a connection that is kept; anything but a 200 is a failure."""
    from channels.facebook import door

    if not hasattr(_connections, "kept"):
        _connections.kept = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"X-Hub-Signature-256": door.signature(body), "Content-Type": "application/json"}
    _connections.kept.request("POST", "/hooks/facebook/", body, headers)
    response = _connections.kept.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"The webhook answered {response.status}.")


@contextlib.contextmanager
def _process(name: str, port: int) -> Iterator[None]:
    """A service of the helpdesk on the measured database."""
    from django.db import connection

    where = connection.get_connection_params()
    user = f"{where['user']}:{where.get('password', '')}"
    host, database = where.get("host", ""), where["dbname"]
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{user}@/{database}?host={host}&port={where.get('port', '')}",
        "HELPDESK_PORT": str(port),
        "HELPDESK_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "helpdesk.processes", name]
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        preexec_fn=partial(die_with_parent, signal.SIGTERM),
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _post(port, json.dumps({"object": "page", "entry": []}).encode())
        except OSError:
            if time.monotonic() > end:
                raise
            _connections.__dict__.pop("kept", None)
            time.sleep(0.1)
        else:
            return


def main() -> None:
    from benchmarks.__main__ import main as table

    raise SystemExit(table(["facebook"]))


if __name__ == "__main__":
    main()
