"""Einstellungen / Daten & Konto: what we keep of somebody, to take along or to have erased."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import erasing, exporting, privacy
from accounts.models import DataExport
from helpdesk.http import Request, customer_required
from portal.organisation import membership_of
from portal.proof import proof_required, too_many_mails


@require_safe
@customer_required
def own_data(request: Request) -> HttpResponse:
    """What can be taken along, and the way to the end of the account."""
    export = exporting.latest(request.user)
    context: dict[str, object] = {"sections": privacy.sections(), "export": export}
    context["failed"] = exporting.failed(request.user)
    if export is not None and export.ready_at is not None:
        context["kept_until"] = export.ready_at + exporting.KEPT_FOR
    return render(request, "portal/own_data.html", context)


@require_POST
@customer_required
@proof_required
def request_export(request: Request) -> HttpResponse:
    """Have one's own data packed; a mail says when it is ready."""
    limited = too_many_mails(request)
    if limited is not None:
        return limited
    exporting.request_export(request.user)
    messages.success(
        request, _("Your data is being prepared. We will e-mail you when it is ready.")
    )
    return redirect("portal:own_data")


@require_safe
@customer_required
@proof_required
def download(request: Request, pk: int) -> HttpResponseBase:
    """Give the archive to the very person it is about, for seven days."""
    try:
        export = exporting.fetchable(request.user, pk)
        content = default_storage.open(export.path)
    except (DataExport.DoesNotExist, FileNotFoundError) as error:
        raise Http404 from error
    day = f"{export.requested_at:%Y-%m-%d}"
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(
        content, as_attachment=True, filename=f"meine-daten-{day}.zip", headers=headers
    )


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
@proof_required
def deletion(request: Request) -> HttpResponse:
    """Say what goes and what stays; the second click ends the account at once."""
    obstacle = _obstacle(request)
    if request.method == "POST" and not obstacle:
        try:
            erasing.erase(request.user)
        except (erasing.OnlyAdminError, erasing.BookingRunsError):
            obstacle = _obstacle(request)
        else:
            logout(request)
            return redirect("portal:account_deleted")
    place = membership_of(request.user)
    context = {
        "obstacle": obstacle,
        "sections": privacy.sections(),
        "has_invoices": place is not None and place.organisation.invoices.exists(),
    }
    refused = obstacle and request.method == "POST"
    return render(request, "portal/account_deletion.html", context, status=409 if refused else 200)


@login_not_required
@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    """The last page: the account is gone."""
    return render(request, "portal/account_deleted.html")


def _obstacle(request: Request) -> str:
    """What keeps the account for now; empty where nothing does."""
    try:
        erasing.check(request.user)
    except erasing.OnlyAdminError:
        return "team"
    except erasing.BookingRunsError:
        return "booking"
    return ""
