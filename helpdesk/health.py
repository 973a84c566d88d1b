"""python -m helpdesk.health NAME: exit with 0 when that process on this machine does its work."""

from __future__ import annotations

import os
import smtplib
import socket
import sys
from collections.abc import Callable
from http.client import HTTPConnection

from django.conf import settings
from redis import Redis

from helpdesk import celery_app
from helpdesk.processes import own_host

TIMEOUT = 5.0  # seconds for each answer


def is_web_well() -> bool:
    return _answers(settings.PORT, "/health/")


def is_live_well() -> bool:
    return _answers(settings.LIVE_PORT, "/health")


def is_smtp_well() -> bool:
    with smtplib.SMTP(own_host(), settings.SMTP_PORT, timeout=TIMEOUT) as door:
        return door.noop()[0] == 250


def is_worker_well() -> bool:
    return _is_consuming("default")


def is_sweep_well() -> bool:
    return _is_consuming("sweep")


def is_beat_well() -> bool:
    """Beat answers nobody; when its process ends so does its container. It needs Redis."""
    with Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT) as client:
        return bool(client.ping())


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection(own_host(), port, timeout=TIMEOUT)
    connection.request("GET", path)
    return connection.getresponse().status == 200


def _is_consuming(name: str) -> bool:
    """Whether the worker of this name on this machine answers through the broker."""
    node = f"{name}@{socket.gethostname()}"
    return bool(celery_app.control.ping(destination=[node], timeout=TIMEOUT))


CHECKS: dict[str, Callable[[], bool]] = {
    "web": is_web_well,
    "live": is_live_well,
    "smtp": is_smtp_well,
    "worker": is_worker_well,
    "sweep": is_sweep_well,
    "beat": is_beat_well,
}


def main(name: str) -> int:
    try:
        is_well = CHECKS[name]()
    except Exception as error:  # noqa: BLE001 (whatever goes wrong, it is not well)
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0 if is_well else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    sys.exit(main(sys.argv[1]))
