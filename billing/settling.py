"""What becomes of a written invoice: paid, or cancelled by a document of its own."""

from __future__ import annotations

from datetime import date

from django.utils.timezone import localdate, now

from accounts.models import User
from billing import documents
from billing.accounting import midnight
from billing.drafts import Month, invoices_of, store
from billing.invoicing import InvoicingError, why_blocked
from billing.models import BillingEvent, Invoice, Supplier
from sla.tiers import settle, zone
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue


class NotInForceError(InvoicingError):
    """The document is no invoice that could be paid or cancelled."""


class PaidError(InvoicingError):
    """The invoice is paid: the payment has to be taken back first."""


class LaterError(InvoicingError):
    """The day lies in the future."""


class BlockedError(InvoicingError):
    """A new invoice would lack what the law wants on it."""


@act()
def cancel(invoice: Invoice, *, by: User, is_reissued: bool = False) -> Invoice:
    """Cancel an invoice by a document of its own; with `is_reissued`, write a new one at once.

    The new one is for the same month, with both addresses as they are now. Raises NotInForceError,
    PaidError, and BlockedError where a new one would lack something.
    """
    supplier = Supplier.objects.select_for_update().get(pk=1)
    # Locked here: the foreign key's check would do it at the commit, after the wakeup.
    settle(invoice.organisation)
    stored = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if stored.is_cancellation or stored.cancelled_at is not None:
        raise NotInForceError
    if stored.paid_on is not None:
        raise PaidError
    stored.cancelled_at = now()
    stored.save(update_fields=["cancelled_at"])
    issued_on = localdate(now(), zone())
    written: list[Invoice] = [documents.cancellation(stored, issued_on=issued_on)]
    if is_reissued:
        written += _anew(stored, supplier)
    store(iter(written), supplier)
    wakeups.ask(Wakeup.Kind.BILLING, now())
    enqueue("billing.work")
    return written[0]


@act()
def write_anew(cancelled: Invoice, *, by: User) -> Invoice | None:
    """Write an invoice in the place of a cancelled one; None where nothing is owed, or no address.

    Raises NotInForceError where there is one already, and BlockedError.
    """
    supplier = Supplier.objects.select_for_update().get(pk=1)
    settle(cancelled.organisation)
    others = Invoice.objects.in_force().filter(
        organisation=cancelled.organisation, month=cancelled.month
    )
    if cancelled.is_cancellation or cancelled.cancelled_at is None or others.exists():
        raise NotInForceError
    written = store(iter(_anew(cancelled, supplier)), supplier)
    wakeups.ask(Wakeup.Kind.BILLING, now())
    enqueue("billing.work")
    return written[0] if written else None


@act()
def mark_paid(invoice: Invoice, *, on: date | None, by: User) -> None:
    """Write down the day on which an invoice was paid, or with None that it was not.

    Raises NotInForceError, and LaterError for a day to come.
    """
    stored = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if stored.is_cancellation or stored.cancelled_at is not None:
        raise NotInForceError
    if on is not None and on > localdate(now(), zone()):
        raise LaterError
    if stored.paid_on == on:
        return
    stored.paid_on = on
    stored.save(update_fields=["paid_on"])
    BillingEvent.objects.create(
        organisation_id=stored.organisation_id,
        kind=BillingEvent.Kind.PAID if on else BillingEvent.Kind.UNPAID,
        by=by,
        by_name=str(by),
        is_by_tenant=by.is_agent,
        invoice=stored,
        effective_at=midnight(on, zone()) if on else None,
    )


def _anew(cancelled: Invoice, supplier: Supplier) -> list[Invoice]:
    """An invoice in the place of one that is cancelled; none where nothing is owed any more."""
    month = Month(cancelled.month)
    if why_blocked(month.prices):
        raise BlockedError
    return list(invoices_of(month.drafts([cancelled.organisation]), supplier, cancelled.run))
