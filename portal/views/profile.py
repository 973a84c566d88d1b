"""Einstellungen / Profil: who somebody is, and where we write to them."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import email_change
from helpdesk.http import Request
from portal.proof import proof_required, too_many_mails
from portal.settings_forms import EmailForm, ProfileForm


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Request) -> HttpResponse:
    """Show and change name and language; for customers, agents and tenant admins alike."""
    initial = {"language": request.user.language or translation.get_language()}
    form = ProfileForm(request.POST or None, instance=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        with translation.override(user.language):
            messages.success(request, _("Your profile is saved."))
        response = redirect("portal:profile")
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language)
        return response
    # A name that was refused must not stand in the page's head as if it were theirs.
    request.user.refresh_from_db(fields=["name", "language"])
    context = {"form": form, "email_form": EmailForm()}
    return render(request, "portal/profile.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@proof_required
def change_email(request: Request) -> HttpResponseBase:
    """Ask for another address: a mail goes there, and the answer is the same for every address."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limited = too_many_mails(request)
        if limited is not None:
            return limited
        email = form.cleaned_data["email"].strip().lower()
        if email == request.user.email:
            messages.info(request, _("That is your address already."))
            return redirect("portal:profile")
        email_change.ask(request.user, email)
        said = _(
            "An e-mail to %(email)s is on its way. Open the link in it within a day; until then "
            "your address stays as it is."
        )
        messages.success(request, said % {"email": email})
        return redirect("portal:profile")
    status = 422 if form.errors else 200
    return render(request, "portal/email_change.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: Request, token: str) -> HttpResponse:
    """Where the mail to the new address leads: only who asked for it, signed in, may confirm."""
    try:
        new = email_change.asked(request.user, token)
        if request.method == "POST":
            email_change.confirm(request.user, token)
            messages.success(request, _("Your new address is confirmed. You sign in with it."))
            return redirect("portal:profile")
    except email_change.LinkInvalidError:
        return render(request, "portal/new_email.html", status=404)
    except email_change.AddressTakenError:
        messages.error(request, _("This address now has an account of its own."))
        return redirect("portal:profile")
    return render(request, "portal/new_email.html", {"new": new})
