"""Booking, changing and cancelling a tier: the commercial record and the promise in one act.

Whoever changes what an organisation has booked holds the same locks as an upgrade, tickets first.
What was shown counts: `seen` is the token of the page (`Shop.token`), and a booking never costs
another price than that page said.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Min
from django.utils.timezone import now

from accounts.models import Membership, Organisation, User
from billing import mails
from billing.accounting import month_after
from billing.addresses import save_address
from billing.models import BillingAddress, BillingEvent, PriceList, Subscription
from billing.schedule import run_moment
from billing.shop import Offer, Shop
from sla.changes import assign_tier
from sla.models import SupportTier
from sla.tiers import default_tier
from sla.upgrade import lock_unanswered
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup

logger = logging.getLogger(__name__)

Kind = BillingEvent.Kind
# Each one writes mails; cancelling is never refused.
MOST_BOOKINGS = 20
DAY = timedelta(days=1)


class BookingError(Exception):
    """It could not be booked or cancelled; nothing was changed."""


class NotOfferedError(BookingError):
    """The tenant does not offer this tier (any more), or it has no price."""


class AddressMissingError(BookingError):
    """There is no address for the invoices yet."""


class PriceChangedError(BookingError):
    """What was shown is not so any more: the price, the level, or what the month costs."""


class BookedMeanwhileError(BookingError):
    """Somebody changed what is booked since it was shown; `event` says who and what."""

    def __init__(self, event: BillingEvent | None) -> None:
        super().__init__(str(event))
        self.event = event


class NotAllowedError(PermissionDenied):
    """Who asks does not administer the organisation (any more)."""


class TooOftenError(BookingError):
    """It was booked so often within a day that it can be no decision any more."""


class NothingBookedError(BookingError):
    """There is nothing to cancel, or no cancellation to take back."""


@act()
def book(
    organisation: Organisation,
    tier: SupportTier,
    *,
    by: User,
    seen: str,
    address: BillingAddress | None = None,
) -> BillingEvent:
    """Book a tier from this moment on, in the place of what was booked before.

    `address` is where the invoices go from now on, if that was asked for; it is stored with the
    booking or not at all. The same person's second click gets the line of the first. Raises
    BookingError's kinds.
    """
    shop = _locked(organisation, by)
    if address is not None:
        save_address(address, by=by)
    running, offer = shop.subscription, shop.offer(tier.pk)
    is_same = running is not None and running.tier_id == tier.pk
    if running is not None and is_same and not running.cancel_at:
        return _again(running, by)
    _check_booked(shop, tier, seen)
    if offer is None or not (is_same or offer.is_bookable):
        raise NotOfferedError
    if seen != shop.token(tier):
        raise PriceChangedError
    if is_same:
        return _revoke(shop, by)
    _check_pace(shop, by)
    if not offer.is_free and not BillingAddress.objects.filter(organisation=organisation).exists():
        raise AddressMissingError
    announced = _kept(shop.announced)
    if running is not None:
        _end(running, shop.at)
    Subscription.objects.create(
        organisation=organisation,
        tier=offer.tier,
        started_at=shop.at,
        by=by,
        told_of=announced,
    )
    before = shop.tier
    assign_tier(organisation, offer.tier, by=by, at=shop.at)
    event = _note(shop, Kind.CHANGED if running else Kind.BOOKED, by, offer=offer, before=before)
    wakeups.ask(Wakeup.Kind.BILLING, run_moment(month_after(shop.month), shop.zone))
    mails.booked(event, announced=announced)
    return event


@act()
def cancel(
    organisation: Organisation, *, by: User, seen: str, at_month_end: bool = False
) -> BillingEvent:
    """Cancel what is booked, at once or for the end of the month; no reason is asked."""
    shop = _locked(organisation, by)
    running = shop.subscription
    if running is None:
        last = _last(organisation)
        if last is not None and last.by == by and last.kind == Kind.CANCELLED:
            return last
        raise NothingBookedError
    if at_month_end and running.cancel_at is not None:
        return _again(running, by)
    _check_booked(shop, shop.tier, seen)
    if at_month_end and seen != shop.token(shop.tier):
        # The page may have shown the end of another month.
        raise PriceChangedError
    if at_month_end:
        running.cancel_at = shop.month_end
        running.save(update_fields=["cancel_at"])
        wakeups.ask(Wakeup.Kind.BILLING, shop.month_end)
        event = _note(
            shop, Kind.PLANNED, by, offer=_offer(shop), before=shop.tier, at=shop.month_end
        )
    else:
        _end(running, shop.at)
        assign_tier(organisation, default_tier(), by=by, at=shop.at)
        event = _note(shop, Kind.CANCELLED, by, offer=_offer(shop), before=shop.tier)
    mails.cancelled(event)
    return event


@act()
def revoke(organisation: Organisation, *, by: User) -> BillingEvent:
    """Take back a cancellation that has not taken effect yet."""
    shop = _locked(organisation, by)
    if shop.subscription is None:
        raise NothingBookedError
    if shop.subscription.cancel_at is None:
        last = _last(organisation)
        if last is not None and last.by == by and last.kind == Kind.REVOKED:
            return last
        raise NothingBookedError
    return _revoke(shop, by)


def end_due(at: datetime | None = None) -> int:
    """Carry out the cancellations whose moment has come; returns how many."""
    due = Subscription.objects.ending(at).order_by("cancel_at", "pk")
    return sum(_try_to_end(one.organisation) for one in due.select_related("organisation"))


def next_end() -> datetime | None:
    """The moment of the next cancellation that is planned."""
    planned = Subscription.objects.running()
    found: datetime | None = planned.aggregate(next=Min("cancel_at"))["next"]
    return found


def history(organisation: Organisation) -> list[BillingEvent]:
    """What was booked, changed, cancelled and paid, the latest first."""
    lines = organisation.billing_events.select_related("tier", "before", "by", "invoice")
    return list(lines.order_by("-at", "-pk"))


def _try_to_end(organisation: Organisation) -> bool:
    """One organisation's trouble must not keep the others waiting; it stays due."""
    try:
        return _end_planned(organisation)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("The planned end of %s could not be carried out", organisation.pk)
        return False


@act()
def _end_planned(organisation: Organisation) -> bool:
    lock_unanswered(organisation)
    return _carry_out(organisation, now())


def _kept(prices: PriceList | None) -> PriceList | None:
    """Prices that were shown, and that stay until this act ends.

    Locked here: the foreign key's check would do it at the commit, after the wakeups, crosswise
    with whoever announces them.
    """
    if prices is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM billing_pricelist WHERE id = %s FOR KEY SHARE", [prices.pk]
            )
            if cursor.fetchone() is None:
                raise PriceChangedError
    return prices


def _locked(organisation: Organisation, by: User) -> Shop:
    """The organisation as it stands, and stays until this act ends."""
    lock_unanswered(organisation)
    admins = organisation.memberships.filter(role=Membership.Role.ADMIN)
    # The page asked as well, but whoever waited for the lock may have lost the role meanwhile.
    if not by.is_agent and not admins.filter(user=by).exists():
        raise NotAllowedError
    moment = now()
    _carry_out(organisation, moment)
    return Shop(organisation, moment)


def _carry_out(organisation: Organisation, at: datetime) -> bool:
    """End what was cancelled for a moment that has passed: as of that moment, however late."""
    due = organisation.subscriptions.ending(at).select_related("tier").first()
    if due is None or due.cancel_at is None:
        return False
    _end(due, due.cancel_at)
    tier = default_tier()
    assign_tier(organisation, tier, at=due.cancel_at)
    event = BillingEvent.objects.create(
        organisation=organisation, kind=Kind.ENDED, at=due.cancel_at, tier=tier, before=due.tier
    )
    mails.cancelled(event)
    return True


def _check_booked(shop: Shop, tier: SupportTier, seen: str) -> None:
    """Raise BookedMeanwhileError if something else was booked when the page was shown."""
    if seen.partition(".")[0] != shop.token(tier).partition(".")[0]:
        raise BookedMeanwhileError(_last(shop.organisation))


def _check_pace(shop: Shop, by: User) -> None:
    today = shop.organisation.billing_events.filter(
        kind__in=[Kind.BOOKED, Kind.CHANGED], at__gt=shop.at - DAY
    )
    if not by.is_agent and today.count() >= MOST_BOOKINGS:
        raise TooOftenError


def _again(running: Subscription, by: User) -> BillingEvent:
    """It is booked or cancelled so already: by the same person's first click, or by another's."""
    last = _last(running.organisation)
    if last is not None and last.by_id == by.pk:
        return last
    raise BookedMeanwhileError(last)


def _last(organisation: Organisation) -> BillingEvent | None:
    bookings = organisation.billing_events.filter(tier__isnull=False)
    return bookings.select_related("tier", "by").order_by("-at", "-pk").first()


def _revoke(shop: Shop, by: User) -> BillingEvent:
    running = shop.subscription
    assert running is not None  # noqa: S101 (asked by the callers)
    running.cancel_at = None
    running.save(update_fields=["cancel_at"])
    event = _note(shop, Kind.REVOKED, by, offer=_offer(shop), before=None)
    mails.booked(event)
    return event


def _end(running: Subscription, at: datetime) -> None:
    running.ended_at = max(at, running.started_at)
    running.save(update_fields=["ended_at"])


def _offer(shop: Shop) -> Offer | None:
    """What is booked, as an offer."""
    return shop.offer(shop.tier.pk)


def _note(
    shop: Shop,
    kind: str,
    by: User,
    *,
    offer: Offer | None,
    before: SupportTier | None,
    at: datetime | None = None,
) -> BillingEvent:
    """Write the line of the history; a cancellation leads to the default tier."""
    is_end = kind in {Kind.CANCELLED, Kind.PLANNED}
    tier = default_tier() if is_end else offer.tier if offer else shop.tier
    price = None if is_end or offer is None else offer.price
    return BillingEvent.objects.create(
        organisation=shop.organisation,
        kind=kind,
        at=shop.at,
        by=by,
        by_name=str(by),
        is_by_tenant=by.is_agent,
        tier=tier,
        before=before,
        net=price.net if price else None,
        gross=price.gross if price else None,
        vat_rate=price.rate if price else None,
        effective_at=at,
    )
