"""What the operator's commands about one tenant have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from tenants.models import Tenant


class TenantCommand(BaseCommand, ABC):
    """A command that works inside the schema of `--tenant SLUG`."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="the tenant's slug")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["tenant"]
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            raise CommandError(_("There is no tenant “%(slug)s”.") % {"slug": slug})
        with tenant_context(tenant):
            self.work(tenant, options)

    @abstractmethod
    def work(self, tenant: Tenant, options: dict[str, Any]) -> None:
        """Do the command's work; the tenant's schema is the current one."""
