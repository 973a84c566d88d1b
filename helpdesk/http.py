"""What every page shares: the typed request, who may come in, headers, and what templates know."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from helpdesk.live import tokens
from tenants.models import Tenant

logger = logging.getLogger(__name__)

# What `wants_partial` looks at: a view that asks it says so to caches.
PART_VARIES = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")

P = ParamSpec("P")


class Request(HttpRequest):
    """A signed-in person's request on a tenant's host; only views behind sign-in may ask for it."""

    if TYPE_CHECKING:
        user: User
        tenant: Tenant
        htmx: HtmxDetails


View = Callable[Concatenate[Request, P], HttpResponseBase]


def agent_required(view: View[P]) -> View[P]:
    """The desk is for agents and tenant admins; for a customer it does not exist (404)."""

    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_agent:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def tenant_admin_required(view: View[P]) -> View[P]:
    """For the tenant's administrators; for everybody else it does not exist (404)."""

    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_tenant_admin:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def customer_required(view: View[P]) -> View[P]:
    """The portal shows a customer their own; an agent is led to the desk instead."""

    @wraps(view)
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_agent:
            return redirect("desk:queue")
        return view(request, *args, **kwargs)

    return guarded


def wants_partial(request: HttpRequest) -> bool:
    """True for an htmx request that swaps a part; a boosted or restored page is a whole one."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def keep_anchor(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Do not lead htmx on to a place in a page: it would never learn which.

    A browser hides from scripts the way it was led. They are told that there is no page to swap,
    and where the page is: it is loaded as a whole.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if "#" not in response.headers.get("Location", ""):
            return response
        patch_vary_headers(response, PART_VARIES)
        if getattr(request, "htmx", False) and not wants_partial(request):
            response.status_code = 204
            response.headers["HX-Redirect"] = response.headers["Location"]
            del response.headers["Location"], response.headers["Content-Type"]
        return response

    return middleware


def id_in(text: str) -> int | None:
    """The id that a form or an address names; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Add what protects a page; a view that sets a header itself keeps its own."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_security_policy(request))
        headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        )
        # A page holds one person's view of one tenant: no shared cache, always asked again.
        headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


def content_security_policy(request: HttpRequest) -> str:
    """Everything from this host alone; a tenant's page may ask the live process besides it."""
    # The host of a request that found no tenant may be no host at all.
    live = _origin(live_url(request)) if hasattr(request, "tenant") else ""
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {live}".rstrip(),
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def live_url(request: HttpRequest) -> str:
    """Where the live process answers: its own port of this host, or where a proxy serves it."""
    if settings.LIVE_URL:
        return f"{settings.LIVE_URL.rstrip('/')}/events"
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{shown}:{settings.LIVE_PORT}/events"


def page_context(request: HttpRequest) -> dict[str, object]:
    """What every template knows besides the request; costs no query of its own."""
    return {"tenant": getattr(request, "tenant", None), "live": live_stream(request)}


def live_stream(request: HttpRequest) -> dict[str, object] | None:
    """Where the agent's live stream is, with a fresh token; None for everybody else."""
    user, tenant = getattr(request, "user", None), getattr(request, "tenant", None)
    if user is None or tenant is None or not user.is_authenticated or not user.is_agent:
        return None
    issued = tokens.issue(
        schema=tenant.schema_name,
        user_id=user.pk,
        is_agent=user.is_agent,
        origin=request.build_absolute_uri("/").rstrip("/"),
    )
    return {
        "url": live_url(request),
        "token": issued.token,
        "expires_at": issued.expires_at,
    }


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve: 200 with the database, 503 without; knows no tenant."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.warning("The database does not answer")
        return JsonResponse({"status": "database away"}, status=503)
    return JsonResponse({"status": "ok"})


@csrf_exempt
@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Show the pages in another language; who is signed in gets their mails in it too.

    A stranger's choice is a cookie and nothing else: it needs no token, and so public pages can be
    cached.
    """
    checked: Callable[[HttpRequest], HttpResponseBase] = (
        csrf_protect(_choose_language) if request.user.is_authenticated else _choose_language
    )
    return checked(request)


def _choose_language(request: HttpRequest) -> HttpResponseBase:
    language = request.POST.get("language", "")
    user = request.user
    # Django itself takes every language it was ever translated into.
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if isinstance(user, User) and user.language != language:
        user.language = language
        user.save(update_fields=["language"])
    return set_language(request)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The one answer for what is not there and for what this person may not see."""
    return render(request, "404.html", status=404)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
