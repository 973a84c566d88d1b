"""What booking a support level for a customer would do right now, and who will be told."""

from __future__ import annotations

from accounts.models import Organisation, User
from billing import booking, mails
from billing.accounting import last_day
from billing.choice import choose
from billing.forms import AddressForm
from billing.models import BillingAddress, BillingEvent
from billing.shop import Shop
from sla.models import SupportTier
from sla.tiers import default_tier


def context(shop: Shop, chosen: int | None, form: AddressForm | None = None) -> dict[str, object]:
    """The page of a booking; `chosen` is a tier's id, the next level up unless given."""
    organisation = shop.organisation
    offers = [one for one in shop.offers if one.is_bookable]
    if chosen is None:
        offer = shop.suggested or (offers[-1] if offers else None)
    else:
        offer = next((one for one in offers if one.tier.pk == chosen), None)
    if form is None and needs_address(organisation):
        form = address_form(organisation)
    return {
        "organisation": organisation,
        "shop": shop,
        "offers": offers,
        "choice": choose(shop, offer) if offer else None,
        "form": form,
        "told": told(organisation),
    }


def cancellation(shop: Shop) -> dict[str, object]:
    """The page of a cancellation: what either moment would mean."""
    return {
        "organisation": shop.organisation,
        "shop": shop,
        "default": default_tier(),
        "token": shop.token(shop.tier),
        "last_day": last_day(shop.month_end, shop.zone),
        "at_once": shop.account(default_tier()),
        "at_month_end": shop.account(),
        "told": told(shop.organisation),
    }


def book(
    organisation: Organisation, tier: SupportTier, form: AddressForm | None, *, by: User, seen: str
) -> BillingEvent:
    """The address and the booking, both or neither; raises `booking.BookingError`."""
    address = form.instance if form else None
    return booking.book(organisation, tier, by=by, seen=seen, address=address)


def needs_address(organisation: Organisation) -> bool:
    return not BillingAddress.objects.filter(organisation=organisation).exists()


def address_form(organisation: Organisation, typed: object = None) -> AddressForm:
    """The form of an organisation's address: as it is stored, or with what is known of it."""
    stored = BillingAddress.objects.filter(organisation=organisation).first()
    initial = None if stored else _known(organisation)
    instance = stored or BillingAddress(organisation=organisation)
    return AddressForm(typed, instance=instance, initial=initial)


def told(organisation: Organisation) -> list[str]:
    """The addresses that hear by mail of what is booked or cancelled."""
    return [address for address, _name, _language in mails.readers_of(organisation)]


def _known(organisation: Organisation) -> dict[str, str]:
    heard = told(organisation)
    return {"name": organisation.name, "email": heard[0] if heard else ""}
