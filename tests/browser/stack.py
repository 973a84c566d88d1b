"""The whole helpdesk as an operator starts it, with its real ports, mail door and mail sink."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from helpdesk.embedded import child, scratch
from tests.browser.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180
# Ctrl-C promises 5 s; a machine that runs tests beside it may be late.
STOP_SECONDS = 15
# What the caller's environment says about servers must not reach this stack: it runs its own.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "FACEBOOK_APP_ID")


class StackError(RuntimeError):
    """The helpdesk did not start, or did not do what it was asked."""


@dataclass
class Stack:
    """A running helpdesk: where its pages, its mail door and its outgoing mails are."""

    data: Path
    environment: dict[str, str]
    port: int
    smtp_port: int
    facebook_port: int
    process: subprocess.Popen[bytes] | None = None
    mailbox: Mailbox = field(init=False)

    def __post_init__(self) -> None:
        self.mailbox = Mailbox(self.data / "mail")

    def url(self, path: str = "/", tenant: str = "demo") -> str:
        return f"http://{tenant}.localhost:{self.port}{path}"

    @property
    def facebook_url(self) -> str:
        """Facebook (Demo), where a person plays the customer."""
        return f"http://127.0.0.1:{self.facebook_port}/"

    def answers(self) -> bool:
        """True when the portal's first page is there."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": f"demo.localhost:{self.port}"})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def send(self, mail: EmailMessage, to: str = "") -> None:
        """Hand a mail to the SMTP door as any mail program does; it must take it."""
        recipient = to or str(mail["To"])
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as client:
            refused = client.send_message(mail, to_addrs=[recipient])
        assert refused == {}

    def python(self, *arguments: str, given: str = "") -> str:
        """Run Python beside the stack, on its database; returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise StackError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.python("manage.py", *arguments)

    def queue(self, tenant: str = "demo") -> list[dict[str, object]]:
        """The queue in its order, as the operator's command prints it."""
        rows: list[dict[str, object]] = json.loads(
            self.manage("queue", "--tenant", tenant, "--json")
        )
        return rows

    def logs(self) -> str:
        """The last lines of every process, for a failure's message."""
        parts = [f"--- {path.name}\n{_tail(path)}" for path in sorted(self.data.glob("log/*.log"))]
        return "\n".join([_tail(self.data / "up.out"), *parts])


@contextmanager
def running(parent: Path) -> Iterator[Stack]:
    """`manage.py up` in a new data folder under `parent`, ended by SIGINT and removed."""
    with scratch.folder(parent) as data:
        web, live, smtp, sink, facebook = free_ports(5)
        environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        environment |= {
            "HELPDESK_DATA": str(data),
            "HELPDESK_PORT": str(web),
            "HELPDESK_LIVE_PORT": str(live),
            "HELPDESK_SMTP_PORT": str(smtp),
            "HELPDESK_SINK_PORT": str(sink),
            "HELPDESK_FACEBOOK_PORT": str(facebook),
            # What runs beside it are other tests, behind which its workers need not stand back.
            "HELPDESK_WORKER_NICE": "0",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        }
        stack = Stack(data, environment, port=web, smtp_port=smtp, facebook_port=facebook)
        with (data / "up.out").open("wb") as output:
            stack.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A killed test run leaves nothing behind.
                preexec_fn=partial(child.die_with_parent, signal.SIGTERM),
            )
        try:
            _wait_for_start(stack)
            yield stack
        finally:
            _stop(stack.process)


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at the moment, all different."""
    with ExitStack() as held:
        found = []
        for _ in range(count):
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found


def _wait_for_start(stack: Stack) -> None:
    end = time.monotonic() + START_SECONDS
    ready = stack.data / "run" / "ready"
    while not (ready.exists() and stack.answers()):
        assert stack.process is not None
        if stack.process.poll() is not None or time.monotonic() > end:
            raise StackError(f"The helpdesk did not start:\n{stack.logs()}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        raise


def _tail(path: Path, lines: int = 15) -> str:
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
