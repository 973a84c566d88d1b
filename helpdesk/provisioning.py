"""Making a tenant complete: schema, tiers, calendar, address, administrator; all or nothing.

Everything happens in one transaction of the database, the schema and its tables included. Until
its commit nobody sees a domain or an address; whatever fails before, kill -9 and a power cut too,
leaves nothing behind, because PostgreSQL takes it all back. A migration that cannot run inside a
transaction (an index built CONCURRENTLY) must therefore be written so that it does not need to
while the table is new.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts import services as accounts
from accounts.models import User
from billing import provisioning as billing
from channels.contact_form.models import ContactForm
from forum import provisioning as forum
from sla import provisioning as sla
from sla.calendar_errors import CalendarError
from tenants.connection import connection
from tenants.models import NAME_LENGTH, Domain, Route, Tenant, without_extension

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
# RFC 1123 §2.1: labels of letters, digits and hyphens, 63 characters each.
HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}", re.A)


class ProvisioningError(ValueError):
    """A tenant like this cannot be made; the text says in one line why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for, checked and made clean."""

    slug: str
    name: str
    domain: str
    address: str
    admin_email: str
    admin_name: str
    state: str


def create_tenant(
    slug: str,
    *,
    name: str,
    domain: str,
    admin_email: str,
    admin_name: str = "",
    address: str = "",
    state: str = "NW",
) -> Tenant:
    """Create a tenant that is ready for work, and mail its first administrator an invitation.

    `address` is where its customers write, support@<domain> unless given; `state` the federal
    state whose public holidays count. Raises ProvisioningError for bad or taken input.
    """
    plan = _plan(slug, name, domain, admin_email, admin_name, address, state)
    previous = connection.tenant
    connection.set_schema_to_public()
    try:
        _refuse_taken(plan)
        with transaction.atomic():
            return _create(plan)
    except IntegrityError as error:
        # Somebody else took one of the names between the look and the commit.
        raise ProvisioningError(_taken_by(error)) from error
    finally:
        connection.set_tenant(previous)


def create_schema(tenant: Tenant) -> None:
    """Create the tenant's schema and its tables."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{tenant.schema_name}"')
    call_command(
        "migrate_schemas",
        tenant=True,
        schema_name=tenant.schema_name,
        interactive=False,
        verbosity=0,
    )
    connection.set_tenant(tenant)


def create_addresses(tenant: Tenant, plan: Plan) -> None:
    """Create the host and the mail address under which the tenant is reached."""
    Domain.objects.create(domain=plan.domain, tenant=tenant, is_primary=True)
    Route.objects.create(address=plan.address, tenant=tenant, name=plan.name, is_primary=True)


def invite_admin(plan: Plan) -> User:
    """Invite the first administrator; the mail leaves by the tenant's outbox."""
    return accounts.invite(plan.admin_email, name=plan.admin_name, role=User.Role.ADMIN)


def _create(plan: Plan) -> Tenant:
    tenant = Tenant(slug=plan.slug, name=plan.name)
    tenant.save()
    create_schema(tenant)
    sla.create_calendar(plan.state)
    billing.create_prices(sla.create_tiers())
    create_addresses(tenant, plan)
    ContactForm.switch_on()
    forum.create_categories()
    invite_admin(plan)
    return tenant


def _plan(
    slug: str,
    name: str,
    domain: str,
    admin_email: str,
    admin_name: str,
    address: str,
    state: str,
) -> Plan:
    domain = domain.strip().lower().rstrip(".").removeprefix("www.")
    plan = Plan(
        slug=slug.strip(),
        name=" ".join(name.split()),
        domain=domain,
        address=(address or f"support@{domain}").strip().lower(),
        admin_email=admin_email.strip().lower(),
        admin_name=" ".join(admin_name.split()),
        state=state.strip().upper(),
    )
    _refuse_invalid(plan)
    return plan


def _refuse_invalid(plan: Plan) -> None:
    if not SLUG.fullmatch(plan.slug):
        raise ProvisioningError(
            f"{plan.slug!r} is no slug: 1 to 40 small letters, digits and hyphens."
        )
    if not 0 < len(plan.name) <= NAME_LENGTH:
        raise ProvisioningError(f"The name must have 1 to {NAME_LENGTH} characters.")
    if not HOST.fullmatch(plan.domain):
        raise ProvisioningError(f"{plan.domain!r} is no host name.")
    for address in (plan.address, plan.admin_email):
        _refuse_bad_address(address)
    if without_extension(plan.address) != plan.address:
        raise ProvisioningError(f"{plan.address} has a +: what stands behind it is ours to use.")
    try:
        sla.office_hours(plan.state)
    except CalendarError as error:
        raise ProvisioningError(f"{plan.state!r} is no federal state: {error}") from error


def _refuse_bad_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise ProvisioningError(f"{address!r} is no e-mail address.") from error


def _refuse_taken(plan: Plan) -> None:
    if Tenant.objects.filter(slug=plan.slug).exists():
        raise ProvisioningError(f"There is already a tenant {plan.slug!r}.")
    if Domain.objects.filter(domain=plan.domain).exists():
        raise ProvisioningError(f"The domain {plan.domain} belongs to another tenant.")
    if Route.objects.for_address(plan.address).exists():
        raise ProvisioningError(f"The address {plan.address} belongs to another tenant.")


def _taken_by(error: IntegrityError) -> str:
    detail = str(error).partition("DETAIL:")[2].strip() or str(error)
    return f"Taken in this very moment: {' '.join(detail.split())}"
