"""The contact form: whether it is there, what it says, and the line for the tenant's website."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from channels.contact_form.models import LANGUAGES, TEXTS
from channels.models import ContactForm
from desk.contact_form_forms import ContactFormSettings
from desk.page import desk_page
from helpdesk.http import Request, content_security_policy, tenant_admin_required


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def contact_form(request: Request) -> HttpResponse:
    """Show and change the contact form; the preview shows what is typed, before it is saved."""
    stored = ContactForm.current()
    form = ContactFormSettings(stored, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The contact form is saved."))
        return redirect("desk:contact_form")
    script = request.build_absolute_uri(reverse("contact_form:script"))
    context = {
        "form": form,
        "is_enabled": stored.is_enabled,
        "line": f'<script src="{script}" async></script>',
        "page": request.build_absolute_uri(reverse("portal:contact")),
    }
    status = 422 if form.errors else 200
    return desk_page(request, "desk/settings/contact_form.html", context, status=status)


@require_safe
@tenant_admin_required
def contact_form_preview(request: Request) -> HttpResponse:
    """A website with the widget on it, for the frame in the settings; it sends nothing."""
    language = request.GET.get("lang", "")
    texts = {name: request.GET.get(name, "")[:length] for name, length in TEXTS.items()}
    context = {
        "lang": language if language in LANGUAGES else LANGUAGES[0],
        "texts": {name: text for name, text in texts.items() if text},
        "theme": request.GET.get("theme", ""),
        "is_enabled": ContactForm.current().is_enabled,
    }
    response = render(request, "desk/settings/contact_form_preview.html", context)
    policy = content_security_policy(request).replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    response.headers["Content-Security-Policy"] = policy
    return response
