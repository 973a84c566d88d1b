"""The start of the process manager: end what was left, check the ports, make the plan."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

from django.conf import settings

from helpdesk import processes
from helpdesk.embedded import child, place, servers
from helpdesk.embedded.child import Child
from helpdesk.embedded.errors import EmbeddedError, explain, full_disk
from helpdesk.embedded.place import Place

# Bytes: two segments of PostgreSQL's log, without which it does not even start.
LEAST_SPACE = 32 * 1024 * 1024
HERE = Path(__file__).resolve().parent


class StartError(Exception):
    """The helpdesk cannot start; the message is one line that says why and what to do."""


def take_over(data_dir: Path) -> Place:
    """Become the one manager of this data folder, ending what a killed one left.

    Raises StartError when another manager runs, EmbeddedError for an unusable data folder.
    """
    here = place.find(data_dir)
    with place.locked(here.run / "servers.lock"):
        if running := servers.manager(here):
            raise StartError(
                f"This helpdesk already runs (pid {running.pid}). "
                "End it first, or give the second one its own HELPDESK_DATA and ports."
            )
        end_leftovers(here)
        if me := Child.of(os.getpid()):
            me.save(servers.record(here, servers.MANAGER))
    for path in (ready_file(here), failure_file(here), stopping_file(here)):
        path.unlink(missing_ok=True)
    return here


def end_leftovers(here: Place) -> None:
    """End what is on record of an earlier start: first the services, then the servers."""
    on_record = {path.stem: Child.load(path) for path in here.run.glob("*.json")}
    names = [name for name in on_record if name not in servers.SERVERS]
    found = [on_record[name] for name in names]
    child.end_all([one for one in found if one])
    services = [one for one in child.marked(processes.mark(here)) if one not in on_record.values()]
    child.end_all(services, signal.SIGKILL)
    for name, server in servers.SERVERS.items():
        if one := on_record.get(name):
            one.end(server.STOP_SIGNAL, patience=child.END_PATIENCE)
    for name in on_record:
        servers.record(here, name).unlink(missing_ok=True)


def plan(here: Place) -> Path:
    """Check the ports, prepare the embedded servers and write the manager's configuration.

    Raises StartError or EmbeddedError with one line that says what is in the way.
    """
    try:
        if shutil.disk_usage(here.data).free < LEAST_SPACE:
            raise full_disk(str(here.data))
        programs = [*processes.servers(here), *processes.services(ready_file(here))]
        check_ports({program.name for program in programs})
        for program in programs:
            if program.name in servers.SERVERS:
                servers.SERVERS[program.name].prepare(here)
        return processes.write_plan(here, programs)
    except OSError as error:
        raise explain(error) from error


def check_ports(names: set[str]) -> None:
    """Raise StartError for the first port that somebody else has."""
    ports = {
        "HELPDESK_PORT": ("web", settings.PORT, settings.BIND),
        "HELPDESK_LIVE_PORT": ("live", settings.LIVE_PORT, settings.BIND),
        "HELPDESK_SMTP_PORT": ("smtp", settings.SMTP_PORT, settings.BIND),
        "HELPDESK_SINK_PORT": ("sink", settings.SINK_PORT, "127.0.0.1"),
        "HELPDESK_FACEBOOK_PORT": ("facebook", settings.FACEBOOK_PORT, "127.0.0.1"),
    }
    taken: dict[int, str] = {}
    for variable, (name, port, host) in ports.items():
        if name not in names:
            continue
        if other := taken.get(port):
            raise StartError(f"{variable} and {other} are both {port}: give them different ports.")
        taken[port] = variable
        _check_port(variable, port, host)


def _check_port(variable: str, port: int, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except (OSError, OverflowError) as error:
            raise StartError(_why_not(variable, port, error)) from error


def _why_not(variable: str, port: int, error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    reasons = {errno.EADDRINUSE: "is taken", errno.EACCES: "needs more rights"}
    return f"Port {port} {reasons.get(number or 0, f'cannot be used ({error})')}: set {variable}."


def ready_file(here: Place) -> Path:
    """Its presence says that database and files are prepared for this start."""
    return here.run / "ready"


def failure_file(here: Place) -> Path:
    """Its presence says that this start failed."""
    return here.run / "failed"


def stopping_file(here: Place) -> Path:
    """Its presence says that the manager was told to stop: what fails now fails for that."""
    return here.run / "stopping"


# What tells the manager to stop.
STOPS = {signal.SIGTERM, signal.SIGINT}


def become_manager(here: Place, config: Path) -> None:
    """Replace this process by the process manager; its pid stays the one on record."""
    environment = {
        **os.environ,
        child.RUN: str(here.run),
        "HELPDESK_PYTHON": sys.executable,
        "HELPDESK_CHILD_PROGRAM": str(HERE / "embedded" / "child.py"),
    }
    os.chdir(settings.BASE_DIR)
    command = [sys.executable, "-I", str(HERE / "supervise.py"), str(config)]
    command += [str(failure_file(here)), str(stopping_file(here))]
    # A stop that comes before supervisor listens waits for it; it would kill the program otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    os.execve(sys.executable, command, environment)


__all__ = ["EmbeddedError", "StartError", "become_manager", "plan", "take_over"]
