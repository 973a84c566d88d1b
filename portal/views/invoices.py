"""The invoices of an organisation, and where they go."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing import addresses, mailing
from billing.forms import AddressForm
from billing.models import BillingAddress, Invoice
from helpdesk.downloads import pdf_response
from helpdesk.http import Request, customer_required
from portal.organisation import administered
from sla.tiers import zone


@require_safe
@customer_required
def invoices(request: Request) -> HttpResponse:
    """All documents of the organisation, the latest first."""
    organisation = administered(request)
    found = organisation.invoices.select_related("cancels", "cancelled_by")
    context = {
        "invoices": found.order_by("-year", "-sequence"),
        "today": localdate(now(), zone()),
        "address": BillingAddress.objects.filter(organisation=organisation).first(),
    }
    return render(request, "portal/invoices.html", context)


@require_safe
@customer_required
def invoice(request: Request, pk: int) -> HttpResponse:
    """One document as a PDF."""
    found = get_object_or_404(Invoice, organisation=administered(request), pk=pk)
    return pdf_response(mailing.content(found), found.filename)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def address(request: Request) -> HttpResponse:
    """Show and change where the invoices go."""
    organisation = administered(request)
    stored = BillingAddress.objects.filter(organisation=organisation).first()
    instance = stored or BillingAddress(
        organisation=organisation, name=organisation.name, email=request.user.email
    )
    form = AddressForm(request.POST or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        addresses.save_address(form.instance, by=request.user)
        messages.success(request, _("The address is saved. It applies to invoices from now on."))
        return redirect("portal:invoices")
    context = {"form": form, "is_new": stored is None}
    status = 422 if form.errors else 200
    return render(request, "portal/billing_address.html", context, status=status)
