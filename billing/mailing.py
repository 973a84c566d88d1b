"""From a stored invoice to its PDF and the mail that carries it: each step written down once."""

from __future__ import annotations

import hashlib
import logging
import time

from django.core.files.storage import default_storage
from django.utils.timezone import now

from billing import mails, pdf
from billing.models import Invoice
from tenants.acts import act
from tenants.files import keep

logger = logging.getLogger(__name__)

# Invoices that are looked up at once.
BATCH = 50


def is_waiting() -> bool:
    return Invoice.objects.unrendered().exists()


def mail_due(*, until: float) -> bool:
    """Make and mail the PDFs that are missing, until `time.monotonic()` says so.

    Returns whether all are done. One that cannot be made does not stop those behind it.
    """
    after = 0
    while time.monotonic() < until:
        waiting = Invoice.objects.unrendered().filter(pk__gt=after).order_by("pk")
        batch = list(waiting[:BATCH])
        if not batch:
            return True
        for invoice in batch:
            if time.monotonic() > until:
                return False
            _mail_one(invoice)
        after = batch[-1].pk
    return False


def content(invoice: Invoice) -> bytes:
    """The stored PDF; made again from what the invoice keeps where it is missing or damaged."""
    if invoice.pdf_sha256 and default_storage.exists(path(invoice)):
        with default_storage.open(path(invoice)) as file:
            stored = bytes(file.read())
        if hashlib.sha256(stored).hexdigest() == invoice.pdf_sha256:
            return stored
        logger.error("The stored PDF of %s is damaged", invoice)
    return pdf.render(invoice)


def _mail_one(invoice: Invoice) -> None:
    try:
        _make_and_mail(invoice.pk)
    except Exception:
        # The outermost edge of this work: the sweep comes back to it.
        logger.exception("The PDF of %s could not be made", invoice)


@act()
def _make_and_mail(pk: int) -> None:
    """All in one transaction; of several workers one takes it, and the others go on to the next."""
    untouched = Invoice.objects.unrendered().select_for_update(skip_locked=True, of=("self",))
    invoice = untouched.select_related("cancels").filter(pk=pk).first()
    if invoice is None:
        return
    made = pdf.render(invoice)
    invoice.pdf_sha256, invoice.mailed_at = hashlib.sha256(made).hexdigest(), now()
    keep(path(invoice), made)
    invoice.save(update_fields=["pdf_sha256", "mailed_at"])
    mails.invoice(invoice, made)


def path(invoice: Invoice) -> str:
    return f"invoices/{invoice.year}/{invoice.number}-{invoice.pdf_sha256[:16]}.pdf"
