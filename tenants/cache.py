"""The cache: Redis, and PostgreSQL for as long as Redis is away."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from tenants.circuit import circuit
from tenants.models import CacheEntry

logger = logging.getLogger(__name__)


class DurableCache(RedisCache):
    """Redis with short timeouts; each call that fails is made on the `fallback` cache instead.

    Rate limits live in the cache, so they must hold with Redis away too; and no request that
    stored something may fail because a cache did.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.setdefault("OPTIONS", {})
        options.setdefault("socket_connect_timeout", 0.5)
        options.setdefault("socket_timeout", 1)
        super().__init__(server, params)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._either("get", super().get, key, default, version)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._either("set", super().set, key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("add", super().add, key, value, *args, **kwargs))

    def touch(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("touch", super().touch, key, *args, **kwargs))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("delete", super().delete, key, version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._either("incr", super().incr, key, delta, version))

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return dict(self._either("get_many", super().get_many, keys, version))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._either("set_many", super().set_many, *args, **kwargs) or [])

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        self._either("delete_many", super().delete_many, keys, version)

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._either("has_key", super().has_key, key, version))

    def clear(self) -> None:
        """Empty the current tenant's part; Redis holds the others' too, and the queue."""
        own = self.make_key("")
        CacheEntry.objects.filter(cache_key__startswith=own).delete()
        with suppress(RedisError, OSError):
            client = self._cache.get_client(None, write=True)  # type: ignore[attr-defined]
            for key in client.scan_iter(match=f"{own}*", count=1000):
                client.delete(key)

    @staticmethod
    def _either(name: str, on_redis: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not circuit.is_open:
            try:
                return on_redis(*args, **kwargs)
            except (RedisError, OSError) as error:
                circuit.trip()
                logger.warning("Redis is away (%s): the cache's %s goes to PostgreSQL", error, name)
        return getattr(caches["fallback"], name)(*args, **kwargs)
