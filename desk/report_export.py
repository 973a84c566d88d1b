"""The promises behind a report as CSV, for a spreadsheet: streamed, however many they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import get_language, gettext, override
from django_tenants.utils import tenant_context

from desk.report_lists import agent_of, for_list, outcome_of
from sla import report_times
from sla.models import CalendarVersion, Promise
from sla.report import Filters, promises
from tenants.models import Tenant
from tickets.models import Channel

BATCH = 2000
# What spreadsheets take for a formula, full-width signs too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# For spreadsheets: what follows is UTF-8.
MARK = "\ufeff"


def lines(filters: Filters, at: datetime) -> Iterator[str]:
    """The file in pieces, oldest promise first.

    It is written when the request's middleware is through, so it enters the tenant by itself.
    """
    tenant, language = Tenant.current(), get_language()
    with tenant_context(tenant), override(language):
        head = MARK + _line(_columns())
    yield head
    last: Promise | None = None
    while True:
        with tenant_context(tenant), override(language):
            found = _batch(filters, at, last)
            written = "".join(_line(cells) for cells in _rows(found, filters.period.zone))
        yield written
        if len(found) < BATCH:
            return
        last = found[-1]


def safe(text: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    written = str(text)
    return f"'{written}" if written.startswith(FORMULA) else written


def _batch(filters: Filters, at: datetime, last: Promise | None) -> list[Promise]:
    found = for_list(promises(filters, at)).annotate(since=report_times.waited_since())
    if last is not None:
        later = Q(started_at__gt=last.started_at) | Q(started_at=last.started_at, pk__gt=last.pk)
        found = found.filter(later, started_at__gte=last.started_at)
    return list(found.order_by("started_at", "pk")[:BATCH])


def _columns() -> list[str]:
    return [
        gettext("Number"),
        gettext("Subject"),
        gettext("Customer account"),
        gettext("Support level"),
        gettext("Guaranteed"),
        gettext("Kind"),
        gettext("Reason"),
        gettext("Channel"),
        gettext("Team"),
        gettext("Agent"),
        gettext("Began"),
        gettext("Due"),
        gettext("Answered"),
        gettext("Accepted"),
        gettext("Broken at"),
        gettext("Outcome"),
        gettext("Business minutes"),
    ]


def _rows(found: Iterable[Promise], zone: ZoneInfo) -> Iterator[list[object]]:
    versions = CalendarVersion.objects.in_bulk({one.calendar_version_id for one in found})
    for promise in found:
        ticket = promise.ticket
        moments = (
            promise.started_at,
            promise.due_at,
            promise.answered_at,
            promise.accepted_at,
            promise.breached_at,
        )
        yield [
            ticket.number,
            ticket.subject,
            ticket.organisation.name,
            promise.tier.name,
            gettext("yes") if promise.is_guaranteed else gettext("no"),
            promise.get_kind_display(),
            promise.get_reason_display(),
            Channel(ticket.channel).label,
            ticket.team.name if ticket.team else "",
            agent_of(promise) or "",
            *(at.astimezone(zone).isoformat(timespec="seconds") if at else "" for at in moments),
            outcome_of(promise).label,
            _minutes(promise, versions[promise.calendar_version_id]),
        ]


def _minutes(promise: Promise, version: CalendarVersion) -> int | str:
    if promise.answered_at is None:
        return ""
    since: datetime = promise.since  # type: ignore[attr-defined]  # an annotation
    return report_times.minutes(version.hours, since, promise.answered_at)


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(safe(one) for one in cells)
    return written.getvalue()
