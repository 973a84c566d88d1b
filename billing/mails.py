"""What billing writes to people: rows of the outbox, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from email.utils import formataddr
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.adapter import AUTOMATIC
from accounts.models import Membership, Organisation, User
from billing import amounts
from billing.models import (
    BillingAddress,
    BillingEvent,
    Invoice,
    InvoiceRun,
    PriceList,
    Subscription,
)
from helpdesk.texts import one_line
from sla.tiers import zone
from tenants.models import Tenant

# The mailbox is theirs.
PROVEN = EmailAddress.objects.filter(
    user=OuterRef("user"), verified=True, email__iexact=OuterRef("user__email")
)
# Somebody to write to: address, name and language.
Reader = tuple[str, str, str]


def booked(event: BillingEvent, *, announced: PriceList | None = None) -> None:
    """Confirm a booking, a change, or a cancellation taken back.

    `announced` are prices to come that others have been told of already.
    """

    def subject() -> str:
        said = _("%(tier)s is booked")
        if event.kind == BillingEvent.Kind.REVOKED:
            said = _("%(tier)s goes on")
        return said % {"tier": event.tier}

    later = announced.price(event.tier) if announced and event.tier else None
    is_same = later is not None and (later.net, later.gross) == (event.net, event.gross)
    context = {
        "event": event,
        "later": None if is_same else later,
        "valid_from": announced.valid_from if announced else None,
    }
    _write(readers_of(event.organisation), subject, "booked", context)


def cancelled(event: BillingEvent) -> None:
    """Confirm a cancellation: at once, for later, or now that its moment has come."""

    def subject() -> str:
        said = _("%(tier)s is cancelled")
        if event.kind == BillingEvent.Kind.ENDED:
            said = _("%(tier)s has ended")
        return said % {"tier": event.before}

    _write(readers_of(event.organisation), subject, "cancelled", {"event": event})


def prices_announced(subscription: Subscription, before: PriceList, prices: PriceList) -> None:
    """Tell an organisation what its tier will cost from a month on."""
    context = {
        "tier": subscription.tier,
        "before": before.price(subscription.tier),
        "price": prices.price(subscription.tier),
        "valid_from": prices.valid_from,
    }

    def subject() -> str:
        first = amounts.day(prices.valid_from)
        return _("New price for %(tier)s from %(day)s") % {"tier": subscription.tier, "day": first}

    _write(readers_of(subscription.organisation), subject, "prices", context)


def prices_withdrawn(subscription: Subscription, prices: PriceList) -> None:
    """Tell an organisation that announced prices will not come."""
    context = {"tier": subscription.tier, "valid_from": prices.valid_from}

    def subject() -> str:
        return _("The price of %(tier)s stays") % {"tier": subscription.tier}

    _write(readers_of(subscription.organisation), subject, "prices_withdrawn", context)


def invoice(document: Invoice, pdf: bytes) -> None:
    """Send an invoice, or the document that cancels one, to the address it was written for."""
    customer = document.customer
    # Greeted without a name: nobody has proven that the address is theirs.
    reader = (customer["email"], "", document.language)

    def subject() -> str:
        said = _("Invoice %(number)s")
        if document.is_cancellation:
            said = _("Cancellation invoice %(number)s")
        return said % {"number": document.number}

    attached = [(document.filename, pdf, "application/pdf")]
    _write([reader], subject, "invoice", {"invoice": document}, attached)


def run_blocked(run: InvoiceRun) -> None:
    """Tell the tenant's administrators why the invoices of a month are not written."""
    admins = User.objects.agents().filter(role=User.Role.ADMIN)

    def subject() -> str:
        return _("The invoices for %(month)s wait for you") % {"month": amounts.month(run.month)}

    _write([_reader(user) for user in admins], subject, "run_blocked", {"run": run})


def readers_of(organisation: Organisation) -> list[Reader]:
    """An organisation's confirmed administrators, else where its invoices go."""
    admins = Membership.objects.filter(
        Exists(PROVEN),
        organisation=organisation,
        role=Membership.Role.ADMIN,
        user__is_active=True,
        user__undeliverable_at=None,
    ).select_related("user")
    found = [_reader(one.user) for one in admins.order_by("pk")]
    found = [one for one in found if not one[0].endswith(".invalid")]
    if found:
        return found
    addresses = BillingAddress.objects.filter(organisation=organisation)
    return [(one.email, "", "") for one in addresses]


def _reader(user: User) -> Reader:
    return user.email, one_line(user.name), user.language


def _write(
    readers: Iterable[Reader],
    subject: Callable[[], str],
    template: str,
    context: Mapping[str, Any],
    attachments: Iterable[tuple[str, bytes, str]] = (),
) -> None:
    """Store a mail to each reader, in their language and in the zone of the tenant's days."""
    tenant, local = Tenant.current(), zone()
    for address, name, language in readers:
        with translation.override(language or settings.LANGUAGE_CODE), timezone.override(local):
            own = {"name": name, "tenant": tenant, "base": tenant.url(""), **context}
            mail = EmailMessage(
                subject=one_line(subject()),
                body=render_to_string(f"billing/mail/{template}.txt", own).strip() + "\n",
                from_email=formataddr((tenant.name, tenant.mailbox)),
                to=[address],
                headers=AUTOMATIC,
            )
            for attachment in attachments:
                mail.attach(*attachment)
            mail.send()
