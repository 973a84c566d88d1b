"""What all tenants share: who they are, which address leads to whom, and when to look at them."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now

from tenants.branding import Branding
from tenants.connection import connection
from tenants.domain_claims import DomainClaim

if TYPE_CHECKING:
    from datetime import datetime

    # The package is untyped; to mypy both are plain models.
    from django.db.models import Model as DomainMixin
    from django.db.models import Model as TenantMixin
else:
    from django_tenants.models import DomainMixin, TenantMixin

__all__ = [
    "NAME_LENGTH",
    "Branding",
    "CacheEntry",
    "Domain",
    "DomainClaim",
    "Route",
    "Tenant",
    "Unrouted",
    "Wakeup",
    "Withdrawal",
    "new_schema_name",
    "without_extension",
]

NAME_LENGTH = 120


def new_schema_name() -> str:
    """A random name: never derived from anything a person typed."""
    letters = string.ascii_lowercase + string.digits
    return "t_" + "".join(secrets.choice(letters) for _ in range(12))


class Tenant(TenantMixin):
    """A company that runs its customer support here; all it has lives in its own schema."""

    class Status(models.TextChoices):
        READY = "ready"
        SUSPENDED = "suspended"

    schema_name = models.CharField(
        max_length=63,
        unique=True,
        default=new_schema_name,
        validators=[RegexValidator(r"^(public|t_[a-z0-9]{8,20})$")],
    )
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=NAME_LENGTH)
    status = models.CharField(max_length=12, choices=Status, default=Status.READY)
    created_at = models.DateTimeField(default=now)
    # Counts the changes of what strangers can read (tenants.public_changes).
    public_version = models.BigIntegerField(default=1, db_default=1)

    # Under which host the request came (tenants.middleware).
    is_at_primary_host = True

    # `create_tenant` makes the schema itself, outside any request and all or nothing.
    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name

    @property
    def brand(self) -> Branding:
        """How its portal looks; without a row, as the product itself does."""
        try:
            return self.branding
        except Branding.DoesNotExist:
            return Branding(tenant=self)

    @property
    def portal_name(self) -> str:
        """What its portal is called, where there is no request to ask."""
        return self.brand.name or self.name

    @property
    def host(self) -> str:
        """The primary domain, without a port."""
        return str(self.domains.filter(is_primary=True).values_list("domain", flat=True).get())

    @classmethod
    def current(cls) -> Tenant:
        """The tenant whose schema is the current one; raises DoesNotExist in `public`."""
        tenant = connection.tenant
        # `schema_context` leaves only the schema's name behind.
        return (
            tenant
            if isinstance(tenant, cls)
            else cls.objects.get(schema_name=connection.schema_name)
        )

    def url(self, path: str) -> str:
        """The address of a path on the tenant's host, for where there is no request to ask."""
        if settings.HTTPS:
            return f"https://{self.host}{path}"
        port = "" if settings.PORT == 80 else f":{settings.PORT}"
        return f"http://{self.host}{port}{path}"

    @property
    def mailbox(self) -> str:
        """The address that mail without a ticket leaves from."""
        routes = self.routes.filter(kind=Route.Kind.EMAIL).order_by("-is_primary", "pk")
        return str(routes.values_list("address", flat=True)[:1].get())


class Domain(DomainMixin):
    """A host name under which a tenant's portal and desk are reached."""

    if TYPE_CHECKING:
        domain = models.CharField(max_length=253, unique=True)
        tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="domains")
        is_primary = models.BooleanField(default=True)

    # When the tenant proved that the host is its own; empty for what the installation gave it.
    proven_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(is_primary=True),
                name="domain_one_primary",
            )
        ]


class RouteQuerySet(models.QuerySet["Route"]):
    def for_address(self, address: str) -> RouteQuerySet:
        """The routes of a mail address, any +extension of its local part left out."""
        return self.filter(kind=Route.Kind.EMAIL, address=without_extension(address))


class Route(models.Model):
    """Which tenant owns a mail address; unique over all tenants."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        FACEBOOK_PAGE = "facebook_page"

    kind = models.CharField(max_length=16, choices=Kind, default=Kind.EMAIL)
    address = models.CharField(max_length=254)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="routes")
    name = models.CharField(max_length=120, blank=True)
    is_primary = models.BooleanField(default=False)

    objects = RouteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("address"), "kind", name="route_address_unique"),
            models.UniqueConstraint(
                fields=["tenant", "kind"],
                condition=models.Q(is_primary=True),
                name="route_one_primary",
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def save(self, *args: object, **kwargs: object) -> None:
        if self.kind == self.Kind.EMAIL:
            self.address = self.address.lower()
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through unchanged


class Wakeup(models.Model):
    """The moment at which a sweep must next look at a tenant, one row per kind of work.

    Writers only ever lower `next_at`, as the last statement of their transaction; only the
    sweep raises it (DESIGN §6).
    """

    class Kind(models.TextChoices):
        PROMISES = "promises"
        INBOX = "inbox"
        OUTBOX = "outbox"
        BILLING = "billing"

    schema_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=10, choices=Kind)
    next_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "kind"], name="wakeup_unique")
        ]
        indexes = [models.Index(fields=["kind", "next_at"], name="wakeup_next")]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.kind}"


class UnroutedQuerySet(models.QuerySet["Unrouted"]):
    def routed(self) -> UnroutedQuerySet:
        """What has found an owner since."""
        owners = Route.objects.filter(
            kind=models.OuterRef("kind"), address=models.OuterRef("address")
        )
        return self.filter(models.Exists(owners))

    def forget_before(self, moment: datetime) -> None:
        """Give up what came before a moment (aware)."""
        self.filter(received_at__lt=moment).delete()


class Unrouted(models.Model):
    """What arrived for an address that nobody owns yet, as it came; its owner takes it in."""

    kind = models.CharField(max_length=16, choices=Route.Kind)
    # Empty where the content does not say whom it is for.
    address = models.CharField(max_length=254, blank=True)
    sha256 = models.CharField(max_length=64)
    raw = models.BinaryField()
    received_at = models.DateTimeField(default=now)

    objects = UnroutedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "address", "sha256"], name="unrouted_once")
        ]
        indexes = [models.Index(fields=["received_at"], name="unrouted_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.address} {self.sha256[:12]}"


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    def waiting(self) -> WithdrawalQuerySet:
        """What is still to be done, the longest waiting first."""
        return self.filter(done_at=None).order_by("asked_at", "pk")


def new_confirmation_code() -> str:
    """What somebody asks with how their request stands: not to be guessed, and easy to copy."""
    letters = string.ascii_uppercase + string.digits
    return "".join(secrets.choice(letters) for _ in range(20))


class Withdrawal(models.Model):
    """What a person asked for where no tenant is named: to be forgotten, or left alone."""

    class Kind(models.TextChoices):
        DELETION = "deletion"
        DEAUTHORISATION = "deauthorisation"

    kind = models.CharField(max_length=16, choices=Kind)
    code = models.CharField(max_length=20, unique=True, default=new_confirmation_code)
    # Who, by the id that our app alone knows them under; empty once it is done.
    subject = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField()
    # The schema that was looked through last, in their order.
    reached = models.CharField(max_length=63, blank=True)
    has_found = models.BooleanField(default=False)
    has_failed = models.BooleanField(default=False)
    done_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(done_at=None),
                name="withdrawal_once_while_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class CacheEntry(models.Model):
    """What the cache keeps while Redis is away; the table of Django's DatabaseCache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "tenants_cache"

    def __str__(self) -> str:
        return self.cache_key


def without_extension(address: str) -> str:
    """`Support+t7.abc@Example.org` → `support@example.org` (RFC 5233 subaddressing)."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
