"""manage.py check_invoices [--tenant SLUG]: prove the books."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from billing import consistency
from tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Prove that invoice numbers have no gap, sums add up, stored PDFs are unchanged, and every "
        "organisation has the tier it booked. Exit code 1 while something is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="only this tenant, otherwise all")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.filter(status=Tenant.Status.READY).order_by("slug")
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(
                    _("There is no tenant “%(slug)s”.") % {"slug": options["tenant"]}
                )
        if wrong := sum(self._check(tenant) for tenant in tenants):
            raise CommandError(_("%(count)d findings.") % {"count": wrong})
        self.stdout.write(_("Everything is as it should be."))

    def _check(self, tenant: Tenant) -> int:
        count = 0
        with tenant_context(tenant):
            for one in consistency.findings():
                count += 1
                place = f"{tenant.slug} {one.about}"
                self.stdout.write(f"{place}: {one.what}: {one.stored} → {one.expected}")
        return count
