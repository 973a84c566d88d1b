"""Telling open pages that something changed: a hint, never the data itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

import redis
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from tenants.circuit import circuit
from tenants.connection import connection

logger = logging.getLogger(__name__)

_client: redis.Redis | None = None
# What is told when the group of acts that is running in this thread has ended; None: at once.
_gathered: ContextVar[dict[tuple[str, str], None] | None] = ContextVar("gathered", default=None)


def channel(schema: str) -> str:
    """The Redis channel of one tenant; the live process subscribes to exactly this one."""
    return f"t:{schema}"


def announce(topic: str, number: int | None = None) -> None:
    """Once this transaction has committed, tell the tenant's open pages to look again.

    `topic` is "queue", "ticket" or "notices". With Redis away nobody is told: the pages poll.
    """
    hint = json.dumps({"topic": topic, "number": number})
    transaction.on_commit(partial(_publish, connection.schema_name, hint), robust=True)


@contextmanager
def gathered() -> Iterator[None]:
    """Tell each thing once for all acts in here, when the last one has ended or failed."""
    hints: dict[tuple[str, str], None] = {}
    token = _gathered.set(hints)
    try:
        yield
    finally:
        _gathered.reset(token)
        _tell(list(hints))


def client() -> redis.Redis:
    """This process's connection to Redis; what goes wrong is the caller's to catch."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1
        )
    return _client


def _publish(schema: str, hint: str) -> None:
    hints = _gathered.get()
    if hints is None:
        _tell([(schema, hint)])
    else:
        hints[schema, hint] = None


def _tell(hints: list[tuple[str, str]]) -> None:
    if circuit.is_open or not hints:
        return
    try:
        with client().pipeline(transaction=False) as together:
            for schema, hint in hints:
                together.publish(channel(schema), hint)
            together.execute()
    except (RedisError, OSError):
        circuit.trip()
        logger.debug("Redis is away: nobody is told of %s", hints)
