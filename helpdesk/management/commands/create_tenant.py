"""manage.py create_tenant SLUG: a complete tenant, or nothing and one line that says why."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import tenant_context

from accounts import invitations
from accounts.models import User
from helpdesk.provisioning import ProvisioningError, create_tenant


class Command(BaseCommand):
    help = (
        "Create a tenant: schema, tiers, calendar, mail address and an administrator's invitation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="short name, e.g. billbee")
        parser.add_argument("--name", required=True, help="the company's name")
        parser.add_argument("--domain", required=True, help="host of its portal and desk")
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="who is invited")
        parser.add_argument("--admin-name", default="", help="the administrator's name")
        parser.add_argument("--address", default="", help="default: support@<domain>")
        parser.add_argument("--state", default="NW", help="federal state, for public holidays")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            tenant = create_tenant(
                options["slug"],
                name=options["name"],
                domain=options["domain"],
                admin_email=options["admin"],
                admin_name=options["admin_name"],
                address=options["address"],
                state=options["state"],
            )
        except ProvisioningError as error:
            raise CommandError(str(error)) from error
        seconds = time.monotonic() - started
        with tenant_context(tenant):
            admin = User.objects.get(role=User.Role.ADMIN)
            link = tenant.url(invitations.path(admin))
        self.stdout.write(f"{tenant.name} is ready after {seconds:.1f} s: {tenant.url('/')}")
        self.stdout.write(f"{admin.email} accepts the invitation at {link}")
