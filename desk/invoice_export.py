"""The documents behind a filter as CSV, for a book-keeper: streamed, however many they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import get_language, gettext, override
from django_tenants.utils import tenant_context

from billing.models import Invoice
from desk.invoice_lists import Asked
from desk.report_export import MARK, safe
from tenants.models import Tenant

BATCH = 1000
HUNDRED = 100
VALUES = (
    "year",
    "sequence",
    "number",
    "kind",
    "cancels__number",
    "issued_on",
    "month",
    "customer__name",
    "customer__vat_id",
    "net",
    "taxes",
    "vat",
    "gross",
    "currency",
    "due_on",
    "paid_on",
    "cancelled_at",
)


def lines(asked: Asked, zone: ZoneInfo) -> Iterator[str]:
    """The file in pieces, in the order of the numbers.

    It is written when the request's middleware is through, so it enters the tenant by itself.
    """
    tenant, language = Tenant.current(), get_language()
    with tenant_context(tenant), override(language):
        head = MARK + _line(_columns())
    yield head
    last = None
    while True:
        with tenant_context(tenant), override(language):
            found = _batch(asked, last)
            written = "".join(_line(_cells(one, zone)) for one in found)
        yield written
        if len(found) < BATCH:
            return
        last = found[-1]


def _batch(asked: Asked, last: Any) -> list[Any]:
    """Rows of plain values, behind the last one."""
    found = asked.found
    if last is not None:
        behind = Q(year__gt=last.year) | Q(year=last.year, sequence__gt=last.sequence)
        found = found.filter(behind, year__gte=last.year)
    rows = found.order_by("year", "sequence").values_list(*VALUES, named=True)
    return list(rows[:BATCH])


def _columns() -> list[str]:
    return [
        gettext("Number"),
        gettext("Kind"),
        gettext("Cancels"),
        gettext("Issued on"),
        gettext("Month"),
        gettext("Customer"),
        gettext("Customer’s VAT ID"),
        gettext("Net"),
        gettext("VAT rate in %"),
        gettext("VAT"),
        gettext("Gross"),
        gettext("Currency"),
        gettext("Due on"),
        gettext("Paid on"),
        gettext("Cancelled at"),
    ]


def _cells(row: Any, zone: ZoneInfo) -> list[object]:
    cancelled_at = row.cancelled_at
    return [
        safe(row.number),
        safe(Invoice.Kind(row.kind).label),
        safe(row.cancels__number or ""),
        row.issued_on.isoformat(),
        f"{row.month:%Y-%m}",
        safe(row.customer__name),
        safe(row.customer__vat_id),
        _decimal(row.net),
        " + ".join(_decimal(tax["rate"]) for tax in row.taxes),
        _decimal(row.vat),
        _decimal(row.gross),
        row.currency,
        row.due_on.isoformat(),
        row.paid_on.isoformat() if row.paid_on else "",
        cancelled_at.astimezone(zone).isoformat(timespec="seconds") if cancelled_at else "",
    ]


def _decimal(hundredths: int) -> str:
    """Cents as a plain decimal, or hundredths of a percent: "-1234,50" in German.

    A number is no formula, whatever it begins with: it stays one for the spreadsheet.
    """
    whole, rest = divmod(abs(hundredths), HUNDRED)
    comma = "," if (get_language() or "de").startswith("de") else "."
    return f"{'-' if hundredths < 0 else ''}{whole}{comma}{rest:02}"


def _line(cells: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(cells)
    return written.getvalue()
