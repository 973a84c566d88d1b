"""The documents of billing: their list, the list as a file, and each of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing import mailing, settling
from billing.models import Invoice
from desk import invoice_export as export
from desk import invoice_lists, invoice_page
from desk.invoice_lists import InvoiceFilter
from desk.invoice_page import PaymentForm
from desk.page import desk_page
from helpdesk.downloads import pdf_response
from helpdesk.http import Request, tenant_admin_required
from sla.tiers import zone


@require_safe
@tenant_admin_required
def invoices(request: Request) -> HttpResponse:
    """The newest first."""
    form = InvoiceFilter(request.GET, localdate(now(), zone()))
    asked = form.asked()
    page = invoice_lists.page(asked, request.GET.get("after", ""))
    context = {
        "form": form,
        "asked": asked,
        "tabs": invoice_lists.tabs(asked, request.path),
        "rows": page.rows,
        "sums": invoice_lists.sums(asked),
        "first_page": "" if page.is_first else asked.address(request.path),
        "next_page": asked.address(request.path, after=page.after) if page.after else "",
        "export": asked.address(reverse("desk:invoice_export")),
    }
    return desk_page(request, "desk/billing/invoices.html", context)


@require_safe
@tenant_admin_required
def invoice_export(request: Request) -> HttpResponseBase:
    """The documents behind the filters as a file."""
    local = zone()
    asked = InvoiceFilter(request.GET, localdate(now(), local)).asked()
    name = f"rechnungen_{asked.month:%Y-%m}.csv" if asked.month else "rechnungen.csv"
    return StreamingHttpResponse(
        export.lines(asked, local),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Accel-Buffering": "no",
        },
    )


@require_safe
@tenant_admin_required
def invoice(request: Request, pk: int) -> HttpResponse:
    """What a document says, and what became of it."""
    document = _document(pk)
    return _page(request, document, PaymentForm(document, localdate(now(), zone())))


@require_POST
@tenant_admin_required
def record_payment(request: Request, pk: int) -> HttpResponse:
    """Write down when an invoice was paid, or with an empty day that it was not."""
    document = _document(pk)
    form = PaymentForm(document, localdate(now(), zone()), request.POST)
    if not form.is_valid() or not _save_payment(request, document, form):
        return _page(request, document, form)
    return redirect("desk:invoice", pk)


@require_POST
@tenant_admin_required
def cancel_invoice(request: Request, pk: int) -> HttpResponse:
    """Cancel an invoice by a document of its own, and write a new one if so wished."""
    document = _document(pk)
    is_reissued = bool(request.POST.get("is_reissued"))
    try:
        written = settling.cancel(document, by=request.user, is_reissued=is_reissued)
    except settling.NotInForceError:
        messages.error(request, _("This document is cancelled already, or is no invoice."))
        return redirect("desk:invoice", pk)
    except settling.BlockedError:
        messages.error(request, _("Nothing was cancelled: a new invoice cannot be written now."))
        return redirect("desk:invoice", pk)
    except settling.PaidError:
        messages.error(request, _("This invoice is paid: take the payment back first."))
        return redirect("desk:invoice", pk)
    _say_cancelled(request, document, written, is_reissued=is_reissued)
    return redirect("desk:invoice", written.pk)


@require_POST
@tenant_admin_required
def write_anew(request: Request, pk: int) -> HttpResponse:
    """Write an invoice in the place of a cancelled one, with today's addresses."""
    try:
        written = settling.write_anew(_document(pk), by=request.user)
    except settling.NotInForceError:
        messages.error(request, _("There is an invoice in its place already."))
    except settling.BlockedError:
        messages.error(request, _("A new invoice cannot be written now."))
    else:
        if written is not None:
            messages.success(request, _("The new one is %(new)s.") % {"new": written})
            return redirect("desk:invoice", written.pk)
        messages.warning(
            request, _("No new one was written: there is nothing to pay, or no address.")
        )
    return redirect("desk:invoice", pk)


@require_safe
@tenant_admin_required
def invoice_pdf(request: Request, pk: int) -> HttpResponse:
    """A document as its customer gets it."""
    document = get_object_or_404(Invoice.objects.select_related("cancels"), pk=pk)
    return pdf_response(mailing.content(document), document.filename)


def _document(pk: int) -> Invoice:
    related = ("organisation", "run", "cancels", "cancelled_by")
    return get_object_or_404(Invoice.objects.select_related(*related), pk=pk)


def _save_payment(request: Request, document: Invoice, form: PaymentForm) -> bool:
    """Store the day; what stands against it becomes a complaint of the form."""
    on = form.cleaned_data["on"]
    try:
        settling.mark_paid(document, on=on, by=request.user)
    except settling.LaterError:
        form.add_error("on", _("This day is still to come."))
    except settling.NotInForceError:
        form.add_error(None, _("This document is cancelled already, or is no invoice."))
    else:
        said = _("%(number)s is paid.") if on else _("%(number)s is open again.")
        messages.success(request, said % {"number": document})
        return True
    return False


def _say_cancelled(
    request: Request, document: Invoice, written: Invoice, *, is_reissued: bool
) -> None:
    numbers = {"number": document, "by": written}
    said = _("%(number)s is cancelled by %(by)s.") % numbers
    if not is_reissued:
        messages.success(request, said)
    elif new := invoice_page.follower(document):
        messages.success(request, f"{said} " + _("The new one is %(new)s.") % {"new": new})
    else:
        more = _("No new one was written: there is nothing to pay, or no address.")
        messages.warning(request, f"{said} {more}")


def _page(request: Request, document: Invoice, form: PaymentForm) -> HttpResponse:
    local = zone()
    context = invoice_page.context(document, localdate(now(), local), form)
    with override(local):
        return desk_page(
            request, "desk/billing/invoice.html", context, status=422 if form.errors else 200
        )
