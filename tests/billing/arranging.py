"""Customers who can book, at local moments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import time_machine
from allauth.account.models import EmailAddress

from accounts.models import Membership, Organisation, User
from billing import booking, invoicing
from billing.models import (
    BillingAddress,
    BillingEvent,
    Invoice,
    InvoiceRun,
    PriceList,
    Subscription,
    Supplier,
)
from billing.shop import Shop
from channels.models import SystemMail
from sla.models import CalendarVersion
from sla.provisioning import office_hours
from sla.tiers import default_calendar
from tenants.models import Tenant, Wakeup
from tests.factories import LONG_AGO, CustomerFactory, tier
from tests.sla.moments import berlin

FOR_EVER = float("inf")


@contextmanager
def at(moment: str) -> Iterator[None]:
    """A local moment at which the clock stands still."""
    with time_machine.travel(berlin(moment), tick=False):
        yield


def admin_of(name: str = "Teehaus Nord GmbH", *, address: bool = True) -> User:
    """The administrator of a new organisation, with an address for its invoices."""
    organisation = Organisation.objects.open(name, since=LONG_AGO)
    user = proven(CustomerFactory(organisation=organisation))
    user.join(organisation, Membership.Role.ADMIN)
    if address:
        give_address(organisation)
    return user


def colleague_of(user: User, role: str = Membership.Role.ADMIN) -> User:
    """Somebody else of the same organisation."""
    found = proven(CustomerFactory(organisation=user.organisation))
    found.join(user.organisation, role)
    return found


def proven(user: User) -> User:
    """Their mailbox is theirs."""
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def give_address(organisation: Organisation) -> BillingAddress:
    return BillingAddress.objects.create(
        organisation=organisation,
        name=organisation.name,
        street="Speicherstraße 1",
        postcode="20457",
        city="Hamburg",
        email="rechnung@teehaus.example",
    )


def give_supplier(**more: object) -> Supplier:
    values = {
        "name": "Alpha GmbH",
        "street": "Domplatz 2",
        "postcode": "50667",
        "city": "Köln",
        "vat_id": "DE136695976",
        "iban": "DE89370400440532013000",
    }
    supplier, _is_new = Supplier.objects.update_or_create(pk=1, defaults={**values, **more})
    return supplier


def book(user: User, name: str, moment: str | None = None) -> BillingEvent:
    """Book as the page does: with the token it shows at that moment."""
    if moment is not None:
        with at(moment):
            return book(user, name)
    shop = Shop(user.organisation)
    return booking.book(shop.organisation, tier(name), by=user, seen=shop.token(tier(name)))


def cancel(user: User, moment: str | None = None, *, at_month_end: bool = False) -> BillingEvent:
    if moment is not None:
        with at(moment):
            return cancel(user, at_month_end=at_month_end)
    shop = Shop(user.organisation)
    seen = shop.token(shop.tier)
    return booking.cancel(shop.organisation, by=user, seen=seen, at_month_end=at_month_end)


def new_prices(valid_from: date, **more: object) -> PriceList:
    """A price list as it is stored, without the checks: by default each tier is 10 € dearer."""
    dearer = {"Basis": 0, "Bronze": 2900, "Silber": 4900, "Gold": 6900}
    prices = {str(tier(name).pk): cents for name, cents in dearer.items()}
    return PriceList.objects.create(valid_from=valid_from, **{"prices": prices, **more})


def subscriptions(user: User) -> list[tuple[str, datetime, datetime | None]]:
    """What the person's organisation has booked so far: (tier, from, up to)."""
    found = Subscription.objects.filter(organisation=user.organisation).order_by("started_at", "pk")
    return [(str(one.tier), one.started_at, one.ended_at) for one in found.select_related("tier")]


def live_in(zone: str) -> None:
    """Let the tenant's days begin and end in another zone."""
    calendar = default_calendar()
    number = calendar.versions.latest("number").number + 1
    spec = {**office_hours("NW"), "zone": zone}
    CalendarVersion.objects.create(calendar=calendar, number=number, spec=spec, valid_from=LONG_AGO)


def mails(recipient: User | str | None = None) -> list[EmailMessage]:
    """The mails that wait in the outbox, in order; those to one recipient if given."""
    found = SystemMail.objects.order_by("pk")
    if recipient is not None:
        address = recipient.email if isinstance(recipient, User) else recipient
        found = found.filter(recipient=address)
    return [message_from_bytes(bytes(one.raw), policy=policy.default) for one in found]


def text_of(mail: EmailMessage) -> str:
    """What a mail says, in single spaces."""
    return " ".join(mail.get_body(("plain",)).get_content().split())


def wakeup() -> datetime | None:
    """When billing next looks at this tenant."""
    own = Wakeup.objects.filter(schema_name=Tenant.current().schema_name)
    return own.filter(kind=Wakeup.Kind.BILLING).values_list("next_at", flat=True).first()


def run(month: date) -> InvoiceRun:
    """Write a month's invoices, as the worker does, now; returns the run."""
    started = invoicing.start(month)
    if not started.blocked:
        assert invoicing.write(started, until=FOR_EVER)
    started.refresh_from_db()
    return started


def numbers() -> list[str]:
    """The numbers of all documents, in order."""
    return list(Invoice.objects.order_by("year", "sequence").values_list("number", flat=True))
