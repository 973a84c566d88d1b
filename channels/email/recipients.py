"""Whose an envelope recipient is: the addresses at which the tenants take mail."""

from __future__ import annotations

from collections.abc import Iterable

from tenants.models import Route, Tenant

LONGEST_ADDRESS = 320  # RFC 5321 §4.5.3.1: 64 octets, the @, and a domain of 255


def schema_of(address: str) -> str | None:
    """The schema of the tenant who takes mail for this address, else None.

    Any +extension is left out, so a ticket's signed address and a message's bounce address lead to
    their mailbox. A suspended tenant takes no mail.
    """
    address = address.strip()
    if "@" not in address or len(address) > LONGEST_ADDRESS or not address.isprintable():
        return None
    owners = Route.objects.for_address(address).filter(tenant__status=Tenant.Status.READY)
    return owners.values_list("tenant__schema_name", flat=True).first()


def by_schema(addresses: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Sort addresses by their tenant's schema; those that nobody here has come second."""
    found: dict[str, list[str]] = {}
    unknown: list[str] = []
    for address in dict.fromkeys(addresses):
        schema = schema_of(address)
        if schema is None:
            unknown.append(address)
        else:
            found.setdefault(schema, []).append(address)
    return found, unknown
