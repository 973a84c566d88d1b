"""What every tenant starts with: the prices of the four tiers (DESIGN §1), as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from billing.models import PriceList
from sla.models import SupportTier

# Net, in cents a month, by the look of the tier's chip.
START = {"basis": 0, "bronze": 1900, "silber": 3900, "gold": 5900}
# Before anything was ever booked.
ALWAYS = date(2000, 1, 1)


def create_prices(tiers: Iterable[SupportTier]) -> PriceList:
    """Create the first price list; it needs no announcement."""
    prices = {str(tier.pk): START[tier.metal] for tier in tiers if tier.metal in START}
    return PriceList.objects.create(valid_from=ALWAYS, prices=prices)
