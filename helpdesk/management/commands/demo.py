"""manage.py demo: two plausible tenants, and a queue that is alive at any hour."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django_tenants.utils import schema_context

from helpdesk.demo import load, welcome_text
from tenants.models import Tenant, Wakeup


class Command(BaseCommand):
    help = "Load the demo data, or refresh its queue when it has gone stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="drop both tenants first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["fresh"]:
            self.drop()
        touched = load.load()
        for slug in touched:
            self.stdout.write(f"Demo data of {slug} is there.")
        if options["verbosity"] > 1:
            self.stdout.write(welcome_text())

    def drop(self) -> None:
        """Remove the demo's two tenants and everything they hold; no other tenant is touched."""
        slugs = [house.slug for house, *_ in load.HOUSES]
        with schema_context("public"):
            for tenant in Tenant.objects.filter(slug__in=slugs):
                with connection.cursor() as cursor:
                    name = connection.ops.quote_name(tenant.schema_name)
                    cursor.execute(f"DROP SCHEMA {name} CASCADE")
                Wakeup.objects.filter(schema_name=tenant.schema_name).delete()
                tenant.delete()
