"""Where an invited agent or tenant admin comes in."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import invitations, services
from accounts.forms import InvitationForm


@login_not_required
@never_cache
@sensitive_post_parameters("password1")
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let the invited person choose name and password, sign them in, lead them to the desk."""
    try:
        user = invitations.invited(token)
        form = InvitationForm(request.POST or None, user=user)
        if not form.is_valid():
            return render(request, "account/invitation.html", {"form": form, "invited": user})
        user = services.accept_invitation(
            token, name=form.cleaned_data["name"], password=form.cleaned_data["password1"]
        )
    except invitations.InvitationInvalidError:
        return render(request, "account/invitation.html", {"form": None}, status=404)
    adapter = get_adapter()
    adapter.login(request, user)
    return redirect(adapter.get_login_redirect_url(request))
