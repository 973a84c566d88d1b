"""Each service of docker-compose.yml, run by hand with DATABASE_URL and REDIS_URL set."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from helpdesk import embedded, processes
from helpdesk.embedded import scratch

pytestmark = pytest.mark.xdist_group("containers")

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {name: one for name, one in COMPOSE["services"].items() if one.get("image") == "helpdesk"}
SERVICES = sorted(set(OURS) - {"migrate"})
START_SECONDS = 60
# What docker gives a container before it kills it is 10; a machine that runs tests may be late.
STOP_SECONDS = 30


@pytest.fixture(scope="module")
def servers(django_db_blocker):
    """Real servers as the containers have them: named by the environment only."""
    with scratch.folder(ROOT / ".data") as folder:
        embedded.start(folder, durable=False, for_ever=False)
        yield {
            "DATABASE_URL": embedded.database_url(folder),
            "REDIS_URL": embedded.redis_url(folder),
            "HELPDESK_DATA": str(folder / "volume"),
        }


@pytest.fixture(scope="module")
def environment(servers):
    """The environment of the compose file on ports of this machine, its database migrated."""
    given = {key: str(value) for key, value in OURS["web"]["environment"].items()}
    given = {key: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for key, value in given.items()}
    ports = free_ports(3)
    names = ["HELPDESK_PORT", "HELPDESK_LIVE_PORT", "HELPDESK_SMTP_PORT"]
    own = {
        **given,
        **servers,
        **dict(zip(names, map(str, ports), strict=True)),
        "HELPDESK_BIND": "127.0.0.1",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "SECRET_KEY": "x" * 50,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    run(OURS["migrate"]["command"], own)
    return own


def free_ports(count: int) -> list[int]:
    found = [socket.socket() for _ in range(count)]
    for one in found:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in found]
    for one in found:
        one.close()
    return ports


def run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr


def test_the_containers_are_the_processes_of_up():
    named = {name for name in processes.commands() if name not in {"sink", "facebook"}}

    assert set(SERVICES) == named
    for name in named:
        assert OURS[name]["command"] == ["python", "-m", "helpdesk.processes", name]


def test_every_service_waits_for_the_migration_and_has_a_health_check():
    for name in SERVICES:
        assert OURS[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
        assert OURS[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "helpdesk.health", name]
    for name in ("postgres", "redis"):
        assert COMPOSE["services"][name]["healthcheck"]["test"][0] == "CMD"
    assert OURS["migrate"]["restart"] == "no"


def test_the_image_runs_as_a_user_without_rights():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert "USER helpdesk" in lines
    assert lines.index("USER helpdesk") < lines.index("VOLUME /data")


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()

    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "EMAIL_URL"):
        assert set(re.findall(rf"\$\{{{name}[^}}]*\}}", text)) == {f"${{{name}:?is missing}}"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_services_command_comes_up_and_stops_on_sigterm(name, environment):
    process = subprocess.Popen(
        OURS[name]["command"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_until_well(OURS[name]["healthcheck"]["test"][1:], environment, process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=STOP_SECONDS)
    finally:
        # Its children too: they hold the pipe that is read to its end.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    assert process.returncode in {0, -signal.SIGTERM}, output.decode()
    assert b"Traceback" not in output


def wait_until_well(
    check: list[str], environment: dict[str, str], process: subprocess.Popen[bytes]
) -> None:
    end = time.monotonic() + START_SECONDS
    while subprocess.run(check, cwd=ROOT, env=environment, capture_output=True).returncode:
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < end
