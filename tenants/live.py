"""Telling open pages that something changed: a hint, never the data itself."""

from __future__ import annotations

import json
import logging
from functools import partial

import redis
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from tenants.circuit import circuit
from tenants.connection import connection

logger = logging.getLogger(__name__)

_client: redis.Redis | None = None


def channel(schema: str) -> str:
    """The Redis channel of one tenant; the live process subscribes to exactly this one."""
    return f"t:{schema}"


def announce(topic: str, number: int | None = None) -> None:
    """Once this transaction has committed, tell the tenant's open pages to look again.

    `topic` is "queue", "ticket" or "notices". With Redis away nobody is told: the pages poll.
    """
    hint = json.dumps({"topic": topic, "number": number})
    transaction.on_commit(partial(_publish, connection.schema_name, hint), robust=True)


def _publish(schema: str, hint: str) -> None:
    global _client
    if circuit.is_open:
        return
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1
        )
    try:
        _client.publish(channel(schema), hint)
    except (RedisError, OSError):
        circuit.trip()
        logger.debug("Redis is away: nobody is told of %s", hint)
