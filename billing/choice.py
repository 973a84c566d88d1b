"""What choosing an offer would change right now, by the functions that will carry it out."""

from __future__ import annotations

from dataclasses import dataclass

from billing.accounting import Account
from billing.shop import Offer, Part, Shop
from sla.preview import Preview, preview


@dataclass(frozen=True, slots=True)
class Choice:
    """One offer: what becomes of waiting tickets, this month's cost, and the token of all that."""

    offer: Offer
    effects: Preview
    now: Account
    then: Account
    parts: list[Part]
    token: str


def choose(shop: Shop, offer: Offer) -> Choice:
    """What booking an offer now would do."""
    has_own_hours = offer.tier.calendar_id is not None
    effects = preview(
        shop.organisation,
        offer.tier,
        shop.at,
        is_upgrade=offer.is_upgrade,
        version=None if has_own_hours else shop.calendar,
    )
    then = shop.account(offer.tier)
    token = shop.token(offer.tier)
    return Choice(offer, effects, shop.account(), then, shop.parts(then), token)
