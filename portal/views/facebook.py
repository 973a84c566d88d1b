"""A customer says that it is them who writes on Facebook, or takes that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from channels.facebook import linking
from helpdesk.http import Request, customer_required


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def link(request: Request, token: str) -> HttpResponse:
    """Looking changes nothing; the button confirms."""
    try:
        person = linking.asked_by(token, request.user)
        if request.method == "POST":
            linking.confirm(token, by=request.user)
            said = _("Done. What you write to %(page)s on Facebook belongs to your account now.")
            messages.success(request, said % {"page": person.page})
            return redirect("portal:tickets")
    except linking.LinkInvalidError:
        return render(request, "portal/facebook_link.html", {"person": None}, status=404)
    return render(request, "portal/facebook_link.html", {"person": person})


@require_POST
@customer_required
def unlink(request: Request, pk: int) -> HttpResponse:
    """What comes from Facebook later is a stranger's again."""
    person = get_object_or_404(linking.links_of(request.user), pk=pk)
    linking.remove(person)
    messages.success(request, _("Facebook is no longer connected with your account."))
    return redirect("portal:settings")
