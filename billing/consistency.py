"""Proves the books: numbers without gaps, sums that add up, files unchanged, tiers as booked.

It only reads: an invoice cannot be repaired, and what is booked is the customer's decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db.models import BigIntegerField, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from billing import mailing
from billing.models import Invoice, Subscription
from sla.models import TierAssignment
from sla.tiers import tier_of

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be: about what, what it is, and how it should be."""

    about: str
    what: str
    stored: str
    expected: str


def findings() -> Iterator[Finding]:
    """Everything that is wrong in the current tenant."""
    yield from _of_numbers()
    for invoice in Invoice.objects.select_related("cancels").iterator(CHUNK):
        yield from _of_sums(invoice)
        yield from _of_cancellation(invoice)
        yield from _of_file(invoice)
    yield from _of_subscriptions()


def _of_numbers() -> Iterator[Finding]:
    """Each year counts from 1, and leaves none out."""
    year, last = 0, 0
    for its_year, sequence in Invoice.objects.numbers():
        if its_year != year:
            year, last = its_year, 0
        if sequence != last + 1:
            yield Finding(f"{year}", "number", f"{sequence}", f"{last + 1}")
        last = sequence


def _of_sums(invoice: Invoice) -> Iterator[Finding]:
    sums = {name: sum(tax[name] for tax in invoice.taxes) for name in ("net", "vat", "gross")}
    for name, expected in sums.items():
        if getattr(invoice, name) != expected:
            yield Finding(invoice.number, name, str(getattr(invoice, name)), str(expected))
    lines = sum(line["cents"] for line in invoice.lines)
    total = invoice.gross if invoice.is_gross else invoice.net
    if lines != total:
        yield Finding(invoice.number, "lines", str(lines), str(total))


def _of_cancellation(invoice: Invoice) -> Iterator[Finding]:
    """What cancels an invoice takes back all of it, and that one says so."""
    cancelled = invoice.cancels
    if cancelled is None:
        return
    if invoice.gross != -cancelled.gross:
        yield Finding(invoice.number, "cancels", str(invoice.gross), str(-cancelled.gross))
    if cancelled.cancelled_at is None:
        yield Finding(cancelled.number, "cancelled", "", invoice.number)


def _of_file(invoice: Invoice) -> Iterator[Finding]:
    """The stored PDF is the one that was mailed; a missing one is made again when asked for."""
    path = mailing.path(invoice)
    if not invoice.pdf_sha256 or not default_storage.exists(path):
        return
    with default_storage.open(path) as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != invoice.pdf_sha256:
        yield Finding(invoice.number, "PDF", found[:16], invoice.pdf_sha256[:16])


def _of_subscriptions() -> Iterator[Finding]:
    """Who has booked a tier has it."""
    given = TierAssignment.objects.filter(organisation=OuterRef("organisation"))
    last = given.order_by("-valid_from", "-pk").values("tier_id")[:1]
    running = Subscription.objects.running().annotate(
        in_force=Coalesce(Subquery(last), 0, output_field=BigIntegerField())
    )
    wrong = running.exclude(in_force=F("tier_id")).select_related("organisation", "tier")
    for one in wrong.iterator(CHUNK):
        tier = tier_of(one.organisation)
        yield Finding(str(one.organisation), "tier", str(tier), str(one.tier))
