"""The PDF of an invoice: its texts are made here from what the row keeps, `invoice.typ` sets them.

What a person typed reaches the template as a value and is never read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from billing import amounts
from billing.accounting import DAY, month_after
from billing.models import Invoice
from billing.parties import GERMANY
from helpdesk import typesetting
from helpdesk.typesetting import TypesettingError, breakable, printable

TEMPLATE = Path(__file__).with_name("invoice.typ")
ACCENT = "#0b6168"
# Longer words may be broken anywhere, or they would run out of their column.
LONG_WORD = 30
LONG_FACT = 16

Pairs = list[tuple[str, str]]
Snapshot = Mapping[str, str]


class PdfError(Exception):
    """An invoice that could not be set."""

    def __init__(self, number: str, reason: str) -> None:
        super().__init__(f"{number}: {reason}")
        self.number = number


def render(invoice: Invoice) -> bytes:
    """The PDF of an invoice; the same row gives the same bytes, whatever the settings say now."""
    with translation.override(invoice.language):
        document = _document(invoice)
    made_at = datetime.combine(invoice.issued_on, time(), UTC)
    try:
        logo = str(invoice.supplier.get("logo") or "")
        return typesetting.pdf(TEMPLATE, document, made_at, logo=logo)
    except TypesettingError as error:
        raise PdfError(invoice.number, str(error)) from error


def _document(invoice: Invoice) -> dict[str, Any]:
    """All that is printed, in the language that is active."""
    supplier, customer = _snapshot(invoice.supplier), _snapshot(invoice.customer)
    title = gettext("Invoice %(number)s")
    if invoice.is_cancellation:
        title = gettext("Cancellation invoice %(number)s")
    return {
        "language": invoice.language,
        "title": title % {"number": invoice.number},
        "author": supplier["name"],
        "accent": supplier.get("accent") or ACCENT,
        "brand": supplier.get("brand") or supplier["name"],
        "sender": " · ".join(_address(supplier)),
        "recipient": _recipient(customer),
        "facts": [
            (label, breakable(value, LONG_FACT)) for label, value in _facts(invoice, customer)
        ],
        "intro": _intro(invoice),
        "head": _head(invoice),
        "rows": [_row(line) for line in invoice.lines],
        "sums": _sums(invoice),
        "exemption": supplier.get("exemption", "") if _has_untaxed(invoice) else "",
        "closing": _closing(invoice, supplier),
        "payment": _payment(invoice, supplier),
        "footer": _footer(supplier),
        "page": gettext("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
    }


def _address(party: Snapshot) -> list[str]:
    country = party.get("country", GERMANY)
    lines = [party["name"], party["street"], f"{party['postcode']} {party['city']}"]
    return lines if country == GERMANY else [*lines, country]


def _recipient(customer: Snapshot) -> list[str]:
    name, *rest = _address(customer)
    if contact := customer.get("contact"):
        rest.insert(0, gettext("Attn. %(name)s") % {"name": contact})
    return [name, *rest]


def _facts(invoice: Invoice, customer: Snapshot) -> Pairs:
    """What a book-keeper looks for, beside the address."""
    found = [
        (gettext("Invoice number"), invoice.number),
        (gettext("Invoice date"), amounts.day(invoice.issued_on)),
    ]
    if invoice.cancels:
        found.append((gettext("Cancels"), invoice.cancels.number))
    last = month_after(invoice.month) - DAY
    found.append((gettext("Service period"), amounts.span(invoice.month, last)))
    if not invoice.is_cancellation:
        found.append((gettext("Due on"), amounts.day(invoice.due_on)))
    if reference := customer.get("reference"):
        found.append((gettext("Your reference"), reference))
    if vat_id := customer.get("vat_id"):
        found.append((gettext("Your VAT ID"), vat_id))
    return found


def _intro(invoice: Invoice) -> str:
    if cancelled := invoice.cancels:
        return gettext("This document cancels invoice %(number)s of %(day)s in full.") % {
            "number": cancelled.number,
            "day": amounts.day(cancelled.issued_on),
        }
    return gettext("For your support in %(month)s we charge, to the day:") % {
        "month": amounts.month(invoice.month)
    }


def _head(invoice: Invoice) -> list[str]:
    amount = gettext("Amount net")
    if invoice.is_gross:
        amount = gettext("Amount gross")
    if not _is_taxed(invoice):
        amount = gettext("Amount")
    return [gettext("Service"), gettext("Quantity"), gettext("Price per month"), amount]


def _row(line: Mapping[str, Any]) -> dict[str, str]:
    spans = [amounts.span(_day(first), _day(last)) for first, last in line["ranges"]]
    return {
        "text": _printable(line["text"]),
        "days": ", ".join(span.replace(" ", amounts.NO_BREAK) for span in spans),
        "quantity": gettext("%(days)s of %(of)s days") % {"days": line["days"], "of": line["of"]},
        "price": amounts.euro(line["unit"]),
        "amount": amounts.euro(line["cents"]),
    }


def _sums(invoice: Invoice) -> dict[str, Any]:
    """The total, with what leads to it (net prices) or what is in it (gross prices)."""
    label = gettext("plus %(rate)s VAT on %(net)s")
    if invoice.is_gross:
        label = gettext("including %(rate)s VAT on %(net)s")
        if len(invoice.taxes) == 1:
            # What it is on stands in the next line.
            label = gettext("including %(rate)s VAT")
    taxes = [
        (
            label % {"rate": amounts.percent(tax["rate"]), "net": amounts.euro(tax["net"])},
            amounts.euro(tax["vat"]),
        )
        for tax in invoice.taxes
    ]
    net = (gettext("Net sum"), amounts.euro(invoice.net))
    total = (gettext("Total amount"), amounts.euro(invoice.gross))
    if not _is_taxed(invoice):
        return {"before": [], "total": total, "after": []}
    if invoice.is_gross:
        return {"before": [], "total": total, "after": [*taxes, net]}
    return {"before": [net, *taxes], "total": total, "after": []}


def _is_taxed(invoice: Invoice) -> bool:
    return any(tax["rate"] for tax in invoice.taxes)


def _has_untaxed(invoice: Invoice) -> bool:
    return any(not tax["rate"] for tax in invoice.taxes)


def _closing(invoice: Invoice, supplier: Snapshot) -> str:
    if invoice.gross <= 0:
        return gettext("There is nothing to pay for this document.")
    said = gettext("Please pay %(amount)s by %(day)s.")
    if supplier.get("iban"):
        said = gettext("Please transfer %(amount)s by %(day)s, and state the invoice number.")
    return said % {"amount": amounts.euro(invoice.gross), "day": amounts.day(invoice.due_on)}


def _payment(invoice: Invoice, supplier: Snapshot) -> Pairs:
    iban = supplier.get("iban")
    if invoice.gross <= 0 or not iban:
        return []
    found = [
        (gettext("Account holder"), supplier["name"]),
        (gettext("IBAN"), _in_fours(iban)),
        (gettext("BIC"), supplier.get("bic", "")),
        (gettext("Bank"), supplier.get("bank", "")),
        (gettext("Payment reference"), invoice.number),
    ]
    return [(label, value) for label, value in found if value]


def _footer(supplier: Snapshot) -> list[list[str]]:
    """Three columns: who, how to reach them, and under which numbers they are registered."""
    contact = [supplier.get(name, "") for name in ("contact_email", "phone", "website")]
    numbers = []
    if tax_number := supplier.get("tax_number"):
        numbers.append(gettext("Tax number %(number)s") % {"number": tax_number})
    if vat_id := supplier.get("vat_id"):
        numbers.append(gettext("VAT ID %(number)s") % {"number": vat_id})
    register = supplier.get("register", "").split(" · ")
    columns = [_address(supplier), contact, [*numbers, *register]]
    return [[line for line in column if line] for column in columns]


def _in_fours(iban: str) -> str:
    """ "DE02 1203 0000 0000 2020 51", however it was typed; it stays on one line."""
    plain = "".join(iban.split())
    return amounts.NO_BREAK.join(plain[at : at + 4] for at in range(0, len(plain), 4))


def _day(written: str) -> date:
    return date.fromisoformat(written)


def _snapshot(party: Mapping[str, Any]) -> dict[str, str]:
    return {name: _printable(str(value)) for name, value in party.items()}


def _printable(typed: str) -> str:
    """What a person typed, in one line, without what no letter of our fonts stands for."""
    return breakable(printable(" ".join(typed.split())), LONG_WORD)
