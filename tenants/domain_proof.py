"""Whether a host name belongs to the tenant that asks for it.

Two proofs, both made by whoever rules over the name: its DNS entry is an alias (CNAME) of the
tenant's own host here, or the website that it leads to today holds a file with the tenant's token.
We never hold that file ourselves: a name that still leads to us, left over from another tenant,
must not be anybody's for the asking.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from threading import Timer
from time import monotonic
from typing import Any, Protocol, Self

import httpx
from django.conf import settings

from tenants.domain_claims import DomainClaim

PORTS = {"https": 443, "http": 80}
TIMEOUT = httpx.Timeout(5, connect=3)
# More than a token needs; what a website says instead is not read to its end.
LARGEST_ANSWER = 512
MOST_ADDRESSES = 4
# Seconds for all that a host answers in one look: a person waits for it, and so does the thread.
LONGEST_LOOK = 12.0

# RFC 6052 (NAT64) and RFC 4291 §2.5.5.1: the last four bytes are an IPv4 address.
TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))

Result = DomainClaim.Result


class Resolver(Protocol):
    """What the DNS says of a host; both are empty where it says nothing."""

    def names(self, host: str) -> set[str]:
        """The names that the host is an alias of."""

    def addresses(self, host: str) -> list[str]:
        """Where the host is reached."""


class SystemResolver:
    """The resolver of this machine."""

    def names(self, host: str) -> set[str]:
        try:
            # The dot at the end: no name of this machine's own network is meant.
            real, aliases, _addresses = socket.gethostbyname_ex(f"{host}.")
        except OSError:
            return set()
        return {name.lower().rstrip(".") for name in (real, *aliases)} - {host}

    def addresses(self, host: str) -> list[str]:
        try:
            found = socket.getaddrinfo(f"{host}.", None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def look(claim: DomainClaim, own_hosts: set[str], resolver: Resolver) -> DomainClaim.Result | None:
    """What speaks against the claim; None when it is proven. Asks the network: in no transaction.

    `own_hosts` are the names that the installation gave the tenant.
    """
    if resolver.names(claim.host) & own_hosts:
        return None
    addresses = resolver.addresses(claim.host)
    if not addresses:
        return Result.NOT_FOUND
    if not all(map(_may_be_asked, addresses)):
        return Result.PRIVATE
    until = monotonic() + LONGEST_LOOK
    if any(_has_token(claim, address, until) for address in addresses[:MOST_ADDRESSES]):
        return None
    return Result.ELSEWHERE


def _may_be_asked(address: str) -> bool:
    """An address given by a user may not lead into a private network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = _carried(found)
    # Python takes fec0::/10, the private networks of before, for public.
    is_old = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
    is_public = found.is_global and not found.is_multicast and not is_old
    return bool(settings.DOMAIN_CHECK_PRIVATE or is_public)


def _carried(
    address: ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that is reached by one of IPv6, where a gateway translates; else itself."""
    if any(address in network for network in TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _has_token(claim: DomainClaim, address: str, until: float) -> bool:
    return any(_answer(claim, address, scheme, until) == claim.token for scheme in PORTS)


def _answer(claim: DomainClaim, address: str, scheme: str, until: float) -> str:
    """What the host says at the address that was looked at, so that it cannot change meanwhile."""
    left = until - monotonic()
    if left <= 0:
        return ""
    at = f"[{address}]" if ":" in address else address
    url = f"{scheme}://{at}:{PORTS[scheme]}{claim.path}"
    with (
        suppress(httpx.HTTPError, httpx.InvalidURL),
        _CutOff(left) as cut_off,
        httpx.Client(timeout=TIMEOUT, trust_env=False) as client,
        client.stream(
            "GET",
            url,
            headers={"Host": claim.host, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": claim.host, "trace": cut_off.watch},
        ) as response,
    ):
        return _begin_of(response) if response.status_code == 200 else ""
    return ""


def _begin_of(response: httpx.Response) -> str:
    """The answer's text; empty for one that is too long."""
    said = b""
    for piece in response.iter_raw(LARGEST_ANSWER):
        said += piece
        if len(said) > LARGEST_ANSWER:
            return ""
    return said.decode("ascii", "replace").strip()


class _CutOff:
    """Ends a connection after some seconds, whatever it is at.

    The time limits of httpx are for one step each: a host that says a byte now and then, in its
    handshake or its headers, would keep us for days.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """What httpcore tells of its steps; the socket is ours too before anything is said."""
        if event == "connection.connect_tcp.complete":
            self._socket = info["return_value"].get_extra_info("socket").dup()
            self._timer.start()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
