"""Eight agents take the next ticket at the same time, over HTTP: `script/bench next_ticket`."""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from time import perf_counter
from urllib.parse import quote

from benchmarks import scratch
from benchmarks.queue_page import CUSTOMERS, EVERY, HOST, TICKETS
from benchmarks.scratch import Row
from benchmarks.startup import ROOT, free_port

AGENTS, EACH, WARM_UP = 8, 60, 5
OPEN = 20_000
PATIENCE = 60


def measure() -> Iterator[Row]:
    """Measure the real web server on a database that is made for it; takes half a minute."""
    scratch.set_up()
    with scratch.database():
        cookies = _tenant()
        with _web() as port, ProcessPoolExecutor(AGENTS) as agents:
            busy = list(agents.map(_take, [port] * AGENTS, cookies, [0.0] * AGENTS))
            calm = list(agents.map(_take, [port] * AGENTS, cookies, [0.25] * AGENTS))
    taken = [number for one in (*busy, *calm) for number in one[0]]
    if len(taken) != len(set(taken)):
        raise RuntimeError("A ticket was handed out twice.")
    times = [one for agent in busy for one in agent[1]]
    spaced = [one for agent in calm for one in agent[1]]
    yield Row(
        f"next ticket, {AGENTS} processes that never pause, p95",
        _p95(times),
        "ms",
        f"p50 {statistics.median(times):.1f} ms; {len(taken):,} tickets, none twice; aim < 60 ms",
    )
    yield Row(
        f"next ticket, {AGENTS} processes, four tickets a second each, p95",
        _p95(spaced),
        "ms",
        f"p50 {statistics.median(spaced):.1f} ms",
    )


def _tenant() -> list[str]:
    """Make the tenant with a long queue; returns the cookies of eight agents."""
    from django.db import connection

    connection.set_tenant(scratch.tenant())
    cookies = [scratch.agent_cookie(HOST, f"jana{n}@bench.localhost") for n in range(AGENTS)]
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
        cursor.execute(TICKETS, {"count": OPEN, "every": EVERY})
        cursor.execute("VACUUM ANALYZE tickets_ticket, sla_promise")
    return cookies


@contextmanager
def _web() -> Iterator[int]:
    """The web process as the process manager starts it, on the scratch database."""
    from django.db import connection

    here = connection.settings_dict
    secret = f"{quote(here['USER'])}:{quote(here['PASSWORD'])}"
    place = f"host={quote(here['HOST'])}&port={here['PORT']}".removesuffix("&port=")
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{secret}@/{here['NAME']}?{place}",
        "HELPDESK_PORT": str(port),
    }
    commands = subprocess.check_output(
        [sys.executable, "-c", _PRINT_COMMAND], cwd=ROOT, env=environment, text=True
    )
    web = subprocess.Popen(commands.splitlines(), cwd=ROOT, env=environment)
    try:
        _wait(port)
        yield port
    finally:
        web.terminate()
        web.wait(10)


_PRINT_COMMAND = """
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
django.setup()
from helpdesk import processes
print("\\n".join(processes.commands()["web"]))
"""


def _wait(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/", headers={"Host": HOST})
            if connection.getresponse().status == 200:
                return
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


def _take(port: int, cookie: str, pause: float) -> tuple[list[int], list[float]]:
    """Take tickets one after the other; returns their numbers and the milliseconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/desk/", headers={"Host": HOST, "Cookie": cookie})
    page = connection.getresponse()
    text = page.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    secret = re.search(r"csrftoken=[^;]+", page.getheader("Set-Cookie") or "")
    if token is None or secret is None:
        raise RuntimeError(f"No token on the page: {page.status}.")
    headers = {
        "Host": HOST,
        "Cookie": f"{cookie}; {secret.group()}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://{HOST}",
    }
    body = f"csrfmiddlewaretoken={token.group(1)}"
    numbers, times = [], []
    for _ in range(WARM_UP + EACH):
        begun = perf_counter()
        connection.request("POST", "/desk/naechstes/", body, headers)
        answer = connection.getresponse()
        answer.read()
        times.append((perf_counter() - begun) * 1e3)
        found = re.search(r"/tickets/(\d+)/", answer.getheader("Location") or "")
        if found is None:
            raise RuntimeError(f"No ticket was handed out: {answer.status}.")
        numbers.append(int(found.group(1)))
        time.sleep(pause)
    return numbers, times[WARM_UP:]


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
