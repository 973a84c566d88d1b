"""What an invoice says, as plain values it keeps for ever: both parties, lines and taxes.

    lines: [{"text", "tier", "days", "of", "ranges": [[first, last], …], "unit", "rate", "cents"}]
    taxes: [{"rate", "net", "vat", "gross"}]

Days are ISO dates, amounts cents on the invoice's own basis, rates hundredths of a percent. The
fields are those of § 14 (4) UStG, in a shape from which EN 16931 can be written later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext, override

from billing.accounting import Account, ranges
from billing.models import BillingAddress, Invoice, InvoiceRun, Supplier
from sla.models import SupportTier
from tenants.models import Tenant

OF_SUPPLIER = (
    "contact_email",
    "phone",
    "website",
    "tax_number",
    "register",
    "bank",
    "iban",
    "bic",
    "exemption",
    "accent",
    "logo",
)
OF_CUSTOMER = ("contact", "email", "reference")


def invoice(
    account: Account,
    *,
    address: BillingAddress,
    supplier: Mapping[str, Any],
    tiers: Mapping[int, SupportTier],
    run: InvoiceRun | None,
    issued_on: date,
    days_to_pay: int,
    language: str,
) -> Invoice:
    """An invoice over a month's account, without its number, not stored yet."""
    with override(language):
        lines = [_line(item, tiers[item.tier], account.days) for item in account.items]
    return Invoice(
        kind=Invoice.Kind.INVOICE,
        organisation_id=address.organisation_id,
        run=run,
        month=account.month,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=days_to_pay),
        is_gross=account.is_gross,
        net=account.net,
        vat=account.vat,
        gross=account.gross,
        supplier=dict(supplier),
        customer=address.snapshot(*OF_CUSTOMER),
        lines=lines,
        taxes=[asdict(tax) for tax in account.taxes],
        language=language,
    )


def cancellation(cancelled: Invoice, *, issued_on: date) -> Invoice:
    """The document that cancels an invoice: the same parties and lines, all amounts negative."""
    return Invoice(
        kind=Invoice.Kind.CANCELLATION,
        organisation_id=cancelled.organisation_id,
        month=cancelled.month,
        issued_on=issued_on,
        due_on=issued_on,
        is_gross=cancelled.is_gross,
        net=-cancelled.net,
        vat=-cancelled.vat,
        gross=-cancelled.gross,
        supplier=cancelled.supplier,
        customer=cancelled.customer,
        lines=[{**line, "cents": -line["cents"]} for line in cancelled.lines],
        taxes=[
            {**tax, "net": -tax["net"], "vat": -tax["vat"], "gross": -tax["gross"]}
            for tax in cancelled.taxes
        ],
        language=cancelled.language,
        cancels=cancelled,
    )


def supplier_snapshot(supplier: Supplier) -> dict[str, Any]:
    """Who writes the invoice, as it stands now; the tenant's name is what customers know it by."""
    return {**supplier.snapshot(*OF_SUPPLIER), "brand": Tenant.current().name}


def number(invoice: Invoice, year: int, sequence: int, prefix: str) -> None:
    """Give a document the next number: "RE-2026-00042"."""
    invoice.year, invoice.sequence = year, sequence
    invoice.number = f"{prefix}{year}-{sequence:05}"


def _line(item: Any, tier: SupportTier, length: int) -> dict[str, Any]:
    return {
        "text": gettext("Support level %(tier)s") % {"tier": tier.name},
        "tier": tier.pk,
        "days": len(item.days),
        "of": length,
        "ranges": [[f"{first}", f"{last}"] for first, last in ranges(item.days)],
        "unit": item.price.cents,
        "rate": item.price.vat_rate,
        "cents": item.cents,
    }
