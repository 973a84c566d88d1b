"""The tenant's own host names: ask, prove, choose, give back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import second_factor
from desk.domain_forms import DomainForm
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required
from tenants import domains as own
from tenants.domains import DomainInUseError
from tenants.models import Domain, DomainClaim


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def domains(request: Request) -> HttpResponse:
    """All names under which the portal is reached or shall be, and asking for another."""
    form = DomainForm(request.POST or None)
    if form.is_valid() and form.ask(request.tenant):
        messages.success(request, _("Noted. Now create the DNS record, then have it checked."))
        return redirect("desk:domains")
    names = request.tenant.domains.order_by("-is_primary", "domain")
    context = {
        "form": form,
        "domains": names,
        "with_passkey": second_factor.people_with_passkey() if len(names) > 1 else 0,
        "claims": request.tenant.domain_claims.order_by("host"),
        "own_host": own.own_host(request.tenant),
        "Result": DomainClaim.Result,
    }
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/domains.html", context, status=status)


@require_POST
@tenant_admin_required
def check_domain(request: Request, pk: int) -> HttpResponse:
    """Look whether a name is proven; what is missing stands on the page."""
    claim = get_object_or_404(request.tenant.domain_claims, pk=pk)
    if found := own.check(claim):
        said = _("%(host)s is yours. Your portal can be reached there now.")
        messages.success(request, said % {"host": found.domain})
    else:
        messages.warning(request, _("Not verified yet. The reason is shown beside the domain."))
    return redirect("desk:domains")


@require_POST
@tenant_admin_required
def give_up_domain(request: Request, pk: int) -> HttpResponse:
    """Ask for a name no longer."""
    request.tenant.domain_claims.filter(pk=pk).delete()
    return redirect("desk:domains")


@require_POST
@tenant_admin_required
def choose_domain(request: Request, pk: int) -> HttpResponse:
    """Lead everybody to this name from now on."""
    try:
        chosen = own.choose_primary(request.tenant, pk)
    except Domain.DoesNotExist as error:
        raise Http404 from error
    said = _(
        "Everybody is redirected to %(host)s from now on. You may have to sign in there again."
    )
    messages.success(request, said % {"host": chosen.domain})
    return redirect("desk:domains")


@require_POST
@tenant_admin_required
def remove_domain(request: Request, pk: int) -> HttpResponse:
    """Give a name back."""
    try:
        gone = own.remove(request.tenant, pk)
    except Domain.DoesNotExist as error:
        raise Http404 from error
    except DomainInUseError:
        messages.warning(
            request, _("This is the main domain. Please make another one the main domain first.")
        )
    else:
        said = _("%(host)s no longer leads here.")
        messages.success(request, said % {"host": gone.domain})
    return redirect("desk:domains")
