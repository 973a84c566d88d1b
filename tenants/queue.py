"""The way from a committed row to the task that works on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from celery import current_app
from celery.exceptions import Reject
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from tenant_schemas_celery.task import TenantTask as BaseTenantTask

from tenants import live
from tenants.circuit import circuit
from tenants.connection import connection
from tenants.models import Tenant

logger = logging.getLogger(__name__)

# Enough to keep answering while Redis is away; what is beyond waits in line in this process,
# and what dies with the process is found by the sweep.
_stand_in = ThreadPoolExecutor(max_workers=2, thread_name_prefix="stand-in")


# Seconds after which a task that was sent and never began is sent again.
SENT_AGAIN_AFTER = 15


class WrongSchemaError(RuntimeError):
    """A task would have run in another schema than the one it was sent for."""


class TenantTask(BaseTenantTask):  # type: ignore[misc]  # the package is untyped
    """The base of every task that works for one tenant.

    tenant-schemas-celery only logs when it cannot switch, and would run the body in `public`;
    here such a run is refused. A task for a tenant that is gone or suspended is dropped.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        wanted = (self.request.headers or {}).get("_schema_name") or self.request.get(
            "_schema_name"
        )
        if wanted is None or wanted == "public":
            raise Reject(f"{self.name} needs a tenant.", requeue=False)
        if _ready_tenant(wanted) is None:
            logger.warning("%s dropped: tenant %s is gone or suspended", self.name, wanted)
            return None
        if connection.schema_name != wanted:
            raise WrongSchemaError(f"{self.name} for {wanted} ran in {connection.schema_name}.")
        return super().__call__(*args, **kwargs)


def enqueue(task: str, *args: object, expires: float | None = None) -> None:
    """Run a task for the current tenant once this transaction has committed.

    With Redis away the process that stored the work does it itself; a sweep finds what gets lost.
    After `expires` seconds in the queue it is dropped unrun.
    """
    publish = partial(_publish, task, args, connection.schema_name, expires)
    transaction.on_commit(publish, robust=True)


def enqueue_once(task: str, *args: object) -> None:
    """As `enqueue`, unless the same task of the tenant was sent and has not begun (`begun`).

    For a task that works on all that is committed: whoever finds one on its way need send none.
    """
    publish = partial(_publish_once, task, args, connection.schema_name)
    transaction.on_commit(publish, robust=True)


def begun(task: str, *args: object) -> None:
    """A task that was sent by `enqueue_once` says: what is committed from now on needs another."""
    if circuit.is_open:
        return
    try:
        live.client().delete(_mark(task, args, connection.schema_name))
    except (RedisError, OSError):
        circuit.trip()


def abandon() -> None:
    """Leave what waits in line in this process to the sweep, so that the process can end."""
    _stand_in.shutdown(wait=False, cancel_futures=True)


def _publish_once(task: str, args: tuple[object, ...], schema: str) -> None:
    if not circuit.is_open:
        mark = _mark(task, args, schema)
        try:
            if not live.client().set(mark, 1, nx=True, ex=SENT_AGAIN_AFTER):
                return
        except (RedisError, OSError):
            circuit.trip()
    _publish(task, args, schema, None)


def _mark(task: str, args: tuple[object, ...], schema: str) -> str:
    return f"sent:{schema}:{task}:{','.join(map(str, args))}"


def _publish(task: str, args: tuple[object, ...], schema: str, expires: float | None) -> None:
    if not circuit.is_open:
        try:
            current_app.send_task(
                task, args, headers={"_schema_name": schema}, expires=expires, retry=False
            )
        except (BrokerError, RedisError, OSError):
            circuit.trip()
            logger.warning("Redis is away: %s runs in this process", task)
        else:
            return
    _stand_in.submit(_run_here, task, args, schema)


def _run_here(task: str, args: tuple[object, ...], schema: str) -> None:
    """Do a task's work in a thread of this process, in its tenant; its row stays for the sweep."""
    current_app.loader.import_default_modules()
    run: Callable[..., object] = current_app.tasks[task].run
    connection.set_schema(schema)
    try:
        tenant = _ready_tenant(schema)
        if tenant is not None:
            connection.set_tenant(tenant)
            run(*args)
    except Exception:
        # The outermost loop of a stand-in worker.
        logger.exception("%s failed", task)
    finally:
        connection.set_schema_to_public()
        connection.close()


def _ready_tenant(schema: str) -> Tenant | None:
    return Tenant.objects.filter(schema_name=schema, status=Tenant.Status.READY).first()
