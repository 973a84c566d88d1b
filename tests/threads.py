"""Work side by side on connections of its own, as web processes and workers do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection

from tenants.models import Tenant

PATIENCE = 60.0


class Side:
    """A thread with its own connection in a tenant's schema; `run` returns at once."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.pool = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.submit(lambda: connection.close()).result(PATIENCE)
        self.pool.shutdown()

    def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        def inside() -> Any:
            connection.set_tenant(self.tenant)
            return work(*args, **kwargs)

        return self.pool.submit(inside)


def wait_for_a_lock() -> None:
    """Return once another connection waits for what this transaction holds; fails if none does."""
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise TimeoutError("Nobody waits.")


def database_url(name: str) -> str:
    """The database of this run for another process; its connections show under this name."""
    place = connection.settings_dict
    options = {"host": place["HOST"], "port": place["PORT"], "application_name": name}
    secret = f"{quote(place['USER'])}:{quote(place['PASSWORD'])}"
    return f"postgresql://{secret}@/{place['NAME']}?{urlencode(options)}"


def side_by_side(tenant: Tenant, works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at once, each on a connection of its own; returns or raises what they do."""
    start = Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        connection.set_tenant(tenant)
        try:
            start.wait(PATIENCE)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        futures = [pool.submit(one, work) for work in works]
        return [future.result(PATIENCE) for future in futures]
