"""manage.py connect_facebook_page --tenant SLUG --token TOKEN: connect a page without the dialog.

The token is checked with Meta first. Without `--token` it is read from standard input: so it
stands in no history of commands.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from channels.facebook import connecting
from channels.facebook.errors import FacebookError
from helpdesk.management.tenant_command import TenantCommand
from tenants.models import Tenant


class Command(TenantCommand):
    help = "Connect a Facebook page to a tenant, with a token of the page."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--token", default="", help="the page's token; else it is read")

    def work(self, tenant: Tenant, options: dict[str, Any]) -> None:
        token: str = options["token"]
        try:
            page = connecting.connect(token.strip() or sys.stdin.readline().strip())
        except connecting.ForeignPageError as error:
            raise CommandError(_("Another tenant has this page.")) from error
        except (connecting.NotAPageTokenError, connecting.PermissionMissingError) as error:
            words = _("The token cannot be used: %(reason)s")
            raise CommandError(words % {"reason": error}) from error
        except FacebookError as error:
            raise CommandError(_("Facebook: %(reason)s") % {"reason": error}) from error
        words = _("%(page)s is connected to %(tenant)s.")
        self.stdout.write(words % {"page": page, "tenant": tenant.name})
