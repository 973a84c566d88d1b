"""Whether customers are asked by mail what they thought of an answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from channels.models import RatingSettings
from desk.page import desk_page
from desk.rating_forms import RatingSettingsForm
from helpdesk.http import Request, tenant_admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def rating_settings(request: Request) -> HttpResponse:
    """Show and change it; what is scheduled already is asked only while it is switched on."""
    form = RatingSettingsForm(request.POST or None, instance=RatingSettings.current())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. It counts for tickets solved from now on."))
        return redirect("desk:rating_settings")
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/ratings.html", {"form": form}, status=status)
