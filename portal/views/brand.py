"""A tenant's colours and logo: files with a version in their address, kept for ever."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from helpdesk import brand
from tenants import logos
from tenants.models import Branding, Tenant

FOR_EVER = "public, max-age=31536000, immutable"


@login_not_required
@require_safe
def brand_colours(request: HttpRequest) -> HttpResponse:
    """The style sheet of the tenant's accents."""
    branding = Tenant.current().brand
    if not branding.has_colours:
        raise Http404
    sheet = brand.style_sheet(branding.accent_light, branding.accent_dark)
    response = HttpResponse(sheet, content_type="text/css; charset=utf-8")
    return _versioned(request, response, branding.colours_version)


@login_not_required
@require_safe
def brand_logo(request: HttpRequest) -> HttpResponse:
    """The logo: always a PNG that we have written ourselves."""
    branding: Branding = Tenant.current().brand
    content = logos.read(branding.logo) if branding.logo else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="image/png")
    return _versioned(request, response, branding.logo_version)


def _versioned(request: HttpRequest, response: HttpResponse, version: str) -> HttpResponse:
    """Kept for ever under the address of this version; asked again under any other."""
    if request.GET.get("v") == version:
        response["Cache-Control"] = FOR_EVER
    else:
        response["Cache-Control"] = "public, no-cache"
    return response
