"""Who writes the invoices: the tenant itself, as the law wants it on each of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing import pdf
from billing.models import Supplier
from desk import supplier_page
from desk.page import desk_page
from desk.sample_invoice import sample_invoice as sample_of
from desk.supplier_forms import SupplierPageForm
from helpdesk.downloads import pdf_response
from helpdesk.http import Request, tenant_admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def supplier(request: Request) -> HttpResponse:
    """Show and change what stands on every invoice from now on."""
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    form = SupplierPageForm(*typed, instance=Supplier.current())
    if typed and form.is_valid() and supplier_page.save(form):
        messages.success(request, _("Saved. It counts for invoices written from now on."))
        return redirect("desk:supplier")
    status = 422 if form.errors else 200
    context = supplier_page.context(form)
    return desk_page(request, "desk/settings/supplier.html", context, status=status)


@require_safe
@tenant_admin_required
def sample_invoice(request: Request) -> HttpResponse:
    """How an invoice looks, with what is stored; it has no number and belongs to nobody."""
    sample = sample_of(Supplier.current())
    return pdf_response(pdf.render(sample), sample.filename)
