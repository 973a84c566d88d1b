"""The commercial side of the demo: who bills, where invoices go, and what has been booked.

The bookings began with last month, so the first sweep writes and mails last month's invoices, as
it does on the first of every month.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.timezone import localdate

from accounts.models import Membership, Organisation, User
from billing.accounting import midnight, month_after, month_before, month_of
from billing.models import BillingAddress, BillingEvent, Subscription, Supplier
from billing.prices import current
from helpdesk.demo.people import House
from sla.models import SupportTier
from sla.tiers import default_tier, tier_of, zone
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup

# Who had which tier before, until a day of last month.
CHANGED = {"Hofladen Weiß": ("Bronze", 11), "Radwerk Kassel": ("Silber", 19)}
# Who has cancelled for the end of this month.
LEAVING = {"Nadel & Faden"}
STREETS = ("Speicherstraße 4", "Am Markt 12", "Gartenweg 7", "Werkhof 1", "Bergstraße 23")
TOWNS = (("20457", "Hamburg"), ("34117", "Kassel"), ("50667", "Köln"), ("04109", "Leipzig"))


@act()
def open_books(house: House, at: datetime) -> None:
    """Fill in the supplier, and book for each customer the tier it has; `at` is now (aware)."""
    _write_supplier(house)
    local = zone()
    for number, organisation in enumerate(Organisation.objects.order_by("pk")):
        tier = tier_of(organisation)
        if tier != default_tier():
            _write_address(organisation, number)
            _book(organisation, tier, local, at)
    wakeups.ask(Wakeup.Kind.BILLING, at)


def _write_supplier(house: House) -> None:
    Supplier.objects.update_or_create(
        pk=1,
        defaults={
            "name": f"{house.name} GmbH",
            "street": "Domkloster 3",
            "postcode": "50667",
            "city": "Köln",
            "vat_id": "DE136695976",
            "contact_email": f"buchhaltung@{house.slug}.localhost",
            "phone": "0221 5550 123",
            "register": f"Amtsgericht Köln HRB 12345 · Geschäftsführung: {house.admin[0]}",
            "bank": "Musterbank Köln",
            "iban": "DE89370400440532013000",
            "bic": "COBADEFFXXX",
        },
    )


def _write_address(organisation: Organisation, number: int) -> None:
    person = _people(organisation).first()
    postcode, city = TOWNS[number % len(TOWNS)]
    BillingAddress.objects.create(
        organisation=organisation,
        name=organisation.name,
        contact=person.user.name if person else "",
        street=STREETS[number % len(STREETS)],
        postcode=postcode,
        city=city,
        email=person.user.email if person else f"rechnung{number}@kunden.example",
    )


def _book(organisation: Organisation, tier: SupportTier, local: ZoneInfo, at: datetime) -> None:
    today = localdate(at, local)
    first = month_before(month_of(today))
    began = midnight(first, local) + timedelta(hours=9)
    person = _people(organisation).first()
    by = person.user if person else None
    if change := CHANGED.get(organisation.name):
        name, days = change
        changed = began + timedelta(days=days, minutes=80)
        before = SupportTier.objects.get(name=name)
        _subscribe(organisation, before, by, began, changed)
        _subscribe(organisation, tier, by, changed, None, before=before)
    else:
        running = _subscribe(organisation, tier, by, began, None)
        if organisation.name in LEAVING:
            running.cancel_at = midnight(month_after(today), local)
            running.save(update_fields=["cancel_at"])
            wakeups.ask(Wakeup.Kind.BILLING, running.cancel_at)


def _subscribe(
    organisation: Organisation,
    tier: SupportTier,
    by: User | None,
    start: datetime,
    end: datetime | None,
    *,
    before: SupportTier | None = None,
) -> Subscription:
    price = current(start).price(tier)
    BillingEvent.objects.create(
        organisation=organisation,
        kind=BillingEvent.Kind.CHANGED if before else BillingEvent.Kind.BOOKED,
        at=start,
        by=by,
        by_name=str(by or ""),
        tier=tier,
        before=before or default_tier(),
        net=price.net if price else None,
        gross=price.gross if price else None,
        vat_rate=price.rate if price else None,
    )
    return Subscription.objects.create(
        organisation=organisation, tier=tier, started_at=start, ended_at=end, by=by
    )


def _people(organisation: Organisation) -> QuerySet[Membership]:
    return organisation.memberships.select_related("user").order_by("pk")
