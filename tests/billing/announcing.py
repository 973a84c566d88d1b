"""New prices, saved and announced at local moments."""

from __future__ import annotations

from datetime import date

from billing import prices
from tests.billing.arranging import at, mails
from tests.factories import tier
from tests.sla.moments import TUESDAY

JUNE = date(2026, 6, 1)
# Thirty days before June begins, in Berlin.
IN_TIME = "2026-05-02 00:00"
DEARER = {"Basis": 0, "Bronze": 1900, "Silber": 4900, "Gold": 6900}


def save(admin, valid_from=JUNE, moment=f"{TUESDAY} 10:00", **changed):
    """Save prices with Silber and Gold ten euros dearer, unless told otherwise."""
    cents = {tier(name): value for name, value in {**DEARER, **changed}.items()}
    with at(moment):
        return prices.save(cents, valid_from=valid_from, is_gross=False, vat_rate=1900, by=admin)


def announce(moment=IN_TIME):
    with at(moment):
        return prices.announce_due()


def announcements(user):
    return [mail for mail in mails(user) if "New price" in mail["Subject"]]
