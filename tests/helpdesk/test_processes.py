import configparser
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from helpdesk import processes, start
from helpdesk.embedded import EmbeddedError, child, place, scratch, servers
from helpdesk.embedded.child import Child
from helpdesk.processes import Program

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
FAMILY = f"import subprocess, time; subprocess.Popen({SLEEP!r}); time.sleep(60)"
PARENT = [sys.executable, "-c", FAMILY]


@pytest.fixture
def here():
    """The place of a data folder whose path holds everything a configuration file may trip over."""
    made = Path(tempfile.mkdtemp(prefix="processes-", dir="/tmp"))
    found = place.find(made / "Büro #1; 100% daten")
    yield found
    child.end_all(child.marked(processes.mark(found)), signal.SIGKILL)
    servers.record(found, servers.MANAGER).unlink(missing_ok=True)
    scratch.remove(found.data)
    made.rmdir()


@pytest.fixture
def managers():
    """Starts managers of our own little programs, and ends those that are left."""
    started = []

    def begin(here: place.Place, programs: list[Program]) -> subprocess.Popen[bytes]:
        config = processes.write_plan(here, programs)
        environment = {
            **os.environ,
            child.RUN: str(here.run),
            "HELPDESK_PYTHON": sys.executable,
            "HELPDESK_CHILD_PROGRAM": str(ROOT / "helpdesk/embedded/child.py"),
        }
        command = [sys.executable, "-I", str(ROOT / "helpdesk/supervise.py"), str(config)]
        command += [str(start.failure_file(here)), str(start.stopping_file(here))]
        started.append(subprocess.Popen(command, env=environment))
        return started[-1]

    yield begin
    for one in started:
        one.kill()
        one.wait()


def wait_for(condition, seconds: float = 20.0):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found


def on_record(here: place.Place, name: str) -> Child | None:
    found = Child.load(servers.record(here, name))
    return found if found and found.is_alive() else None


def running(here: place.Place, argv: list[str]) -> list[Child]:
    """The processes of ours that have become the program, their launcher left behind."""
    return [
        one for one in child.marked(processes.mark(here)) if arguments(one)[: len(argv)] == argv
    ]


def arguments(one: Child) -> list[str]:
    try:
        return Path(f"/proc/{one.pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


def test_a_program_runs_from_a_path_that_no_configuration_file_can_hold(here, managers):
    managers(here, [Program("worker", SLEEP)])

    [one] = wait_for(lambda: running(here, SLEEP))

    assert on_record(here, "worker") == one


def test_a_killed_program_is_back_within_five_seconds(here, managers):
    managers(here, [Program("worker", SLEEP)])
    [first] = wait_for(lambda: running(here, SLEEP))

    first.send(signal.SIGKILL)

    [second] = wait_for(lambda: [one for one in running(here, SLEEP) if one != first], 5)
    assert second.pid != first.pid


def test_a_program_that_ends_at_once_is_started_again_and_again_but_not_without_pause(
    here, managers
):
    marks = here.run / "marks"
    managers(here, [Program("worker", ["/bin/sh", "-c", f"echo x >> '{marks}'"])])

    wait_for(lambda: marks.exists() and len(marks.read_text().split()) >= 4)

    first = marks.stat().st_mtime
    wait_for(lambda: len(marks.read_text().split()) >= 6)
    assert marks.stat().st_mtime - first >= 2 * child.PAUSE * 0.9


def test_a_killed_program_takes_its_children_along_before_it_is_started_again(here, managers):
    managers(here, [Program("worker", PARENT)])
    [grandchild] = wait_for(lambda: running(here, SLEEP))
    [parent] = running(here, PARENT)

    parent.send(signal.SIGKILL)
    wait_for(lambda: [one for one in running(here, PARENT) if one != parent])

    assert not grandchild.is_alive()


def test_the_end_of_the_manager_leaves_no_process(here, managers):
    manager = managers(here, [Program("worker", PARENT), Program("beat", SLEEP)])
    wait_for(lambda: len(child.marked(processes.mark(here))) == 3)
    began = time.monotonic()

    manager.send_signal(signal.SIGINT)

    assert manager.wait(10) == 0
    assert time.monotonic() - began < 5
    assert child.marked(processes.mark(here)) == []


def test_a_program_that_ignores_the_signal_is_ended_within_five_seconds(here, managers):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    stubborn = [sys.executable, "-c", deaf]
    manager = managers(here, [Program(name, stubborn) for name in ("web", "worker", "postgres")])
    wait_for(lambda: len(running(here, stubborn)) == 3)
    time.sleep(0.3)
    began = time.monotonic()

    manager.send_signal(signal.SIGTERM)

    assert manager.wait(10) == 0
    assert time.monotonic() - began < 5
    assert child.marked(processes.mark(here)) == []


def test_services_end_before_the_servers_they_use(here, managers):
    order = here.run / "order"

    def noting(name: str) -> list[str]:
        return ["/bin/sh", "-c", f"trap 'echo {name} >> \"{order}\"; exit' TERM; sleep 60 & wait"]

    manager = managers(
        here, [Program("postgres", noting("postgres")), Program("web", noting("web"))]
    )
    wait_for(lambda: len(child.marked(processes.mark(here))) == 4)
    time.sleep(0.3)

    manager.send_signal(signal.SIGTERM)
    manager.wait(10)

    assert order.read_text().split() == ["web", "postgres"]


def test_after_the_manager_is_killed_its_processes_end_too(here, managers):
    manager = managers(here, [Program("worker", SLEEP)])
    [one] = wait_for(lambda: running(here, SLEEP))

    manager.kill()
    manager.wait()

    assert one.wait(5)


def test_a_start_ends_what_a_killed_one_left(here, managers):
    manager = managers(here, [Program("worker", PARENT)])
    [grandchild] = wait_for(lambda: running(here, SLEEP))
    manager.kill()
    manager.wait()
    assert grandchild.is_alive()

    start.take_over(here.data)

    assert not grandchild.is_alive()
    assert Child.load(servers.record(here, servers.MANAGER)) == Child.of(os.getpid())


def test_a_start_leaves_strangers_and_other_helpdesks_alone(here):
    other = {**os.environ, child.MARK: f"{here.data}2:worker"}
    strangers = [subprocess.Popen(SLEEP), subprocess.Popen(SLEEP, env=other)]
    Child(strangers[0].pid, "an earlier process").save(servers.record(here, "worker"))

    start.take_over(here.data)

    assert [one.poll() for one in strangers] == [None, None]
    for one in strangers:
        one.kill()
        one.wait()


def test_a_second_manager_of_the_same_folder_is_refused_in_one_line(here):
    first = subprocess.Popen(SLEEP)
    Child.of(first.pid).save(servers.record(here, servers.MANAGER))

    with pytest.raises(start.StartError, match=rf"^This helpdesk already runs \(pid {first.pid}\)"):
        start.take_over(here.data)

    first.kill()
    first.wait()


def test_a_program_waits_for_what_it_needs(here, managers):
    ready = here.run / "ready"
    managers(here, [Program("web", SLEEP, [{"path": str(ready), "seconds": 0}])])
    wait_for(lambda: on_record(here, "web"))
    time.sleep(0.5)
    assert running(here, SLEEP) == []

    ready.touch()

    assert wait_for(lambda: running(here, SLEEP))


def test_a_program_that_may_go_without_what_it_needs_does_so_after_a_while(here, managers):
    managers(here, [Program("web", SLEEP, [{"path": "/nonexistent", "seconds": 0.5}])])

    assert wait_for(lambda: running(here, SLEEP))


def test_a_port_that_is_taken_is_one_clear_line(settings):
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.PORT = other.getsockname()[1]

        with pytest.raises(start.StartError) as caught:
            start.check_ports({"web"})

    assert str(caught.value) == f"Port {settings.PORT} is taken: set HELPDESK_PORT."


def test_two_services_on_one_port_are_one_clear_line(settings):
    settings.PORT = settings.LIVE_PORT = free_port()

    with pytest.raises(start.StartError, match=r"^HELPDESK_LIVE_PORT and HELPDESK_PORT are both"):
        start.check_ports({"web", "live"})


def test_an_impossible_port_is_one_clear_line(settings):
    settings.PORT = 99999

    with pytest.raises(start.StartError, match=r"^Port 99999 cannot be used"):
        start.check_ports({"web"})


def test_free_ports_are_fine(settings):
    settings.PORT = free_port()

    start.check_ports({"web"})


def test_a_disk_without_room_is_one_clear_line(here, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(EmbeddedError, match=r"^The disk is full \(.*\): make room"):
        start.plan(here)


def test_a_disk_that_takes_no_byte_is_one_clear_line(tmp_path):
    """Settings already write: the secret key, the password."""
    program = (
        "import errno, manage; from unittest.mock import patch; full = OSError(errno.ENOSPC, '');"
    )
    program += "patch('os.fdopen', side_effect=full).start(); manage.main()"
    environment = {**os.environ, "HELPDESK_DATA": str(tmp_path / "data")}
    environment.pop("SECRET_KEY", None)

    found = subprocess.run(
        [sys.executable, "-c", program, "up"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert found.returncode == 1
    [line] = found.stderr.splitlines()
    assert line.startswith("The disk is full (the data folder): make room")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_one_web_process_with_threads_and_two_queues(settings):
    found = processes.commands()

    assert set(found) == {"web", "live", "smtp", "worker", "sweep", "beat", "sink", "facebook"}
    assert found["web"][-1] == "helpdesk.wsgi:application"
    assert following(found["web"], "--workers") == ["--workers", "1"]
    assert following(found["worker"], "--queues") == ["--queues", "default"]
    assert following(found["sweep"], "--queues") == ["--queues", "sweep"]
    assert str(settings.LIVE_PORT) in found["live"]


def following(command: list[str], option: str) -> list[str]:
    at = command.index(option)
    return command[at : at + 2]


@pytest.mark.parametrize(
    ("url", "has_sink"), [("", True), ("smtp://relay.example:25", False)], ids=["none", "given"]
)
def test_the_mail_sink_runs_only_where_no_mail_server_is_given(url, has_sink, monkeypatch):
    monkeypatch.setenv("EMAIL_URL", url)

    names = [program.name for program in processes.services(Path("/ready"))]

    assert ("sink" in names) is has_sink
    assert names[0] == "web"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ["postgres", "redis"]),
        (["DATABASE_URL"], ["redis"]),
        (["REDIS_URL"], ["postgres"]),
        (["DATABASE_URL", "REDIS_URL"], []),
    ],
)
def test_only_servers_that_are_not_given_are_embedded(given, expected, here, monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in given:
        monkeypatch.setenv(name, "somewhere")

    assert [program.name for program in processes.servers(here)] == expected


def test_the_plan_is_private_and_supervisor_reads_it(here):
    config = processes.write_plan(here, [Program("web", SLEEP), Program("postgres", SLEEP)])

    parser = configparser.RawConfigParser()
    parser.read(config)
    assert set(parser.sections()) == {
        "supervisord",
        "program:web",
        "program:postgres",
        "group:services",
        "group:servers",
    }
    assert str(here.data) not in config.read_text()
    for path in (config, here.run / child.PROGRAMS):
        assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads((here.run / child.PROGRAMS).read_text())["web"]["argv"] == SLEEP
