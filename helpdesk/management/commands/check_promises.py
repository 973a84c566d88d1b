"""manage.py check_promises [--tenant SLUG] [--repair]: prove that nothing will be found late."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from sla import consistency
from tenants.models import Tenant


class Command(BaseCommand):
    help = (
        "Compare each open promise's next check, its ticket's place in the queue and the tenant's "
        "wakeup with what follows from the promises. Exit code 1 while something is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="only this tenant, otherwise all")
        parser.add_argument("--repair", action="store_true", help="put right what is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.filter(status=Tenant.Status.READY).order_by("slug")
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(
                    _("There is no tenant “%(slug)s”.") % {"slug": options["tenant"]}
                )
        by_slug = tenants.order_by("slug")
        wrong = sum(self._check(tenant, repair=options["repair"]) for tenant in by_slug)
        if wrong and not options["repair"]:
            raise CommandError(
                _("%(count)d findings; --repair puts them right.") % {"count": wrong}
            )
        said = _("%(count)d findings put right.") if wrong else _("Everything is as it should be.")
        self.stdout.write(said % {"count": wrong})

    def _check(self, tenant: Tenant, *, repair: bool) -> int:
        with tenant_context(tenant):
            moment = now()
            look = consistency.repair if repair else consistency.findings
            found = list(look(moment))
        for one in found:
            place = f"{tenant.slug} #{one.ticket}" if one.ticket else tenant.slug
            self.stdout.write(f"{place}: {one.what}: {one.stored} → {one.expected}")
        return len(found)
