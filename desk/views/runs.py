"""The runs that write the invoices: previewed, started, watched and repeated."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing import amounts, invoicing
from billing.models import InvoiceRun
from desk import run_page
from desk.page import desk_page, desk_part
from helpdesk.http import Request, tenant_admin_required
from sla.tiers import zone


@require_safe
@tenant_admin_required
def runs(request: Request) -> HttpResponse:
    """Every month with a run, and those that are to come."""
    context = run_page.runs(request.GET.get("after", ""))
    context["first_page"] = "" if context["is_first"] else request.path
    context["next_page"] = f"{request.path}?after={context['after']}" if context["after"] else ""
    with override(zone()):
        return desk_page(request, "desk/billing/runs.html", context)


@require_safe
@tenant_admin_required
def run(request: Request, month: date) -> HttpResponse:
    """How the run of a month stands; without one, what it would write."""
    found = InvoiceRun.objects.select_related("by").filter(month=month).first()
    if found is None:
        return _preview(request, month)
    with override(zone()):
        return desk_page(request, "desk/billing/run.html", run_page.status(found))


@require_safe
@tenant_admin_required
def run_progress(request: Request, month: date) -> HttpResponse:
    """The part of the page that changes while the run goes on."""
    found = get_object_or_404(InvoiceRun.objects.select_related("by"), month=month)
    with override(zone()):
        return desk_part(request, "desk/billing/_run.html", run_page.status(found))


@require_POST
@tenant_admin_required
def start_run(request: Request, month: date) -> HttpResponse:
    """Write the invoices of a month, or those that it still lacks."""
    if not InvoiceRun.objects.filter(month=month).exists() and not run_page.preview(month):
        raise Http404
    try:
        started = invoicing.start(month, by=request.user)
    except invoicing.NotOverError:
        messages.error(request, _("This month is not over yet; nothing was written."))
        return redirect("desk:run", month)
    if not started.blocked:
        said = _("The invoices for %(month)s are being written.")
        messages.success(request, said % {"month": amounts.month(month)})
    return redirect("desk:run", month)


def _preview(request: Request, month: date) -> HttpResponse:
    found = run_page.preview(month)
    if found is None:
        raise Http404
    with override(found.zone):
        return desk_page(request, "desk/billing/run_preview.html", {"preview": found})
