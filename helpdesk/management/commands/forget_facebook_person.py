"""manage.py forget_facebook_person --tenant SLUG --ticket NUMBER: forget who wrote on Facebook."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from channels.facebook import erasure
from channels.models import FacebookPerson
from helpdesk.management.tenant_command import TenantCommand
from tenants.models import Tenant


class Command(TenantCommand):
    help = (
        "Forget the Facebook person who opened a ticket, as if they had asked for it at Facebook: "
        "name, identifiers, messages in both directions and files. The ticket's number, times and "
        "promise stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--ticket", type=int, required=True, metavar="NUMBER")

    def work(self, tenant: Tenant, options: dict[str, Any]) -> None:
        written = FacebookPerson.objects.filter(
            objects_known__message__ticket__number=options["ticket"]
        )
        people = list(written.distinct())
        if not people:
            words = _("Nobody from Facebook wrote in ticket #%(number)s.")
            raise CommandError(words % {"number": options["ticket"]})
        for person in people:
            erasure.erase_person(person)
        self.stdout.write(_("Deleted. Number, times and promise of the ticket stay."))
