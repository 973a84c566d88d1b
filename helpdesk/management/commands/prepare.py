"""manage.py prepare: everything that must be done once before the services of a release start."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from helpdesk import prepare


class Command(BaseCommand):
    help = "Compile translations, collect static files, migrate every schema, load the demo."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo data again")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            migrated = prepare.everything(is_demo=options["demo"])
        except prepare.PrepareError as error:
            raise CommandError(str(error)) from error
        for schema in migrated:
            self.stdout.write(f"Migrated {schema}.")
