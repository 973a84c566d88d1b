"""The tenant's Facebook pages: how they are, and what becomes of what is written there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels.facebook import connecting, health
from channels.facebook.health import NotCheckedError
from channels.models import FacebookPage
from desk import facebook_page as showing
from desk.facebook_forms import PageSettingsForm
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required


@require_safe
@tenant_admin_required
def facebook(request: Request) -> HttpResponse:
    """All pages, and the ways to connect one."""
    return desk_page(request, "desk/settings/facebook/pages.html", showing.overview())


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def facebook_page(request: Request, pk: int) -> HttpResponse:
    """How one page is, and its settings."""
    page = get_object_or_404(FacebookPage, pk=pk)
    form = PageSettingsForm(request.POST if request.method == "POST" else None, instance=page)
    if form.is_bound and form.is_valid():
        page.save(update_fields=form.Meta.fields)
        messages.success(request, _("Saved. It counts for what is written from now on."))
        return redirect("desk:facebook_page", pk)
    context = {"form": form, **showing.detail(page)}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/facebook/page.html", context, status=status)


@require_POST
@tenant_admin_required
def check_page(request: Request, pk: int) -> HttpResponse:
    """Ask Meta now how the page is."""
    page = get_object_or_404(FacebookPage.objects.all().connected(), pk=pk)
    try:
        health.check(page, is_asked_for=True)
    except NotCheckedError as error:
        messages.warning(
            request,
            _("Facebook could not be asked: %(words)s Please try again in a moment.")
            % {"words": error},
        )
    else:
        _say_how_it_is(request, page)
    return redirect("desk:facebook_page", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def disconnect_page(request: Request, pk: int) -> HttpResponse:
    """Say what disconnecting means, and do it."""
    page = get_object_or_404(FacebookPage.objects.all().connected(), pk=pk)
    if request.method != "POST":
        return desk_page(request, "desk/settings/facebook/disconnection.html", {"page": page})
    connecting.disconnect(page)
    messages.success(request, _("“%(page)s” is disconnected.") % {"page": page})
    return redirect("desk:facebook")


def _say_how_it_is(request: Request, page: FacebookPage) -> None:
    page.refresh_from_db()
    if page.is_active:
        messages.success(request, _("Everything is as it should be."))
    else:
        messages.warning(request, _("Something is still wrong; below is what, and what to do."))
