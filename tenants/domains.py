"""The host names of a tenant: asked for, proven, chosen, given back."""

from __future__ import annotations

import re

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from tenants import domain_proof, public_changes
from tenants.domain_claims import DomainClaim
from tenants.domain_proof import Resolver, SystemResolver
from tenants.models import Domain, Tenant

MOST_CLAIMS = 10
# Seconds between two looks at the same claim.
PAUSE = 5
# Seconds after which a look that never said how it ended is taken for ended.
LOOK_LASTS = 60
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{4,253}}$)({_LABEL}\.)+(?=[a-z]){_LABEL}")


class DomainError(Exception):
    """A host name that cannot be had."""


class DomainTakenError(DomainError):
    """It is somebody's already."""


class TooManyClaimsError(DomainError):
    """Others have to be proven or given up first."""


class DomainInUseError(DomainError):
    """The tenant is reached by it: another one has to take its place first."""


def own_host(tenant: Tenant) -> str:
    """The host that the installation gave the tenant: what its own names are aliases of."""
    given = tenant.domains.filter(proven_at=None).order_by("pk")
    return str(given.values_list("domain", flat=True)[0])


def claim(tenant: Tenant, host: str) -> DomainClaim:
    """Ask for a host name; asking again finds the same claim with the same token.

    Raises DomainTakenError, TooManyClaimsError.
    """
    if Domain.objects.filter(domain=host).exists():
        raise DomainTakenError
    others = tenant.domain_claims.exclude(host=host)
    if others.count() >= MOST_CLAIMS:
        raise TooManyClaimsError
    found, _is_new = DomainClaim.objects.get_or_create(tenant=tenant, host=host)
    return found


def check(claim: DomainClaim, resolver: Resolver | None = None) -> Domain | None:
    """Look whether the claim is proven, and if so make it a domain; None leaves it waiting.

    The claim says what is missing (`result`). Asks the network: never call it in a transaction.
    A tenant looks at one claim at a time: a host that is slow on purpose holds up one thread.
    """
    if claim.checked_at and (now() - claim.checked_at).total_seconds() < PAUSE:
        return None
    key = f"domain-look:{claim.tenant_id}"
    if not cache.add(key, True, LOOK_LASTS):
        return None
    try:
        return _look(claim, resolver or SystemResolver())
    finally:
        cache.delete(key)


def _look(claim: DomainClaim, resolver: Resolver) -> Domain | None:
    given = claim.tenant.domains.filter(proven_at=None)
    own_hosts = set(given.values_list("domain", flat=True))
    DomainClaim.objects.filter(pk=claim.pk).update(checked_at=now())
    missing = domain_proof.look(claim, own_hosts, resolver)
    if missing is None:
        try:
            return _activate(claim)
        except IntegrityError:
            # Another tenant proved it in this moment, or this one twice.
            missing = DomainClaim.Result.TAKEN
    claim.result = missing
    DomainClaim.objects.filter(pk=claim.pk).update(result=missing)
    return None


@transaction.atomic
def choose_primary(tenant: Tenant, pk: int) -> Domain:
    """Lead everybody to this host from now on; raises Domain.DoesNotExist."""
    domains = _locked(tenant)
    chosen = domains.get(pk)
    if chosen is None:
        raise Domain.DoesNotExist
    tenant.domains.filter(is_primary=True).update(is_primary=False)
    tenant.domains.filter(pk=pk).update(is_primary=True)
    chosen.is_primary = True
    public_changes.touch()
    return chosen


@transaction.atomic
def remove(tenant: Tenant, pk: int) -> Domain:
    """Give a host back; raises Domain.DoesNotExist, DomainInUseError."""
    found = _locked(tenant).get(pk)
    if found is None:
        raise Domain.DoesNotExist
    if found.is_primary or found.proven_at is None:
        raise DomainInUseError
    tenant.domains.filter(pk=pk).delete()
    public_changes.touch()
    return found


@transaction.atomic
def _activate(claim: DomainClaim) -> Domain:
    found = Domain(domain=claim.host, tenant=claim.tenant, is_primary=False, proven_at=now())
    found.save(force_insert=True)
    DomainClaim.objects.filter(pk=claim.pk).delete()
    return found


def _locked(tenant: Tenant) -> dict[int, Domain]:
    """All of a tenant's hosts, always locked in the same order."""
    return {domain.pk: domain for domain in tenant.domains.select_for_update().order_by("pk")}
