"""Connecting pages: through the sign-in at Facebook, or by a token from Meta's own tools."""

from __future__ import annotations

import secrets
import time

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels.facebook import connecting, graph, login, permissions, sealing
from channels.facebook.errors import FacebookError
from channels.facebook.login import Offered, RefusedError, TooLateError
from channels.facebook.sealing import SealBrokenError
from desk import facebook_page as showing
from desk.facebook_forms import TokenForm
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required

# In the session: which way through Facebook was begun here, and what came of it (sealed).
NONCE, GRANT = "facebook_nonce", "facebook_grant"
# Seconds in which pages can be chosen.
GRANT_LASTS = 30 * 60


@require_POST
@tenant_admin_required
def begin(request: Request) -> HttpResponse:
    """On to Facebook, from a page of its own: a form may not lead to another site."""
    if not graph.is_set_up():
        return redirect("desk:facebook")
    nonce = request.session[NONCE] = secrets.token_urlsafe(24)
    back_to = request.build_absolute_uri(reverse("desk:facebook_return"))
    context = {"target": login.dialog_url(back_to=back_to, nonce=nonce)}
    return desk_page(request, "desk/settings/facebook/leaving.html", context)


@require_safe
@tenant_admin_required
def come_back(request: Request) -> HttpResponse:
    """Back from Facebook: turn its code into a token, and show the pages."""
    nonce = request.session.pop(NONCE, "")
    try:
        code = login.code_of(request.GET.get("uebergabe", ""), nonce)
        token = login.token_for(code)
    except TooLateError:
        messages.warning(request, _("That took too long or came twice. Please begin again."))
    except RefusedError:
        messages.info(request, _("You did not agree at Facebook. Nothing has changed."))
    except FacebookError as error:
        messages.error(request, showing.words_for(error))
    else:
        request.session[GRANT] = {"token": sealing.seal(token), "until": time.time() + GRANT_LASTS}
        return redirect("desk:facebook_choice")
    return redirect("desk:facebook")


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def choose(request: Request) -> HttpResponse:
    """Which of the pages are to be connected."""
    token = _granted_token(request)
    if not token:
        messages.warning(request, _("That took too long or came twice. Please begin again."))
        return redirect("desk:facebook")
    try:
        offered, granted = login.offered(token), login.granted(token)
    except FacebookError as error:
        messages.error(request, showing.words_for(error))
        return redirect("desk:facebook")
    if request.method == "POST":
        chosen = set(request.POST.getlist("page"))
        if _connect_all(request, [one for one in offered if one.page_id in chosen]):
            request.session.pop(GRANT, None)
            return redirect("desk:facebook")
        return redirect("desk:facebook_choice")
    context = {
        "choices": showing.choices(offered),
        "permissions": permissions.compared(granted, is_choice=True),
    }
    return desk_page(request, "desk/settings/facebook/choice.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def paste_token(request: Request) -> HttpResponse:
    """Connect the page that a token speaks for."""
    if not graph.is_set_up():
        return redirect("desk:facebook")
    form = TokenForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            page = connecting.connect(form.cleaned_data["token"].strip(), by=request.user)
        except showing.EXPECTED as error:
            form.add_error("token", showing.words_for(error))
        else:
            _say_connected(request, str(page))
            return redirect("desk:facebook_page", page.pk)
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/facebook/token.html", {"form": form}, status=status)


def _granted_token(request: Request) -> str:
    """What the person who is choosing has brought from Facebook; empty when it is too old."""
    found = request.session.get(GRANT)
    if not isinstance(found, dict) or found["until"] < time.time():
        return ""
    try:
        return sealing.unseal(found["token"])
    except SealBrokenError:
        return ""


def _connect_all(request: Request, chosen: list[Offered]) -> bool:
    """Connect each page by itself, and say what became of it; True where all are connected."""
    if not chosen:
        messages.warning(request, _("Choose at least one page."))
    is_done = bool(chosen)
    for one in chosen:
        try:
            connecting.connect(one.token, by=request.user)
        except showing.EXPECTED as error:
            is_done = False
            words = {"page": one.name, "why": showing.words_for(error)}
            messages.error(request, _("“%(page)s” is not connected. %(why)s") % words)
        else:
            _say_connected(request, one.name)
    return is_done


def _say_connected(request: Request, name: str) -> None:
    messages.success(
        request,
        _("“%(page)s” is connected: what is written there from now on comes in here.")
        % {"page": name},
    )
