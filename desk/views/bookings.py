"""Booking and cancelling for a customer: what its own administrator can do, marked as done here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Organisation
from billing import booking
from billing.forms import AddressForm
from billing.models import BillingEvent
from billing.shop import Shop
from billing.words import refusal_words
from desk import booking_page
from desk.page import desk_page
from helpdesk.http import Request, id_in, tenant_admin_required
from sla.models import SupportTier


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def create_booking(request: Request, pk: int) -> HttpResponse:
    """What a level would do now; POST books it at the price that was shown."""
    organisation = get_object_or_404(Organisation, pk=pk)
    if request.method == "POST":
        return _book(request, organisation)
    return _booking_page(request, organisation, id_in(request.GET.get("level", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def create_cancellation(request: Request, pk: int) -> HttpResponse:
    """Cancel at once or for the end of the month."""
    organisation = get_object_or_404(Organisation, pk=pk)
    if request.method == "POST":
        return _cancel(request, organisation)
    return _cancellation_page(request, organisation)


@require_POST
@tenant_admin_required
def revoke_cancellation(request: Request, pk: int) -> HttpResponse:
    """Take a cancellation back that has not taken effect."""
    organisation = get_object_or_404(Organisation, pk=pk)
    try:
        event = booking.revoke(organisation, by=request.user)
    except booking.NothingBookedError:
        messages.error(request, _("There is no cancellation left to take back."))
    else:
        messages.success(request, _("The cancellation of %(tier)s is taken back.") % _names(event))
    return redirect("desk:organisation", pk)


def _book(request: Request, organisation: Organisation) -> HttpResponse:
    tier = get_object_or_404(SupportTier, pk=id_in(request.POST.get("level", "")) or 0)
    form = None
    if booking_page.needs_address(organisation):
        form = booking_page.address_form(organisation, request.POST)
        if not form.is_valid():
            return _booking_page(request, organisation, tier.pk, form=form, status=422)
    seen = request.POST.get("seen", "")
    try:
        event = booking_page.book(organisation, tier, form, by=request.user, seen=seen)
    except booking.BookingError as error:
        messages.error(request, refusal_words(error))
        return _booking_page(request, organisation, tier.pk, form=form, status=409)
    messages.success(request, _("%(tier)s is booked and in force.") % _names(event))
    return redirect("desk:organisation", organisation.pk)


def _cancel(request: Request, organisation: Organisation) -> HttpResponse:
    is_at_once = request.POST.get("when") == "now"
    seen = request.POST.get("seen", "")
    try:
        event = booking.cancel(
            organisation, by=request.user, seen=seen, at_month_end=not is_at_once
        )
    except (booking.BookedMeanwhileError, booking.PriceChangedError) as error:
        messages.error(request, refusal_words(error))
        return _cancellation_page(request, organisation, status=409)
    except booking.NothingBookedError:
        messages.info(request, _("Nothing is booked: there is nothing to cancel."))
    else:
        said = _("%(before)s has ended.") if is_at_once else _("%(before)s is cancelled.")
        messages.success(request, said % _names(event))
    return redirect("desk:organisation", organisation.pk)


def _booking_page(
    request: Request,
    organisation: Organisation,
    chosen: int | None,
    *,
    form: AddressForm | None = None,
    status: int = 200,
) -> HttpResponse:
    shop = Shop(organisation)
    context = booking_page.context(shop, chosen, form)
    with override(shop.zone):
        return desk_page(request, "desk/organisations/booking.html", context, status=status)


def _cancellation_page(
    request: Request, organisation: Organisation, *, status: int = 200
) -> HttpResponse:
    shop = Shop(organisation)
    if shop.subscription is None:
        return redirect("desk:organisation", organisation.pk)
    context = booking_page.cancellation(shop)
    with override(shop.zone):
        return desk_page(request, "desk/organisations/cancellation.html", context, status=status)


def _names(event: BillingEvent) -> dict[str, object]:
    return {"tier": event.tier, "before": event.before}
