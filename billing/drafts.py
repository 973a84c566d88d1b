"""What each organisation owes for a month, and the invoices that follow from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils.timezone import localdate, now

from accounts.models import Membership, Organisation
from billing import documents
from billing.accounting import Account, account, midnight, month_after
from billing.models import (
    BillingAddress,
    Invoice,
    InvoiceRun,
    PriceList,
    Subscription,
    Supplier,
)
from billing.schedule import run_moment
from sla.models import SupportTier
from sla.tiers import zone


@dataclass(frozen=True, slots=True)
class Draft:
    """What an organisation would be billed for a month, or why it would not be."""

    organisation: Organisation
    account: Account
    address: BillingAddress | None

    @property
    def held_back(self) -> str:
        """Why no invoice can be written: "address", or nothing."""
        return "" if self.address else "address"


class Month:
    """One month's billing: whom it concerns, and what each of them owes."""

    def __init__(self, first: date) -> None:
        self.first = first
        self.zone: ZoneInfo = zone()
        self.start = midnight(first, self.zone)
        self.end = midnight(month_after(first), self.zone)
        self.prices = PriceList.objects.in_force(first)

    @property
    def is_over(self) -> bool:
        return now() >= run_moment(month_after(self.first), self.zone)

    def organisations(self) -> QuerySet[Organisation]:
        """Those with a booking in this month and no invoice for it, in the order of their ids."""
        booked = Subscription.objects.within(self.start, self.end)
        invoices = Invoice.objects.bills().filter(month=self.first)
        mine = {"organisation": OuterRef("pk")}
        return Organisation.objects.filter(
            Exists(booked.filter(**mine)), ~Exists(invoices.filter(**mine))
        ).order_by("pk")

    def drafts(
        self, organisations: Sequence[Organisation], *, until: datetime | None = None
    ) -> list[Draft]:
        """What each owes; who owes nothing is left out. With `until`, up to that moment."""
        ids = [one.pk for one in organisations]
        stays = defaultdict(list)
        booked = Subscription.objects.within(self.start, self.end)
        for one in booked.filter(organisation__in=ids):
            stays[one.organisation_id].append(one.stay)
        addresses = {
            one.organisation_id: one for one in BillingAddress.objects.filter(organisation__in=ids)
        }
        prices = self.prices.by_tier()
        found = []
        for organisation in organisations:
            owed = account(
                stays[organisation.pk],
                prices,
                month=self.first,
                zone=self.zone,
                is_gross=self.prices.is_gross,
                until=until,
            )
            if owed.total:
                found.append(Draft(organisation, owed, addresses.get(organisation.pk)))
        return found


def invoices_of(
    drafts: Sequence[Draft], supplier: Supplier, run: InvoiceRun | None
) -> Iterator[Invoice]:
    """The invoices over some drafts, without numbers; who has no address is left out."""
    snapshot = documents.supplier_snapshot(supplier)
    tiers = SupportTier.objects.in_bulk()
    languages = _languages([draft.organisation.pk for draft in drafts])
    issued_on = localdate(now(), zone())
    for draft in drafts:
        if draft.address is None:
            continue
        yield documents.invoice(
            draft.account,
            address=draft.address,
            supplier=snapshot,
            tiers=tiers,
            run=run,
            issued_on=issued_on,
            days_to_pay=supplier.days_to_pay,
            language=languages.get(draft.organisation.pk, settings.LANGUAGE_CODE),
        )


def _languages(organisations: list[int]) -> dict[int, str]:
    """The language of each organisation's first administrator who has chosen one."""
    admins = Membership.objects.filter(
        organisation__in=organisations, role=Membership.Role.ADMIN
    ).exclude(user__language="")
    rows = admins.order_by("-pk").values_list("organisation_id", "user__language")
    return dict(rows)


def store(invoices: Iterator[Invoice], supplier: Supplier) -> list[Invoice]:
    """Number documents without a gap and store them; the supplier's row is locked."""
    found = list(invoices)
    if not found:
        return []
    year = found[0].issued_on.year
    last = Invoice.objects.filter(year=year).aggregate(last=Max("sequence"))["last"] or 0
    for sequence, one in enumerate(found, start=last + 1):
        documents.number(one, year, sequence, supplier.number_prefix)
    return Invoice.objects.bulk_create(found)
