"""Einstellungen / Sicherheit: how somebody signs in, and where they are signed in."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import sessions
from accounts.models import User
from helpdesk.http import Request


@require_safe
def security(request: Request) -> HttpResponse:
    """Password, second factors and devices; for customers, agents and tenant admins alike."""
    key = request.session.session_key
    if not UserSession.objects.filter(session_key=key).exists():
        # Signed in before browsers were remembered.
        UserSession.objects.create_from_request(request)
    factors = _factors(request.user)
    shown = {**factors, "devices": sessions.devices(request.user, request.session.session_key)}
    return render(request, "account/security.html", shown)


@require_POST
def end_session(request: Request, pk: int) -> HttpResponse:
    """Sign one other device out; what is no device of theirs does not exist."""
    try:
        sessions.end(request.user, pk, request.session.session_key)
    except UserSession.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The device is signed out."))
    return redirect("mfa_index")


@require_POST
def end_other_sessions(request: Request) -> HttpResponse:
    """Sign out everywhere but here."""
    count = sessions.end_others(request.user, request.session.session_key)
    said = ngettext("%d other device is signed out.", "%d other devices are signed out.", count)
    messages.success(request, said % count if count else _("You were not signed in anywhere else."))
    return redirect("mfa_index")


def _factors(user: User) -> dict[str, object]:
    """What protects the account besides the password."""
    own: dict[str, list[Authenticator]] = {}
    for factor in Authenticator.objects.filter(user=user).order_by("created_at", "pk"):
        own.setdefault(factor.type, []).append(factor)
    codes = own.get(Authenticator.Type.RECOVERY_CODES, [])
    return {
        "app": next(iter(own.get(Authenticator.Type.TOTP, [])), None),
        "passkeys": own.get(Authenticator.Type.WEBAUTHN, []),
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        # A second factor on an address that is another's would lock its owner out.
        "may_add": not EmailAddress.objects.filter(user=user, verified=False).exists(),
    }
