"""Where the embedded servers live: folders, owner, sockets and password.

Everything stands under the data folder. Only root is different: PostgreSQL refuses to run as root,
so a system user of its own runs it; where that user cannot reach the data folder (a checkout under
/root), the servers' folders stand under /var/lib instead and the data folder says where.
No permission of a folder that is already there is ever changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.embedded.errors import EmbeddedError, explain

SYSTEM_USER = "helpdesk-db"
SYSTEM_HOME = Path("/var/lib") / SYSTEM_USER
RECORD = "embedded.json"
PASSWORD = "embedded.password"  # noqa: S105 (a file's name)


@dataclass(frozen=True)
class Place:
    """The folders of one data folder's servers, and the user who runs them."""

    data: Path
    home: Path
    sockets: Path
    uid: int
    gid: int

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def redis(self) -> Path:
        return self.home / "redis"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def log(self) -> Path:
        return self.data / "log"

    @property
    def is_foreign(self) -> bool:
        """Whether the servers run as another user than the caller."""
        return self.uid != os.geteuid()

    def password(self) -> str:
        return (self.data / PASSWORD).read_text().strip()

    def write(self, path: Path, text: str) -> None:
        """Write a private file of the servers' user."""
        write_private(path, text, (self.uid, self.gid))

    def identity(self) -> dict[str, Any]:
        """The arguments of subprocess that run a program as the servers' user."""
        if not self.is_foreign:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def find(data_dir: Path) -> Place:
    """Return the place of `data_dir`, making on the first call what is lacking.

    Starts nothing. Several processes may call it at once; they agree.
    Raises EmbeddedError with one line for a full disk or a folder of somebody else.
    """
    data = data_dir.resolve()
    try:
        return _recorded(data) or _make(data)
    except OSError as error:
        raise explain(error) from error


def _recorded(data: Path) -> Place | None:
    """What an earlier call put on record, while it still holds."""
    record = _read(data)
    if record is None or record["data"] != str(data):
        return None
    sockets, home = Path(record["sockets"]), data / record["home"]
    if not (data / PASSWORD).exists() or not home.is_dir():
        return None
    place = Place(data, home, sockets, *_owner(home))
    return place if _is_private(sockets, place.uid) else None


def _read(data: Path) -> dict[str, str] | None:
    try:
        record = json.loads((data / RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return record if {"data", "home", "sockets"} <= set(record) else None


def _make(data: Path) -> Place:
    make_folder(data, data_mode())
    with locked(data / "embedded.lock"):
        if place := _recorded(data):
            return place
        for name in ("run", "log"):
            make_folder(data / name, 0o700)
        _make_password(data)
        home = _earlier_home(data) or _new_home(data)
        place = Place(data, home, _make_sockets(*_owner(home)), *_owner(home))
        record = {"data": str(data), "home": _relative(home, data), "sockets": str(place.sockets)}
        write_private(data / RECORD, json.dumps(record, indent=2) + "\n")
        return place


def data_mode() -> int:
    """The mode of a new data folder: root's servers are another user's, who must pass through."""
    return 0o711 if os.geteuid() == 0 else 0o700


def _relative(home: Path, data: Path) -> str:
    """Keep a home inside the data folder relative, so that a moved checkout finds it again."""
    return str(home.relative_to(data)) if home.is_relative_to(data) else str(home)


def _earlier_home(data: Path) -> Path | None:
    """The home on record, unless this data folder is a copy of one that still uses it."""
    record = _read(data)
    home = data / record["home"] if record else None
    if record is None or home is None or not home.is_dir():
        return None
    if os.geteuid() == 0 and home.stat().st_uid == 0:
        # Copied by root: everything in it became root's, who may not run PostgreSQL.
        _hand_over(home)
    original = Path(record["data"])
    other = _read(original) if original != data and original.is_dir() else None
    if other is None:
        return home
    # A copy: the processes on record are the original's, and so is a home outside of it.
    for path in (data / "run").glob("*.json"):
        path.unlink()
    return home if home.is_relative_to(data) else None


def _hand_over(home: Path) -> None:
    user = system_user()
    for path in [home, *home.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _new_home(data: Path) -> Path:
    if os.geteuid() != 0:
        home = data / "servers"
        make_folder(home, 0o700)
        return home
    user = system_user()
    if can_reach(data, user.pw_uid, user.pw_gid):
        home = data / "servers"
    else:
        make_folder(SYSTEM_HOME, 0o711)
        name = hashlib.sha256(f"{data}{secrets.token_hex(8)}".encode()).hexdigest()[:12]
        home = SYSTEM_HOME / name
    make_folder(home, 0o700, (user.pw_uid, user.pw_gid))
    return home


def _owner(home: Path) -> tuple[int, int]:
    """Who runs the servers: the owner of their home, so that root continues a user's cluster."""
    found = home.stat()
    if os.geteuid() == 0 and found.st_uid == 0:
        user = system_user()
        return user.pw_uid, user.pw_gid
    return found.st_uid, found.st_gid


def system_user() -> pwd.struct_passwd:
    """The system user who runs PostgreSQL when we are root, made on the first call."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    with suppress(FileNotFoundError):
        # A second checkout may make the same user at this moment: only the look-up counts.
        subprocess.run(command, capture_output=True, check=False)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedError(
            f"PostgreSQL does not run as root and the system user {SYSTEM_USER} could not be made: "
            "run as an ordinary user, or set DATABASE_URL."
        ) from None


def can_reach(path: Path, uid: int, gid: int) -> bool:
    """Whether the user may pass through every folder down to and including `path`."""
    return all(_allows(folder, uid, gid) for folder in [path, *path.parents])


def _allows(path: Path, uid: int, gid: int) -> bool:
    found = path.stat()
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    return bool(found.st_mode & (stat.S_IXGRP if found.st_gid == gid else stat.S_IXOTH))


def _make_password(data: Path) -> None:
    if not (data / PASSWORD).exists():
        write_private(data / PASSWORD, secrets.token_hex(24) + "\n")


def _make_sockets(uid: int, gid: int) -> Path:
    """A new private folder with a path short enough for a socket, whatever the data folder's is."""
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-", dir="/tmp"))
    if uid != os.geteuid():
        os.chown(folder, uid, gid)
    return folder


def _is_private(folder: Path, uid: int) -> bool:
    """Whether the folder is still ours alone: /tmp is cleaned, and open to everybody."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077


def make_folder(path: Path, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Make the folder with exactly this mode and owner; one that is there stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir()
    except FileExistsError:
        return
    path.chmod(mode)
    if owner and owner[0] != os.geteuid():
        os.chown(path, *owner)


def write_private(path: Path, text: str, owner: tuple[int, int] | None = None) -> None:
    """Write a file of mode 0600 that appears complete or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    if owner and owner[0] != os.geteuid():
        os.chown(draft, *owner)
    draft.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file; the kernel gives it back when its holder dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
