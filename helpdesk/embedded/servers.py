"""Start and end of the embedded servers outside the process manager."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

from helpdesk.embedded import place, postgres, redis
from helpdesk.embedded.child import MARK, Child, die_with_parent, reap
from helpdesk.embedded.errors import EmbeddedError, explain
from helpdesk.embedded.place import Place

SERVERS: dict[str, ModuleType] = {"postgres": postgres, "redis": redis}
MANAGER = "manager"
START_PATIENCE = 60.0  # after a power cut PostgreSQL first replays its log
STOP_PATIENCE = 5.0


def database_url(data_dir: Path) -> str:
    """The address of the embedded PostgreSQL of this data folder; starts nothing."""
    return postgres.url(place.find(data_dir))


def redis_url(data_dir: Path) -> str:
    """The address of the embedded Redis of this data folder; starts nothing."""
    return redis.url(place.find(data_dir))


@dataclass(frozen=True)
class Status:
    """What is known of one server: its process, where it runs, and whether it answers."""

    name: str
    child: Child | None
    is_ready: bool


def status(data_dir: Path) -> list[Status]:
    here = place.find(data_dir)
    return [_status(here, name) for name in SERVERS]


def _status(here: Place, name: str) -> Status:
    child = Child.load(record(here, name))
    if child:
        reap(child.pid)
    alive = child if child and child.is_alive() else None
    return Status(name, alive, alive is not None and bool(SERVERS[name].is_ready(here)))


def record(here: Place, name: str) -> Path:
    """The file that holds the pid and start time of one of our processes."""
    return here.run / f"{name}.json"


def manager(here: Place) -> Child | None:
    """The process manager that runs this data folder now, if one does."""
    found = Child.load(record(here, MANAGER))
    return found if found and found.is_alive() else None


def start(data_dir: Path, *, durable: bool = True, for_ever: bool = True) -> None:
    """Start what does not run yet and wait until it answers.

    Several processes may call it at once. With `durable=False` (tests) nothing is forced to disk;
    with `for_ever=False` the servers end when this process does.
    Raises EmbeddedError with one line that says why not.
    """
    here = place.find(data_dir)
    try:
        with place.locked(here.run / "servers.lock"):
            for name in SERVERS:
                if not _status(here, name).child:
                    _start(here, name, durable=durable, for_ever=for_ever)
            for name in SERVERS:
                _wait(here, name)
    except OSError as error:
        raise explain(error) from error


def _start(here: Place, name: str, *, durable: bool, for_ever: bool) -> None:
    server = SERVERS[name]
    options = {"durable": durable} if server is postgres else {}
    server.prepare(here, **options)
    with (here.log / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            server.command(here, **options),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**postgres.environment(), MARK: f"{here.data}:{name}"},
            start_new_session=True,
            preexec_fn=None if for_ever else partial(die_with_parent, server.STOP_SIGNAL),
            **here.identity(),
        )
    if child := Child.of(process.pid):
        child.save(record(here, name))
    # It outlives this process on purpose; nobody here waits for its end.
    process.returncode = 0


def _wait(here: Place, name: str) -> None:
    end = time.monotonic() + START_PATIENCE
    while not SERVERS[name].is_ready(here):
        if not _status(here, name).child or time.monotonic() > end:
            raise EmbeddedError(f"{name} did not start: {_last_line(here.log / f'{name}.log')}")
        time.sleep(0.02)


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return f"{lines[-1]} (see {path})" if lines else f"it left no word in {path}"


def stop(data_dir: Path) -> None:
    """End the servers that `start` started; those of a running manager are left to it.

    Raises EmbeddedError when a process manager runs them.
    """
    here = place.find(data_dir)
    if running := manager(here):
        raise EmbeddedError(f"The servers belong to `manage.py up` (pid {running.pid}): end that.")
    with place.locked(here.run / "servers.lock"):
        for name, server in SERVERS.items():
            if child := Child.load(record(here, name)):
                child.end(server.STOP_SIGNAL, patience=STOP_PATIENCE)
            record(here, name).unlink(missing_ok=True)
