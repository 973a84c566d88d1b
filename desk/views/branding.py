"""How the portal looks: name, logo, colours, legal links."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from desk import branding_page
from desk.branding_forms import BrandingForm
from desk.page import desk_page
from helpdesk import brand, colours
from helpdesk.http import Request, tenant_admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def branding(request: Request) -> HttpResponse:
    """Show, preview and keep the look; a preview keeps nothing."""
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    form = BrandingForm(request.tenant.brand, *typed)
    act = request.POST.get("act", "")
    if act == "propose":
        form = branding_page.with_proposals(form)
    is_valid = form.is_valid()
    if is_valid and not act:
        branding_page.save(form)
        messages.success(request, _("Saved. Your portal looks like this from now on."))
        return redirect("desk:branding")
    context = branding_page.context(form, is_previewed=bool(act) and is_valid)
    status = 422 if typed and not is_valid else 200
    return desk_page(request, "desk/settings/branding.html", context, status=status)


@require_safe
@tenant_admin_required
def brand_preview(request: Request) -> HttpResponse:
    """The style sheet of two colours that are not saved yet, for the preview's panes alone."""
    light, dark = request.GET.get("light", ""), request.GET.get("dark", "")
    if not all(one == "" or colours.is_colour(one) for one in (light, dark)):
        raise Http404
    sheet = brand.style_sheet(light, dark, ".brand-preview")
    return HttpResponse(sheet, content_type="text/css; charset=utf-8")
