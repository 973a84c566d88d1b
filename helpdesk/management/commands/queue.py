"""manage.py queue --tenant SLUG [--json]: who waits, in the order in which they are answered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.management.tenant_command import TenantCommand
from helpdesk.templatetags.moments import due_words
from sla.models import Promise
from tenants.models import Tenant
from tickets.models import Ticket

# Tickets read at a time: a long queue does not have to fit into memory.
PAGE = 500
# Columns of a pipe or a file, where there is no terminal to ask.
WIDE = 160
NARROWEST_SUBJECT = 20

Row = tuple[Ticket, Promise]


class Command(TenantCommand):
    help = "Print the queue of a tenant in its order."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON list instead of a table")

    def work(self, tenant: Tenant, options: dict[str, Any]) -> None:
        if options["json"]:
            found = [_as_json(*row) for row in rows()]
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(_table(tenant, list(rows()))))


def rows() -> Iterator[Row]:
    """The tickets of the queue, each with the promise that gives it its place."""
    queue = Ticket.objects.queued().for_list()
    page = queue.page(PAGE)
    while page:
        promises = {
            promise.ticket_id: promise
            for promise in Promise.objects.open().with_terms().filter(ticket__in=page)
        }
        yield from ((ticket, promises[ticket.pk]) for ticket in page if ticket.pk in promises)
        page = queue.page(PAGE, after=page[-1].queue_key)


def _as_json(ticket: Ticket, promise: Promise) -> dict[str, object]:
    """The facts of a row; the moment is local, ISO 8601 with its offset."""
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "tier": promise.tier.name,
        "guaranteed": promise.is_guaranteed,
        "priority": promise.priority,
        "due_at": localtime(promise.due_at).isoformat(),
        "escalated": promise.is_escalated,
        "organisation": ticket.organisation.name,
        "requester": ticket.requester.email,
        "channel": ticket.channel,
        "assignee": ticket.assignee.email if ticket.assignee else None,
    }


def _table(tenant: Tenant, found: Sequence[Row]) -> list[str]:
    title = ngettext("%(count)d ticket waits", "%(count)d tickets wait", len(found))
    lines = [f"{tenant.name}: {title % {'count': len(found)}}"]
    if not found:
        return lines
    heads = [
        "",
        _("Number"),
        _("Support level"),
        _("Due"),
        "",
        _("Subject"),
        _("Organisation"),
        _("Channel"),
        _("Assignee"),
    ]
    cells = [heads, *(_cells(*row) for row in found)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    subject = heads.index(_("Subject"))
    total = shutil.get_terminal_size((WIDE, 0)).columns
    spare = total - (sum(widths) - widths[subject]) - 2 * (len(widths) - 1)
    widths[subject] = min(widths[subject], max(spare, NARROWEST_SUBJECT))
    return [*lines, "", *(_line(row, widths) for row in cells)]


def _cells(ticket: Ticket, promise: Promise) -> list[str]:
    due = localtime(promise.due_at)
    return [
        "!" if promise.is_escalated else "",
        f"#{ticket.number}",
        promise.tier.name if promise.is_guaranteed else _("%s (target)") % promise.tier.name,
        f"{date_format(due, 'D')} {due:%d.%m. %H:%M}",
        due_words(promise.due_at),
        " ".join(ticket.subject.split()),
        ticket.organisation.name,
        str(ticket.get_channel_display()),
        str(ticket.assignee or "–"),
    ]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cut = (
        text if len(text) <= width else f"{text[: width - 1]}…"
        for text, width in zip(row, widths, strict=True)
    )
    return "  ".join(text.ljust(width) for text, width in zip(cut, widths, strict=True)).rstrip()
