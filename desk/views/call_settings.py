"""How calls are offered to customers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from channels.callback import offers
from channels.models import CallSettings
from desk.call_forms import CallSettingsForm
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def call_settings(request: Request) -> HttpResponse:
    """Show and change the slots; what is agreed stays agreed."""
    form = CallSettingsForm(request.POST or None, instance=CallSettings.current())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. Calls that are agreed stay as they are."))
        return redirect("desk:call_settings")
    context = {"form": form, "tiers": offers.opening_tiers()}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/calls.html", context, status=status)
