"""The promises behind a report as CSV, for a spreadsheet: streamed, however many they are."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import get_language, gettext, override
from django_tenants.utils import tenant_context

from accounts.models import User
from sla import report_times
from sla.models import CalendarVersion, Promise
from sla.report import AGENT, Filters, Outcome, promises
from tenants.models import Tenant
from tickets.models import Channel

BATCH = 2000
# What spreadsheets take for a formula, full-width signs too.
# Behind a separator as well: some are set to another one than ours.
SIGN = "[=+\\-@＝＋－＠]"
FORMULA = re.compile(rf"\A(?=\s*{SIGN}|[\t\r\n])|(?<=.)[,;\t\r\n]\s*(?={SIGN})", re.DOTALL)
VALUES = (
    "pk",
    "ticket__number",
    "ticket__subject",
    "ticket__organisation__name",
    "tier__name",
    "is_guaranteed",
    "kind",
    "reason",
    "ticket__channel",
    "ticket__team__name",
    "answered_by",
    "started_at",
    "due_at",
    "answered_at",
    "accepted_at",
    "breached_at",
    "outcome",
    "calendar_version_id",
    "since",
)
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
    last = None
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
    seen = [char for char in str(text) if char.isspace() or unicodedata.category(char)[0] != "C"]
    return FORMULA.sub(_as_text, "".join(seen))


def _as_text(found: re.Match[str]) -> str:
    return f"{found[0]}'"


def _batch(filters: Filters, at: datetime, last: Any) -> list[Any]:
    """Rows of plain values: a year's promises as objects would take minutes."""
    found = promises(filters, at)
    found = found.annotate(since=report_times.waited_since(), answered_by=AGENT)
    if last is not None:
        later = Q(started_at__gt=last.started_at) | Q(started_at=last.started_at, pk__gt=last.pk)
        found = found.filter(later, started_at__gte=last.started_at)
    rows = found.order_by("started_at", "pk").values_list(*VALUES, named=True)
    return list(rows[:BATCH])


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


def _rows(found: list[Any], zone: ZoneInfo) -> Iterator[list[object]]:
    versions = CalendarVersion.objects.in_bulk({row.calendar_version_id for row in found})
    people = User.objects.get_queryset().in_bulk({row.answered_by for row in found} - {None})
    labels = [
        {value: str(label) for value, label in choices.choices}
        for choices in (Promise.Kind, Promise.Reason, Channel, Outcome)
    ]
    kinds, reasons, channels, outcomes = labels
    yes_or_no = {True: gettext("yes"), False: gettext("no")}
    for row in found:
        moments = (row.started_at, row.due_at, row.answered_at, row.accepted_at, row.breached_at)
        yield [
            row.ticket__number,
            row.ticket__subject,
            row.ticket__organisation__name,
            row.tier__name,
            yes_or_no[row.is_guaranteed],
            kinds[row.kind],
            reasons[row.reason],
            channels[row.ticket__channel],
            row.ticket__team__name or "",
            people.get(row.answered_by, ""),
            *(at.astimezone(zone).isoformat(timespec="seconds") if at else "" for at in moments),
            outcomes[row.outcome],
            _minutes(row, versions[row.calendar_version_id]),
        ]


def _minutes(row: Any, version: CalendarVersion) -> int | str:
    if row.answered_at is None:
        return ""
    return report_times.minutes(version.hours, row.since, row.answered_at)


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(safe(one) for one in cells)
    return written.getvalue()
