"""What the page "Zusatzmodule" shows: the tiers, and what choosing one would do right now."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Organisation
from billing.choice import Choice, choose
from billing.shop import Offer, Shop
from channels import ways
from tickets.models import Channel


@dataclass(frozen=True, slots=True)
class Card:
    """A tier beside the others."""

    offer: Offer
    channels: list[Channel]
    is_chosen: bool


class ModulesPage:
    """The page of one organisation; `chosen` is a tier's id, the next level up unless given."""

    def __init__(self, organisation: Organisation, chosen: int | None = None) -> None:
        self.shop = Shop(organisation)
        offer = self.shop.offer(chosen) if chosen is not None else None
        self.offer = offer if offer and offer.is_bookable else self.shop.suggested

    def cards(self) -> list[Card]:
        enabled = ways.enabled()
        return [
            Card(one, ways.of_tier(one.tier, enabled), one == self.offer)
            for one in self.shop.offers
        ]

    def choice(self) -> Choice | None:
        """None where there is nothing to book."""
        return choose(self.shop, self.offer) if self.offer else None
