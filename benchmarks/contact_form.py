"""The contact form, and 10,000 forms in a minute: `script/bench contact_form`.

First how fast forms become tickets in one process, held against what nothing can do without: the
file on disk and the same rows in one plain transaction. Then a flood against a started helpdesk,
from as many places and addresses as forms, while an agent reads the queue.
"""

from __future__ import annotations

import collections
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import intake, scratch, startup
from benchmarks.scratch import Row

FORMS, CHUNK = 300, 50
BOMB, BOMB_SECONDS = 10_000, 60
SENDERS = 8
# Seconds between two looks at the queue, and how many looks before the flood.
LOOK_EVERY, LOOKS_BEFORE = 0.25, 80
HOST = "demo.localhost"
ENTRY = "/kontakt/widget/"


def measure() -> Iterator[Row]:
    """Measure in a database that is made for it, then on a whole helpdesk; takes two minutes."""
    scratch.set_up()
    with scratch.database():
        yield _intake()
    yield from _flood()


def _intake() -> Row:
    tenant, other = scratch.tenant("bench"), scratch.tenant("other")
    _send(tenant, 0, CHUNK)  # warms both up
    ours = limit = 0.0
    with scratch.plain(other.schema_name) as plain:
        # In turns: what else the machine does meets both.
        for first in range(CHUNK, CHUNK + FORMS, CHUNK):
            records, seconds = _send(tenant, first, CHUNK)
            ours += seconds
            limit += _limit(plain, other.schema_name, intake.rows(tenant, records))
    beside = (
        f"limit {FORMS / limit:,.0f}/s (fsync + psycopg2); {ours / limit:.1f}× its time,"
        " every sender unknown before"
    )
    return Row("contact forms taken in, one process", FORMS / ours, "1/s", beside)


def _send(tenant: Any, first: int, count: int) -> tuple[list[int], float]:
    """Send forms of strangers; returns their records and the seconds it took."""
    from django_tenants.utils import tenant_context

    from channels.contact_form import inbound
    from channels.models import InboundRecord

    with tenant_context(tenant):
        last = InboundRecord.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        started = time.perf_counter()
        for number in range(first, first + count):
            values = {"form_id": f"form {number}", "email": f"kunde{number}@bench.example"}
            inbound.submit(inbound.Sent(subject="Frage", text="Guten Tag.", **values), ())
        seconds = time.perf_counter() - started
        records = InboundRecord.objects.filter(pk__gt=last).order_by("pk")
        return list(records.values_list("pk", flat=True)), seconds


def _limit(plain: Any, schema: str, rows: list[list[intake.Insert]]) -> float:
    """Make a file durable and insert a form's rows in one transaction; the seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        started = time.perf_counter()
        for number, inserts in enumerate(rows):
            with (Path(folder) / str(number)).open("wb") as file:
                file.write(json.dumps({"text": "Guten Tag."}).encode())
                file.flush()
                os.fsync(file.fileno())
            with plain, plain.cursor() as cursor:
                for statement, values in inserts:
                    cursor.execute(statement, values)
                for kind in intake.WAKEUPS:
                    cursor.execute(intake.WAKEUP, (schema, kind))
        return time.perf_counter() - started


def _flood() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        variables = startup.environment(Path(folder)) | {"HELPDESK_PROXIES": "1"}
        with startup.running(variables):
            port = int(variables["HELPDESK_PORT"])
            cookie = _sign_in(port)
            calm = [_look(port, cookie) for _ in range(LOOKS_BEFORE)]
            before = _tickets(variables)
            answers, busy, seconds = _bomb(port, cookie)
            lost = answers[200] - (_tickets(variables) - before)
    told = ", ".join(f"{count:,}× {status}" for status, count in sorted(answers.items()))
    yield Row("contact forms of a flood, answered", answers.total() / seconds, "1/s", told)
    yield Row("accepted forms without a ticket", lost, "", "aim 0")
    beside = f"{_p95(busy) / _p95(calm):.1f}× that without it ({_p95(calm):.0f} ms), aim ≤ 4×"
    yield Row("queue page during the flood, p95", _p95(busy), "ms", beside)


def _bomb(port: int, cookie: str) -> tuple[collections.Counter[int], list[float], float]:
    """Send the flood, evenly over its minute, and look at the queue meanwhile."""
    stamp = json.loads(_exchange(HTTPConnection("127.0.0.1", port), "GET", ENTRY)[1])["stamp"]
    time.sleep(3)
    answers: collections.Counter[int] = collections.Counter()
    lock, begun = threading.Lock(), time.perf_counter()

    def send(first: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(first, BOMB, SENDERS):
            time.sleep(max(0, begun + number * BOMB_SECONDS / BOMB - time.perf_counter()))
            status = _exchange(connection, "POST", ENTRY, *_form(port, stamp, number))[0]
            with lock:
                answers[status] += 1

    threads = [threading.Thread(target=send, args=(first,)) for first in range(SENDERS)]
    for thread in threads:
        thread.start()
    busy = []
    while any(thread.is_alive() for thread in threads):
        busy.append(_look(port, cookie))
        time.sleep(LOOK_EVERY)
    return answers, busy, time.perf_counter() - begun


def _form(port: int, stamp: str, number: int) -> tuple[str, dict[str, str]]:
    values = {"email": f"flut{number}@bench.example", "subject": "Flut", "stamp": stamp}
    body = urlencode({**values, "text": f"Die {number}. Nachricht. " + "Bla bla. " * 100})
    place = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://{HOST}:{port}",
        "X-Forwarded-For": place,
    }


def _look(port: int, cookie: str) -> float:
    """Open the queue as an agent; returns the milliseconds."""
    begun = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    status, body, _headers = _exchange(connection, "GET", "/desk/", "", {"Cookie": cookie})
    if status != 200 or b"/desk/tickets/" not in body:
        raise RuntimeError(f"The queue said {status}.")
    return (time.perf_counter() - begun) * 1e3


def _exchange(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: str = "",
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes, Message]:
    """Ask the demo's host; returns the status, the body and the header."""
    host = {"Host": f"{HOST}:{connection.port}", "X-Forwarded-For": "192.0.2.1"}
    connection.request(method, path, body or None, {**host, **(headers or {})})
    response = connection.getresponse()
    return response.status, response.read(), response.headers


def _sign_in(port: int) -> str:
    """Sign the demo's first agent in by the page; returns the cookie."""
    from helpdesk.demo import PASSWORD

    path, connection = "/konto/anmelden/", HTTPConnection("127.0.0.1", port, timeout=60)
    page, headers = _exchange(connection, "GET", path)[1:]
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
    kept = re.search(r"csrftoken=\w+", str(headers))
    if token is None or kept is None:
        raise RuntimeError("The sign-in has no token.")
    values = {
        "login": "jana.lind@demo.localhost",
        "password": PASSWORD,
        "csrfmiddlewaretoken": token[1].decode(),
    }
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": kept[0]}
    status, _page, headers = _exchange(connection, "POST", path, urlencode(values), form)
    session = re.search(r"sessionid=\w+", str(headers))
    if session is None:
        raise RuntimeError(f"The sign-in said {status}.")
    return session[0]


def _tickets(variables: dict[str, str]) -> int:
    """How many tickets wait in the demo's queue."""
    command = [sys.executable, "manage.py", "queue", "--tenant", "demo", "--json"]
    done = subprocess.run(
        command, cwd=startup.ROOT, env=variables, capture_output=True, text=True, check=True
    )
    return len(json.loads(done.stdout))


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def main() -> None:
    from benchmarks.__main__ import main as table

    raise SystemExit(table(["contact_form"]))


if __name__ == "__main__":
    main()
