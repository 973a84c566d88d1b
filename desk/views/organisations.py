"""The customer organisations: who is in them, what they have booked, and what they owe."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import membership
from accounts.models import Membership, Organisation
from accounts.services import LastAdminError
from billing import addresses
from billing.shop import Shop
from desk import booking_page, organisation_list, organisation_page
from desk.organisation_page import RoleForm
from desk.page import desk_page
from helpdesk.http import Request, agent_required, tenant_admin_required
from sla.tiers import zone


@require_safe
@agent_required
def organisations(request: Request) -> HttpResponse:
    """Those that fit a search, in the order of their names."""
    page = organisation_list.find(request.GET.get("q", ""), request.GET.get("page", ""))
    context = {
        "page": page,
        "first_page": page.address(request.path, 1) if page.number > 1 else "",
        "next_page": "" if page.is_last else page.address(request.path, page.number + 1),
    }
    with override(zone()):
        return desk_page(request, "desk/organisations/list.html", context)


@require_safe
@agent_required
def organisation(request: Request, pk: int) -> HttpResponse:
    """One organisation; agents read, administrators act."""
    shop = Shop(get_object_or_404(Organisation, pk=pk))
    query = request.GET.get("person", "")
    context = organisation_page.shown(shop, to=request.user, query=query)
    with override(shop.zone):
        return desk_page(request, "desk/organisations/organisation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def address(request: Request, pk: int) -> HttpResponse:
    """Where the organisation's invoices go from now on."""
    found = get_object_or_404(Organisation, pk=pk)
    form = booking_page.address_form(found, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        addresses.save_address(form.instance, by=request.user)
        messages.success(request, _("The address is saved; invoices from now on carry it."))
        return redirect("desk:organisation", pk)
    context = {"organisation": found, "form": form}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/organisations/address.html", context, status=status)


@require_POST
@tenant_admin_required
def change_role(request: Request, pk: int, person: int) -> HttpResponse:
    """Make somebody the organisation's administrator, or a plain member again."""
    found = get_object_or_404(Organisation, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role. Nothing has changed."))
        return redirect("desk:organisation", pk)
    try:
        changed = membership.set_role(found, person, form.cleaned_data["role"])
    except Membership.DoesNotExist as error:
        raise Http404 from error
    except LastAdminError:
        said = _(
            "Nothing has changed: an organisation needs an administrator. "
            "Make somebody else administrator first."
        )
        messages.error(request, said)
        return redirect("desk:organisation", pk)
    said = _("%(name)s is a member now and can no longer book.")
    if changed.is_admin:
        said = _("%(name)s is administrator now and can book.")
    messages.success(request, said % {"name": changed.user})
    return redirect("desk:organisation", pk)
