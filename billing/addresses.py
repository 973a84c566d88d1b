"""Who is billed and who bills: saving the two addresses of every invoice."""

from __future__ import annotations

from django.db.models import Q
from django.utils.timezone import now

from accounts.models import Organisation, User
from billing.models import BillingAddress, BillingEvent, InvoiceRun, Supplier
from sla.upgrade import lock_unanswered
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue


@act()
def save_address(address: BillingAddress, *, by: User) -> BillingAddress:
    """Store where an organisation's invoices go from now on; written ones keep theirs."""
    # A booking often follows in the same act: locked as it will lock.
    organisation = address.organisation
    lock_unanswered(organisation)
    stored = BillingAddress.objects.filter(organisation=organisation).first()
    if stored is not None and stored.fingerprint == address.fingerprint:
        return stored
    address.pk = stored.pk if stored else None
    address._state.adding = stored is None
    address.changed_at = now()
    address.save()
    BillingEvent.objects.create(
        organisation=organisation,
        kind=BillingEvent.Kind.ADDRESS,
        by=by,
        by_name=str(by),
        is_by_tenant=by.is_agent,
    )
    _bill_what_was_held_back(organisation)
    return address


def _bill_what_was_held_back(organisation: Organisation) -> None:
    """Let the runs go on that had no address to write to."""
    if InvoiceRun.objects.filter(held_back__contains=[[organisation.pk, "address"]]).exists():
        wakeups.ask(Wakeup.Kind.BILLING, now())
        enqueue("billing.work")


@act()
def save_supplier(supplier: Supplier) -> Supplier:
    """Store who writes the invoices; runs that waited for it go on by themselves."""
    supplier.save()
    if InvoiceRun.objects.filter(~Q(blocked="")).exists():
        wakeups.ask(Wakeup.Kind.BILLING, now())
        enqueue("billing.work")
    return supplier
