"""How often something may happen in a span of time: per person, per place, per tenant.

Counted in the cache, which goes on in PostgreSQL while Redis is away and keeps each tenant's keys
apart. A cache that fails in any other way counts nothing: nobody is refused for it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def allowed(key: str, per: int, seconds: int) -> bool:
    """Count one more under this key; False once there were more than `per` in this span."""
    return count(key, seconds) <= per


def count(key: str, seconds: int) -> int:
    """Count one more; returns how many there were in this span, this one included.

    `key` may hold anything that somebody typed: it is hashed. With the cache away it is 1.
    """
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    counter = f"limit.{digest}.{int(time.time()) // seconds}"
    try:
        cache.add(counter, 0, seconds)
        return cache.incr(counter)
    except ValueError:
        # It expired, or was dropped, between the two.
        return 1
    except Exception:
        # Whatever a cache may raise: its trouble is not the visitor's.
        logger.exception("A limit could not be counted")
        return 1


def wait(seconds: int) -> int:
    """Seconds until the span of such a limit ends."""
    return seconds - int(time.time()) % seconds


def place(request: HttpRequest) -> str:
    """Where a request comes from: its address, or the network of an IPv6 one (RFC 6177).

    A socket for both kinds shows an IPv4 address inside an IPv6 one: all of those share a network.
    """
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied, ImproperlyConfigured):
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
