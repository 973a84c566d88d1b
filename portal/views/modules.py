"""Einstellungen / Zusatzmodule: book, change and cancel a support tier."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Organisation
from billing import booking
from billing.forms import AddressForm
from billing.models import BillingAddress
from billing.shop import Offer, Shop
from billing.words import refusal_words
from helpdesk.http import Request, customer_required, id_in
from portal import told
from portal.modules import ModulesPage
from portal.organisation import administered, administrators, membership_of
from sla.models import SupportTier
from sla.tiers import default_tier, zone


@require_safe
@customer_required
def modules(request: Request) -> HttpResponse:
    """The tiers side by side; members read, administrators book."""
    membership = membership_of(request.user)
    if membership is None:
        return render(request, "portal/modules_unconfirmed.html")
    organisation = membership.organisation
    page = ModulesPage(organisation, id_in(request.GET.get("level", "")))
    return _page(request, page, is_admin=membership.is_admin)


@require_POST
@customer_required
def create_booking(request: Request) -> HttpResponse:
    """Book the tier of the form, at the price that the form was shown with."""
    organisation = administered(request)
    tier = get_object_or_404(SupportTier, pk=id_in(request.POST.get("level", "")))
    form = None
    offer = Shop(organisation).offer(tier.pk)
    if offer is not None and _needs_address(organisation, offer):
        form = AddressForm(request.POST, instance=BillingAddress(organisation=organisation))
        if not form.is_valid():
            page = ModulesPage(organisation, tier.pk)
            return _page(request, page, is_admin=True, form=form, status=422)
    try:
        event = booking.book(
            organisation,
            tier,
            by=request.user,
            seen=request.POST.get("seen", ""),
            address=form.instance if form else None,
        )
    except booking.BookingError as error:
        messages.error(request, refusal_words(error))
        page = ModulesPage(organisation, tier.pk)
        return _page(request, page, is_admin=True, form=form, status=409)
    return redirect("portal:booking", event.pk)


@require_safe
@customer_required
def confirmation(request: Request, pk: int) -> HttpResponse:
    """What was booked or cancelled: tier, price, moment and who."""
    organisation = administered(request)
    events = organisation.billing_events.filter(tier__isnull=False)
    event = get_object_or_404(events.select_related("tier", "before", "organisation"), pk=pk)
    shop = Shop(organisation)
    context = {"event": event, "shop": shop, "account": shop.account()}
    with override(shop.zone):
        return render(request, "portal/booking.html", context)


@require_safe
@customer_required
def history(request: Request) -> HttpResponse:
    """What was booked, changed, cancelled and paid, by whom and when."""
    organisation = administered(request)
    shown = {"organisation": organisation, "history": booking.history(organisation)}
    with override(zone()):
        return render(request, "portal/booking_history.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def cancellation(request: Request) -> HttpResponse:
    """Cancel at once or for the end of the month: two clicks, no reason asked."""
    organisation = administered(request)
    if request.method == "POST":
        return _cancel(request, organisation)
    return _cancellation_page(request, organisation)


@require_POST
@customer_required
def revoke_cancellation(request: Request) -> HttpResponse:
    """Take a cancellation back that has not taken effect."""
    organisation = administered(request)
    try:
        event = booking.revoke(organisation, by=request.user)
    except booking.NothingBookedError:
        messages.error(request, _("There is no cancellation left to take back."))
        return redirect("portal:modules")
    return redirect("portal:booking", event.pk)


def _cancel(request: Request, organisation: Organisation) -> HttpResponse:
    try:
        event = booking.cancel(
            organisation,
            by=request.user,
            seen=request.POST.get("seen", ""),
            at_month_end=request.POST.get("when") != "now",
        )
    except (booking.BookedMeanwhileError, booking.PriceChangedError) as error:
        messages.error(request, refusal_words(error))
        return _cancellation_page(request, organisation, status=409)
    except booking.NothingBookedError:
        messages.info(request, _("Nothing is booked: there is nothing to cancel."))
        return redirect("portal:modules")
    return redirect("portal:booking", event.pk)


def _cancellation_page(
    request: Request, organisation: Organisation, *, status: int = 200
) -> HttpResponse:
    shop = Shop(organisation)
    if shop.subscription is None:
        return redirect("portal:modules")
    context = {
        "shop": shop,
        "default": default_tier(),
        "token": shop.token(shop.tier),
        "now": shop.account(default_tier()),
        "through": shop.account(),
    }
    with override(shop.zone):
        return render(request, "portal/cancellation.html", context, status=status)


def _page(
    request: Request,
    page: ModulesPage,
    *,
    is_admin: bool,
    form: AddressForm | None = None,
    status: int = 200,
) -> HttpResponse:
    organisation = page.shop.organisation
    needs_address = page.offer is not None and _needs_address(organisation, page.offer)
    if is_admin and form is None and needs_address:
        initial = {"name": organisation.name, "email": request.user.email}
        form = AddressForm(initial=initial)
    context = {
        "shop": page.shop,
        "cards": page.cards(),
        "choice": page.choice() if is_admin else None,
        "form": form,
        "is_admin": is_admin,
        "administrators": [] if is_admin else administrators(organisation),
        "hours": told.hours_of(page.shop.calendar.hours, page.shop.at),
    }
    with override(page.shop.zone):
        return render(request, "portal/modules.html", context, status=status)


def _needs_address(organisation: Organisation, offer: Offer) -> bool:
    """True where something is to be paid and nobody has said yet where the invoices go."""
    return not offer.is_free and not hasattr(organisation, "billing_address")
