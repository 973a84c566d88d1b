"""What the widget asks for: its script, a stamp, and to send. No session, no cookie, no user."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from channels.contact_form import limits, stamp, widget
from channels.contact_form.models import LANGUAGES, ContactForm
from channels.contact_form.receiving import KEPT, TOO_MUCH, Received, receive, too_much

# Seconds for which browsers keep the script, and the answer to a preflight.
SCRIPT_AGE = 300
PREFLIGHT_AGE = 600


@login_not_required
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The widget, for any website: what it may do is decided when it sends."""
    response = HttpResponse(
        widget.script(ContactForm.current()), content_type="text/javascript; charset=utf-8"
    )
    response.headers["Cache-Control"] = f"public, max-age={SCRIPT_AGE}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


# No right comes with a cookie here: whoever sends is a stranger, on every website.
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "OPTIONS", "POST"])
def entry(request: HttpRequest) -> HttpResponse:
    """A stamp for a form that is opened (GET), and what was written in it (POST).

    Answers only websites on the tenant's list, and our own pages.
    """
    form, origin = ContactForm.current(), request.headers.get("Origin", "")
    is_ours = origin == f"{request.scheme}://{request.get_host()}"
    with translation.override(_language(request)):
        if not form.is_enabled or not (is_ours or form.allows(origin) or _is_look(request)):
            response: HttpResponse = _refused()
        else:
            response = _answer(request)
            if origin:
                response.headers["Access-Control-Allow-Origin"] = origin
    patch_vary_headers(response, ["Origin"])
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_look(request: HttpRequest) -> bool:
    """A browser names no website where it stays on its own."""
    return request.method in {"GET", "HEAD"} and "Origin" not in request.headers


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Max-Age": str(PREFLIGHT_AGE),
            },
        )
    if request.method != "POST":
        return JsonResponse({"stamp": stamp.new()})
    refusal = limits.at_the_door(request)
    if refusal is not None and refusal.is_flood:
        return _with_patience({"error": too_much(refusal)}, TOO_MUCH, refusal.wait)
    return _told(receive(request, refusal))


def _told(received: Received) -> HttpResponse:
    if received.ticket is not None:
        said = _(
            "We send you an e-mail. Please open the link in it, so that we know the address is "
            "yours."
        )
        return JsonResponse({"number": received.ticket.number, "said": said})
    if received.status == KEPT:
        said = _("Your message is kept safely. It becomes a ticket in a few minutes.")
        return JsonResponse({"number": None, "said": said}, status=KEPT)
    errors = {name: " ".join(map(str, found)) for name, found in received.form.errors.items()}
    answer = {
        "error": errors.pop("__all__", ""),
        "fields": errors,
        "stamp": received.form.next_stamp,
    }
    wait = received.refusal.wait if received.refusal else 0
    return _with_patience(answer, received.status, wait)


def _with_patience(answer: dict[str, object], status: int, wait: int) -> HttpResponse:
    response = JsonResponse(answer, status=status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _refused() -> JsonResponse:
    error = _("The contact form may not be used on this website. Your text is kept.")
    return JsonResponse({"error": error}, status=403)


def _language(request: HttpRequest) -> str:
    """The widget's language, which is its website's and not the browser's."""
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else LANGUAGES[0]
