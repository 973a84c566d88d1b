"""An invoice that nobody gets: how the next ones will look."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.timezone import localdate, now
from django.utils.translation import get_language, gettext

from billing import documents
from billing.accounting import Account, Stay, account, midnight, month_before, month_of
from billing.models import BillingAddress, Invoice, PriceList, Supplier
from sla.models import SupportTier
from sla.tiers import zone

NUMBER = "MUSTER"
# The day of the month on which the invented customer goes up by a tier.
CHANGE = timedelta(days=11, hours=9)


def sample_invoice(supplier: Supplier) -> Invoice:
    """The month before in two tiers at the prices of that month; it is not stored."""
    tiers = SupportTier.objects.in_bulk()
    today, local = localdate(now(), zone()), zone()
    month = month_before(month_of(today))
    made = documents.invoice(
        _account(PriceList.objects.in_force(month), set(tiers), midnight(month, local), local),
        address=_address(),
        supplier=documents.supplier_snapshot(supplier),
        tiers=tiers,
        run=None,
        issued_on=today,
        days_to_pay=supplier.days_to_pay,
        language=get_language() or "de",
    )
    made.number, made.year, made.sequence = NUMBER, today.year, 0
    return made


def _account(prices: PriceList, tiers: set[int], start: datetime, local: ZoneInfo) -> Account:
    """The two dearest tiers there are, one after the other; with fewer, what there is."""
    by_tier = {tier: price for tier, price in prices.by_tier().items() if tier in tiers}
    dearest = sorted(by_tier, key=lambda tier: by_tier[tier].cents)[-2:]
    change = start + CHANGE
    spans = [(start, change), (change, None)]
    stays = [Stay(tier, *span) for tier, span in zip(dearest, spans, strict=False)]
    return account(
        stays,
        by_tier,
        month=start.date(),
        zone=local,
        is_gross=prices.is_gross,
    )


def _address() -> BillingAddress:
    return BillingAddress(
        name=gettext("Sample Customer Ltd"),
        street=gettext("1 Sample Street"),
        postcode="12345",
        city=gettext("Sampletown"),
        email="muster@example.com",
    )
