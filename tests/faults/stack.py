"""A helpdesk of real processes on servers and ports of its own, to be killed piece by piece."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from celery import Celery
from django.conf import settings

from helpdesk.embedded import broker_url, place, scratch, servers
from tests.channels.servers import HOST, FirstHop, free_port, running, wait_for

SLUG = "probe"
MAILBOX = f"support@{SLUG}.localhost"
PREPARE = f"""
import django
django.setup()
from helpdesk import prepare, provisioning
prepare.migrate()
provisioning.create_tenant(
    "{SLUG}", name="Probe GmbH", domain="{SLUG}.localhost", admin_email="chefin@{SLUG}.localhost"
)
"""


@dataclass
class Stack:
    """Its processes by name; each may be killed and started again at any time."""

    data: Path
    hop: FirstHop
    smtp_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    # What else its processes find in their environment.
    more: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "HELPDESK_DATA": str(self.data),
            "HELPDESK_SMTP_PORT": str(self.smtp_port),
            "HELPDESK_PORT": str(self.port),
            "EMAIL_URL": f"smtp://{HOST}:{self.hop.port}",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "HELPDESK_LOG_LEVEL": "WARNING",
        }
        inherited = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
        return {**inherited, **own, **self.more}

    def python(self, code: str) -> str:
        """Run Python with the helpdesk's settings in a process of its own; returns what it says."""
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command,
            env=self.environment,
            cwd=settings.BASE_DIR,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    def start(self, name: str) -> None:
        if name in servers.SERVERS:
            servers.start(self.data, durable=False, for_ever=False)
            return
        with (self.data / "log" / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "helpdesk.processes", name],
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """kill -9, the children of a worker with it."""
        if name in servers.SERVERS:
            child = servers.status(self.data)[list(servers.SERVERS).index(name)].child
            os.kill(child.pid, signal.SIGKILL)
            until(lambda: not child.is_alive())
            return
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def sweep(self) -> None:
        """What beat does every 30 seconds."""
        with (
            Celery(broker=broker_url(servers.redis_url(self.data)), set_as_current=False) as app,
            suppress(Exception),
        ):
            app.send_task("channels.sweep", queue="sweep", retry=False)

    def select(self, query: str) -> list[tuple]:
        """Rows of the tenant's schema, or none while the database is away."""
        connection = psycopg2.connect(servers.database_url(self.data))
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT schema_name FROM tenants_tenant WHERE slug = %s", [SLUG])
                cursor.execute(f"SET search_path = {cursor.fetchone()[0]}, public")
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            connection.close()

    def count(self, table: str) -> int:
        return self.select(f"SELECT count(*) FROM {table}")[0][0]


@contextmanager
def running_stack(parent: Path, *names: str) -> Iterator[Stack]:
    """A stack with its database prepared and these services started."""
    hop = FirstHop()
    with scratch.folder(parent) as data, running(hop.serve, hop.port):
        place.find(data)
        stack = Stack(data, hop)
        stack.start("postgres")
        stack.python(PREPARE)
        for name in names:
            stack.start(name)
        for name, port in (("smtp", stack.smtp_port), ("web", stack.port)):
            if name in names:
                wait_for(port, 30)
        try:
            yield stack
        finally:
            for name in list(stack.processes):
                stack.kill(name)


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not come to hold in time."
        time.sleep(0.05)
