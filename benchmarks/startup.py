"""How soon the first page is there, and what each process holds at rest."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scratch import Row

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120
# Long enough for the workers to have started and done their first round.
REST_SECONDS = 15


def measure() -> Iterator[Row]:
    """Start the whole helpdesk twice on a data folder of its own; takes about a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        variables = environment(Path(folder))
        bare = _bare_interpreter()
        beside = f"machine: `import django` alone {bare:.2f} s"
        with running(variables) as (process, cold):
            yield Row("first page, cold (new database, demo data)", cold, "s", beside)
            stopped = time.perf_counter()
            process.send_signal(signal.SIGINT)
            process.wait(30)
            yield Row("Ctrl-C until the last process is gone", _since(stopped), "s", "aim ≤ 5 s")
        with running(variables) as (process, warm):
            yield Row("first page, warm", warm, "s", beside)
            time.sleep(REST_SECONDS)
            yield from _memory(process.pid)


def environment(folder: Path) -> dict[str, str]:
    ports = {
        name: str(free_port())
        for name in ("HELPDESK_PORT", "HELPDESK_LIVE_PORT", "HELPDESK_SMTP_PORT")
    }
    sink = {name: str(free_port()) for name in ("HELPDESK_SINK_PORT", "HELPDESK_FACEBOOK_PORT")}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "EMAIL_URL"}
    }
    return {**kept, **ports, **sink, "HELPDESK_DATA": str(folder / "data")}


@contextlib.contextmanager
def running(variables: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.DEVNULL,
    )
    try:
        _first_page(int(variables["HELPDESK_PORT"]))
        yield process, _since(begun)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _first_page(port: int) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", headers={"Host": "demo.localhost"}
    )
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as page:
                if page.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _memory(manager: int) -> Iterator[Row]:
    """The proportional share (PSS) of each process below the manager, grouped by its name."""
    sums: dict[str, float] = {}
    for pid in [manager, *_descendants(manager)]:
        with contextlib.suppress(OSError):
            name = _name(Path(f"/proc/{pid}/cmdline").read_bytes())
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
            sums[name] = sums.get(name, 0) + int(pss.split()[1]) / 1024
    for name, megabytes in sorted(sums.items(), key=lambda item: -item[1]):
        yield Row(f"memory at rest: {name}", megabytes, "MB", "proportional share (PSS)")
    yield Row("memory at rest: all", sum(sums.values()), "MB", "")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            for child in (thread / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


def _name(cmdline: bytes) -> str:
    words = cmdline.decode(errors="replace").replace("\0", " ")
    marks = {
        "helpdesk.wsgi": "web",
        "helpdesk.live": "live",
        "--queues default": "worker",
        "--queues sweep": "sweep",
        " beat": "beat",
        "manage.py smtp": "smtp",
        "mail_sink": "sink",
        "postgres": "postgres",
        "redis": "redis",
        "quote": "quote reader",
        "confined": "quote reader",
    }
    return next((name for mark, name in marks.items() if mark in words), "manager")


def _bare_interpreter() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import django"], check=True)
    return _since(begun)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _since(moment: float) -> float:
    return time.perf_counter() - moment


if __name__ == "__main__":
    for row in measure():
        print(f"{row.name:<50} {row.value:10.2f} {row.unit:<4} {row.limit}")
