"""How much may come by the contact form: per address, per place it comes from, per tenant.

Counted in the cache, which goes on in PostgreSQL while Redis is away. A cache that fails in any
other way counts nothing: a form is never refused for it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so many seconds; beyond `flood` times as many, nothing is read any more."""

    name: str
    most: int
    seconds: int
    flood: int = 3

    def count(self, value: str) -> int:
        """Count one more; returns how many there were in this span, this one included."""
        digest = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]
        key = f"contact_form.{self.name}.{digest}.{int(time.time()) // self.seconds}"
        cache.add(key, 0, self.seconds)
        try:
            return cache.incr(key)
        except ValueError:
            # It expired, or was dropped, between the two.
            return 1

    @property
    def wait(self) -> int:
        """Seconds until the span ends."""
        return self.seconds - int(time.time()) % self.seconds


PER_PLACE = Limit("place", most=30, seconds=600)
PER_TENANT = Limit("tenant", most=60, seconds=60)
PER_ADDRESS = Limit("address", most=10, seconds=3600)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Too much came; `wait` is in seconds. With a flood, not even the text is read."""

    wait: int
    is_flood: bool

    @property
    def minutes(self) -> int:
        return max(1, round(self.wait / 60))


def at_the_door(request: HttpRequest) -> Refusal | None:
    """Count a form before its body is read; None when it may come in.

    What one place sends too much of does not count for the tenant: it takes no other's turn.
    """
    return _over(PER_PLACE, _place(request)) or _over(PER_TENANT, "all")


def of_address(address: str) -> Refusal | None:
    """Count a form by the address that its sender gives, however it is spelt."""
    return _over(PER_ADDRESS, _mailbox(address))


def _over(limit: Limit, value: str) -> Refusal | None:
    count = limit.count(value)
    if count <= limit.most:
        return None
    return Refusal(limit.wait, is_flood=count > limit.flood * limit.most)


def _mailbox(address: str) -> str:
    """The mailbox that an address probably leads to: many take dots and "+anything" as nothing.

    Only to count by: two people who share a count for an hour lose nothing by it.
    """
    local, _at, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _place(request: HttpRequest) -> str:
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
