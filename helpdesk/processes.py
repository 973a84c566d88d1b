"""The processes of a helpdesk: their commands, and the plan the process manager runs them by.

`python -m helpdesk.processes NAME` becomes that process, without a manager: containers run it so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from helpdesk.demo import standin
from helpdesk.embedded import postgres, redis
from helpdesk.embedded.child import MARK, PROGRAMS
from helpdesk.embedded.place import Place, write_private

# Requests mostly wait for the database; each thread keeps one connection.
WEB_THREADS = 4
WORKER_PROCESSES = 2
# Ctrl-C ends everything within 5 s: first all services, then both servers.
SERVICE_STOP_SECONDS = 2
SERVER_STOP_SECONDS = 2
# The page somebody waits for comes first; the others start when it is there, or after this long.
WEB_FIRST_SECONDS = 4.0

SUPERVISOR = """\
[supervisord]
nodaemon=true
silent=true
{user}
logfile=log/manager.log
logfile_maxbytes=1MB
logfile_backups=1
loglevel=info
pidfile=run/supervisor.pid
"""
# No path stands in here: supervisor would take a #, a ; or a % in one for its own. It runs in the
# data folder, and the launcher knows the rest.
PROGRAM = """
[program:{name}]
command=sh -c 'exec "$HELPDESK_PYTHON" -I -S "$HELPDESK_CHILD_PROGRAM" {name}'
autorestart=true
startsecs=0
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile=log/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=1
"""
GROUP = """
[group:{name}]
programs={programs}
priority={priority}
"""


@dataclass(frozen=True)
class Program:
    """One process: its command, what it needs before it starts, and how it is told to stop."""

    name: str
    argv: list[str]
    needs: list[dict[str, Any]] = field(default_factory=list)
    stop_signal: signal.Signals = signal.SIGTERM
    identity: tuple[int, int] | None = None
    folder: Path | None = None
    stale: list[Path] = field(default_factory=list)


def commands() -> dict[str, list[str]]:
    """The command of each service, by its name."""
    granian = ["granian", "--host", settings.BIND, "--workers", "1", "--log-level", "warning"]
    web = ["--interface", "wsgi", "--port", str(settings.PORT), "--no-ws"]
    live = ["--interface", "asgi", "--port", str(settings.LIVE_PORT), "--no-ws"]
    celery = ["celery", "--app", "helpdesk", "--quiet"]
    worker = ["worker", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    default = ["--queues", "default", "--concurrency", str(WORKER_PROCESSES), "-n", "default@%h"]
    web += ["--blocking-threads", str(WEB_THREADS)]
    # An open stream never ends by itself; there is nothing in it to finish.
    live += ["--workers-kill-timeout", "1"]
    modules = {
        "web": [*granian, *web, "helpdesk.wsgi:application"],
        "live": [*granian, *live, "helpdesk.live.app:application"],
        "worker": [*celery, *worker, *default],
        "sweep": [*celery, *worker, "--queues", "sweep", "--pool", "solo", "-n", "sweep@%h"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile="],
        "sink": ["helpdesk.mail_sink"],
    }
    found = {name: [sys.executable, "-m", *module] for name, module in modules.items()}
    smtp = [sys.executable, str(settings.BASE_DIR / "manage.py"), "smtp"]
    return {**found, "smtp": smtp, "facebook": standin.command(own_host())}


def services(ready: Path) -> list[Program]:
    """The services, the page first; each waits until the database is prepared."""
    prepared = {"path": str(ready), "seconds": 0}
    page = first_page(WEB_FIRST_SECONDS)
    names = ["web", "smtp", "live", "worker", "sweep", "beat"]
    if not os.environ.get("EMAIL_URL"):
        names.append("sink")
    if standin.is_on():
        names.append("facebook")
    needs = {name: [prepared] if name == "web" else [prepared, page] for name in names}
    return [Program(name, commands()[name], needs[name]) for name in names]


def first_page(seconds: float) -> dict[str, Any]:
    """The need of who waits for the web process to serve, at most this many seconds.

    The demo's home is asked for, as whoever starts it will; elsewhere a 404 tells as much.
    """
    site = f"demo.localhost:{settings.PORT}"
    return {"host": own_host(), "port": settings.PORT, "site": site, "seconds": seconds}


def own_host() -> str:
    """The address under which this machine reaches its own services."""
    everywhere = {"0.0.0.0", "::", ""}  # noqa: S104 (compared with, not bound to)
    return "127.0.0.1" if settings.BIND in everywhere else str(settings.BIND)


def servers(place: Place) -> list[Program]:
    """The embedded servers that this installation uses."""
    identity = (place.uid, place.gid) if place.is_foreign else None
    found = []
    if not os.environ.get("DATABASE_URL"):
        argv, locks = postgres.command(place), postgres.locks(place)
        stop = postgres.STOP_SIGNAL
        found.append(Program("postgres", argv, [], stop, identity, place.cluster, locks))
    if not os.environ.get("REDIS_URL"):
        found.append(Program("redis", redis.command(place), [], redis.STOP_SIGNAL, identity))
    return found


def write_plan(place: Place, programs: list[Program]) -> Path:
    """Write what the launcher and supervisor need; return supervisor's configuration."""
    plan = {
        program.name: {
            "argv": [shutil.which(program.argv[0]) or program.argv[0], *program.argv[1:]],
            "needs": program.needs,
            "stop_signal": int(program.stop_signal),
            "identity": program.identity,
            "runs_in": str(settings.BASE_DIR),
            "folder": str(program.folder or ""),
            "stale": [str(path) for path in program.stale],
            "environment": {MARK: mark(place, program.name)},
        }
        for program in programs
    }
    write_private(place.run / PROGRAMS, json.dumps(plan, indent=2))
    config = place.run / "supervisor.conf"
    write_private(config, supervisor_config(programs))
    return config


def mark(place: Place, name: str = "") -> str:
    """What the environment of our processes says; without a name it matches all of them."""
    return f"{place.data}:{name}"


def supervisor_config(programs: list[Program]) -> str:
    """Supervisor's configuration: services stop together, the servers after them."""
    root = os.geteuid() == 0
    text = SUPERVISOR.format(user="user=root" if root else "")
    groups: dict[str, list[str]] = {"servers": [], "services": []}
    for program in programs:
        is_server = program.name in {"postgres", "redis"}
        groups["servers" if is_server else "services"].append(program.name)
        text += PROGRAM.format(
            name=program.name,
            stop_signal=program.stop_signal.name.removeprefix("SIG"),
            stop_seconds=SERVER_STOP_SECONDS if is_server else SERVICE_STOP_SECONDS,
        )
    for priority, (name, names) in enumerate(groups.items(), 1):
        if names:
            text += GROUP.format(name=name, programs=",".join(names), priority=priority)
    return text


def become(name: str) -> None:
    """Replace this process by the service of that name."""
    os.chdir(settings.BASE_DIR)
    command = commands()[name]
    os.execv(command[0], command)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    become(sys.argv[1])
