"""The prices of the support levels: what counts, what is to come, and new ones."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import amounts
from billing import prices as service
from billing.models import PriceList
from desk import price_page
from desk.page import desk_page
from desk.price_forms import FirstPriceForm, PricesForm
from helpdesk.http import Request, tenant_admin_required
from sla.models import SupportTier
from sla.tiers import zone


@require_safe
@tenant_admin_required
def prices(request: Request) -> HttpResponse:
    """All price lists, the one in force first."""
    with override(zone()):
        return desk_page(request, "desk/settings/prices.html", price_page.lists())


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def new_prices(request: Request) -> HttpResponse:
    """Typed, looked at once more with what they change, and only then saved."""
    current = service.current()
    if request.method != "POST":
        return _page(request, current, PricesForm(current))
    form = PricesForm(current, request.POST)
    if request.POST.get("step") == "edit" or not form.is_valid():
        return _page(request, current, form)
    if request.POST.get("step") != "save":
        return _confirmation(request, form)
    if not _save(request, form):
        return _page(request, current, form)
    return redirect("desk:prices")


@require_POST
@tenant_admin_required
def add_price(request: Request, pk: int) -> HttpResponse:
    """Give a level that has none its first price; it can be booked at once."""
    tier = get_object_or_404(SupportTier, pk=pk)
    form = FirstPriceForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["price"][0]))
        return redirect("desk:prices")
    try:
        service.add(tier, form.cleaned_data["price"])
    except service.PricedError:
        messages.error(request, _("“%(tier)s” has a price or is booked already.") % {"tier": tier})
    else:
        messages.success(request, _("“%(tier)s” has its price.") % {"tier": tier})
    return redirect("desk:prices")


@require_POST
@tenant_admin_required
def withdraw_prices(request: Request, pk: int) -> HttpResponse:
    """Take prices back that do not count yet."""
    found = get_object_or_404(PriceList, pk=pk)
    day = amounts.day(found.valid_from)
    try:
        service.withdraw(found)
    except service.InForceError:
        messages.error(request, _("These prices have begun to count, and stay."))
    except PriceList.DoesNotExist:
        messages.info(request, _("These prices were withdrawn already."))
    else:
        messages.success(request, _("The prices from %(day)s are withdrawn.") % {"day": day})
    return redirect("desk:prices")


def _save(request: Request, form: PricesForm) -> bool:
    """Store the list; what stands against it becomes a complaint of the form."""
    asked = form.asked
    try:
        service.save(
            form.cents,
            valid_from=asked.valid_from,
            is_gross=asked.is_gross,
            vat_rate=asked.vat_rate,
            by=request.user,
        )
    except service.TooSoonError as error:
        said = _("That is too soon to announce them in time: %(day)s is the earliest.")
        form.add_error("valid_from", said % {"day": amounts.day(error.earliest)})
    except service.MonthTakenError:
        form.add_error("valid_from", _("There are new prices for this day already."))
    else:
        said = _("The new prices are saved. They count from %(day)s.")
        messages.success(request, said % {"day": amounts.day(asked.valid_from)})
        return True
    return False


def _confirmation(request: Request, form: PricesForm) -> HttpResponse:
    context = price_page.confirmation(form)
    hidden = {"csrfmiddlewaretoken", "step"}
    context["typed"] = [(name, one) for name, one in request.POST.items() if name not in hidden]
    with override(zone()):
        return desk_page(request, "desk/settings/prices_confirmation.html", context)


def _page(request: Request, current: PriceList, form: PricesForm) -> HttpResponse:
    context = {
        "form": form,
        "rows": [(tier, field, current.price(tier)) for tier, field in form.rows()],
    }
    is_refused = form.errors and request.POST.get("step") != "edit"
    status = 422 if is_refused else 200
    return desk_page(request, "desk/settings/new_prices.html", context, status=status)
