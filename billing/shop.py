"""What an organisation can book right now, at which prices, and what this month would cost."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Subquery
from django.utils.timezone import localdate, now

from accounts.models import Organisation
from billing.accounting import Account, Stay, Tax, account, midnight, month_after, month_of
from billing.models import PriceList, Subscription
from sla.models import SupportTier, TierAssignment
from sla.tier_edits import fingerprint
from sla.tiers import default_version


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A price that counts from the first of a later month on."""

    valid_from: date
    price: Tax


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier as an organisation sees it: its price a month, and whether it can be booked."""

    tier: SupportTier
    price: Tax | None
    upcoming: Upcoming | None
    is_current: bool
    is_upgrade: bool
    is_bookable: bool

    @property
    def is_free(self) -> bool:
        return self.price is None or self.price.gross == 0


@dataclass(frozen=True, slots=True)
class Part:
    """A tier's share of a month: its name, its days, and what they cost, in cents."""

    name: str
    days: int
    cents: int


class Shop:
    """The offers to one organisation at a moment (aware), read once."""

    def __init__(self, organisation: Organisation, at: datetime | None = None) -> None:
        self.organisation = organisation
        self.at = at or now()
        # Everybody's business hours: the zone of the tenant's days is theirs.
        self.calendar = default_version(self.at)
        self.zone: ZoneInfo = self.calendar.hours.zone
        self.month = month_of(localdate(self.at, self.zone))

    @cached_property
    def tier(self) -> SupportTier:
        """The tier in force; the default one where a cancellation only waits to be carried out."""
        is_over = any(one.is_over(self.at) for one in self._subscriptions)
        given = [one for one in self._tiers if one.pk == one.in_force and not is_over]  # type: ignore[attr-defined]  # an annotation
        return given[0] if given else next(one for one in self._tiers if one.is_default)

    @cached_property
    def subscription(self) -> Subscription | None:
        """What is booked; None for who has the default tier."""
        running = [one for one in self._subscriptions if one.ended_at is None]
        return next((one for one in running if not one.is_over(self.at)), None)

    @cached_property
    def is_granted(self) -> bool:
        """True for a tier that somebody gave without a booking: it costs nothing."""
        return self.subscription is None and not self.tier.is_default

    @cached_property
    def prices(self) -> PriceList:
        begun = [one for one in self._price_lists if one.valid_from <= self.month]
        return begun[0] if begun else self._price_lists[-1]

    @cached_property
    def next_prices(self) -> PriceList | None:
        """The list that will take the current one's place, if there is one yet."""
        later = [one for one in self._price_lists if one.valid_from > self.month]
        return later[-1] if later and later[-1] != self.prices else None

    @property
    def announced(self) -> PriceList | None:
        """The next prices, if who has booked is told of them already."""
        later = self.next_prices
        announce_at = later.announce_at if later else None
        return later if announce_at is not None and announce_at <= self.at else None

    @cached_property
    def offers(self) -> list[Offer]:
        """In the order of the tiers; a withdrawn one is shown to whoever has it."""
        shown = [self._offer(tier) for tier in self._tiers]
        return [one for one in shown if one.is_current or one.is_bookable or one.tier.is_default]

    def offer(self, pk: int) -> Offer | None:
        return next((one for one in self.offers if one.tier.pk == pk), None)

    @cached_property
    def suggested(self) -> Offer | None:
        """What is looked at first: the next level up."""
        higher = [one for one in self.offers if one.is_upgrade and one.is_bookable]
        return higher[0] if higher else None

    def price_of(self, tier: SupportTier) -> Tax | None:
        return self.prices.price(tier)

    def account(self, tier: SupportTier | None = None) -> Account:
        """What this month costs: as it is booked, or with a tier from this moment on.

        With the default tier: as if it were cancelled at this moment.
        """
        stays = [one.stay for one in self._subscriptions]
        if tier is not None:
            stays = [self._cut(stay) for stay in stays]
            if not tier.is_default:
                stays.append(Stay(tier.pk, self.at))
        return account(
            stays,
            self.prices.by_tier(),
            month=self.month,
            zone=self.zone,
            is_gross=self.prices.is_gross,
        )

    def parts(self, owed: Account) -> list[Part]:
        """What an account consists of, in words."""
        names = {tier.pk: tier.name for tier in self._tiers}
        return [Part(names[item.tier], len(item.days), item.cents) for item in owed.items]

    def token(self, tier: SupportTier) -> str:
        """What was shown about a tier: a booking that sends it back gets that, or is asked again.

        Two parts, what is booked and what is sold at which price today, so that the answer can say
        which one changed.
        """
        return f"{self._booked_token()}.{self._price_token(tier)}"

    @property
    def month_end(self) -> datetime:
        """The moment (aware) at which a cancellation for the end of the month takes effect."""
        return midnight(month_after(self.month), self.zone)

    def _cut(self, stay: Stay) -> Stay:
        ends = [one for one in (stay.end, self.at) if one is not None]
        return replace(stay, end=max(min(ends), stay.start))

    def _offer(self, tier: SupportTier) -> Offer:
        price, later = self.price_of(tier), self._upcoming(tier)
        is_current = tier == self.tier
        is_held = self.subscription is not None and is_current
        return Offer(
            tier=tier,
            price=price,
            upcoming=later,
            is_current=is_current,
            is_upgrade=tier.position > self.tier.position,
            is_bookable=price is not None
            and tier.is_offered
            and not tier.is_default
            and not is_held,
        )

    def _upcoming(self, tier: SupportTier) -> Upcoming | None:
        if self.next_prices is None:
            return None
        later = self.next_prices.price(tier)
        if later is None or later == self.price_of(tier):
            return None
        return Upcoming(self.next_prices.valid_from, later)

    def _booked_token(self) -> str:
        booked = self.subscription
        held = booked and [booked.pk, str(booked.cancel_at)]
        return _digest(self.organisation.pk, held, self.tier.pk)

    def _price_token(self, tier: SupportTier) -> str:
        lists = [self.prices, self.next_prices]
        shown = [
            one and [one.cents(tier), one.vat_rate, one.is_gross, str(one.valid_from)]
            for one in lists
        ]
        day = localdate(self.at, self.zone)
        # With the day, what this month costs changes; with the terms, what it is paid for.
        return _digest(str(day), tier.pk, tier.position, fingerprint(tier), shown)

    @cached_property
    def _tiers(self) -> list[SupportTier]:
        """All tiers in their order, each with the id of the one that was given last here."""
        given = TierAssignment.objects.filter(organisation=self.organisation)
        last = given.order_by("-valid_from", "-pk").values("tier_id")[:1]
        return list(SupportTier.objects.annotate(in_force=Subquery(last)))

    @cached_property
    def _price_lists(self) -> list[PriceList]:
        """The latest first."""
        return list(PriceList.objects.order_by("-valid_from"))

    @cached_property
    def _subscriptions(self) -> list[Subscription]:
        """Those of this month, the running one among them, also one that should have ended."""
        start, mine = midnight(self.month, self.zone), self.organisation.subscriptions.all()
        found = mine.within(start, self.month_end) | mine.running()
        return list(found.select_related("tier", "by").order_by("started_at", "pk"))


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
