"""A customer reads how to prove that it is them who writes on Facebook, or takes it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from channels.facebook import linking
from helpdesk.http import Request, customer_required


@never_cache
@require_safe
@customer_required
def link(request: Request, token: str) -> HttpResponse:
    """The number for the conversation; looking changes nothing."""
    try:
        person = linking.asked_by(token, request.user)
    except linking.LinkInvalidError:
        return render(request, "portal/facebook_link.html", {"person": None}, status=404)
    shown = {
        "person": person,
        "is_linked": linking.is_linked(person),
        "is_awaited": "written" in request.GET,
        "number": linking.number(person, request.user),
    }
    return render(request, "portal/facebook_link.html", shown)


@require_POST
@customer_required
def unlink(request: Request, pk: int) -> HttpResponse:
    """What comes from Facebook later is a stranger's again."""
    person = get_object_or_404(linking.links_of(request.user), pk=pk)
    linking.remove(person)
    messages.success(request, _("Facebook is no longer connected with your account."))
    return redirect("portal:settings")
