"""`manage.py up` as an operator meets it: started, killed in parts, killed whole, and stopped."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.db import connection

from helpdesk import processes
from helpdesk.embedded import child, place, scratch, servers
from helpdesk.embedded.child import Child

# One helpdesk for all of them: they must not be spread over pytest's processes.
pytestmark = pytest.mark.xdist_group("up")

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 120
SERVICES = ["web", "live", "smtp", "worker", "sweep", "beat", "sink"]
CHILDREN = [*SERVICES, "postgres", "redis"]


@dataclass
class Helpdesk:
    """One installation: its data folder and its ports; started and stopped by the tests."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        foreign = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "HELPDESK_LIVE_PORT"}
        own = {key: value for key, value in os.environ.items() if key not in foreign}
        return {
            **own,
            "HELPDESK_DATA": str(self.data),
            "HELPDESK_PORT": str(self.port),
            "HELPDESK_SMTP_PORT": str(self.port + 2),
            "HELPDESK_DEMO": "0",
        }

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "up"]
        self.process = subprocess.Popen(
            command, cwd="/", env=self.environment, stdout=subprocess.PIPE
        )
        wait_for(self.answers, START_SECONDS)

    def answers(self) -> bool:
        assert self.process is None or self.process.poll() is None
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def child(self, name: str) -> Child | None:
        found = Child.load(self.data / "run" / f"{name}.json")
        return found if found and found.is_alive() else None

    def left(self) -> list[Child]:
        """Every process of this installation that is alive."""
        here = place.find(self.data)
        return [*child.marked(processes.mark(here)), *child.working_in(here.cluster)]

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()


def wait_for(condition, seconds: float):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def free_port() -> int:
    """The first of four free ports in a row."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        if all(is_free(number) for number in range(port, port + 4)):
            return port


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError):
        return False
    return True


@pytest.fixture(scope="module")
def folder():
    """A folder outside of the checkout, with a blank in its path."""
    made = Path(tempfile.mkdtemp(prefix="up with blanks-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    for record in list(made.rglob(place.RECORD)):
        scratch.remove(record.parent)
    made.rmdir()


@pytest.fixture(scope="module")
def running(folder):
    """A helpdesk that runs; each test leaves it running."""
    helpdesk = Helpdesk(folder / "data", free_port())
    helpdesk.start()
    yield helpdesk
    helpdesk.end()
    child.end_all(helpdesk.left(), signal.SIGKILL)
    servers.record(place.find(helpdesk.data), servers.MANAGER).unlink(missing_ok=True)


def test_every_process_is_there(running):
    found = wait_for(lambda: all(running.child(name) for name in CHILDREN), 60)

    assert found
    doors = [running.port, running.port + 1, running.port + 2, running.port + 3]
    wait_for(lambda: not any(is_free(port) for port in doors), 60)


def test_a_second_start_on_the_same_data_is_one_clear_line(running):
    command = [sys.executable, str(ROOT / "manage.py"), "up"]

    found = subprocess.run(command, env=running.environment, capture_output=True, text=True)

    assert found.returncode == 1
    assert found.stdout == ""
    [line] = found.stderr.splitlines()
    assert line.startswith(f"CommandError: This helpdesk already runs (pid {running.process.pid}).")
    assert running.answers()


def test_a_second_copy_on_a_taken_port_is_one_clear_line(running, folder):
    other = Helpdesk(folder / "other", running.port)
    command = [sys.executable, str(ROOT / "manage.py"), "up"]

    found = subprocess.run(command, env=other.environment, capture_output=True, text=True)

    assert found.returncode == 1
    [line] = found.stderr.splitlines()
    assert line == f"CommandError: Port {running.port} is taken: set HELPDESK_PORT."
    assert not (place.find(other.data).cluster).exists()


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_back_within_five_seconds(name, running):
    killed = wait_for(lambda: running.child(name), 60)

    killed.send(signal.SIGKILL)

    back = wait_for(lambda: (one := running.child(name)) and one != killed and one, 5)
    assert back.pid != killed.pid
    wait_for(running.answers, 60)


def test_everything_killed_at_once_is_back(running):
    for one in running.left():
        one.send(signal.SIGKILL)

    wait_for(running.answers, 60)
    wait_for(lambda: all(running.child(name) for name in CHILDREN), 60)


def test_after_the_manager_is_killed_nothing_is_left_and_the_next_start_works(running):
    running.process.kill()
    running.process.communicate()

    wait_for(lambda: not running.left(), 20)
    running.start()

    assert running.answers()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_end_takes_at_most_five_seconds_and_leaves_no_process(number, running):
    wait_for(lambda: all(running.child(name) for name in CHILDREN), 60)
    began = time.monotonic()

    running.process.send_signal(number)
    running.process.communicate(timeout=30)
    seconds = time.monotonic() - began

    assert running.process.returncode == 0
    assert running.left() == []
    assert seconds < 5
    running.start()


def test_a_start_that_fails_says_why_in_one_line_and_ends_all(folder):
    helpdesk = Helpdesk(folder / "failing", free_port())
    server = connection.settings_dict
    address = f"postgresql://{server['USER']}:wrong@/postgres?host={server['HOST']}"
    environment = {
        **helpdesk.environment,
        "DATABASE_URL": f"{address}&port={server['PORT'] or 5432}",
    }

    found = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "up"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert found.returncode == 1
    [line] = found.stderr.splitlines()
    assert line.startswith("The start failed: The database does not answer: ")
    assert helpdesk.left() == []
