"""Whole public pages, kept for strangers: readers without a session.

A page is kept under its tenant (the cache's own key function), host, path, known query, language
and the tenant's count of public changes (`tenants.public_changes.touch`), so a change is seen by
the next reader. What holds a form's token, a cookie or a message is never kept, nor is anything
for a browser that has a session. Browsers and proxies may keep the page too, but must ask each
time whether it still holds: a 304 costs them next to nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, NamedTuple, ParamSpec

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from helpdesk.http import PART_VARIES, wants_partial
from tenants.circuit import circuit

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

SECONDS = 300
# Stands in every key: with another one, nothing kept before is found.
EDITION = ""
# What else stands in an address makes no page of its own: it is answered, and not kept.
LONGEST_VALUE = 64
VARY = ("Cookie", "Accept-Language", "Accept-Encoding", *PART_VARIES)
SHARED = "public, no-cache"
_LEFT_OUT = "helpdesk.page_cache.left_out"


class Page(NamedTuple):
    """A kept page; the body is compressed."""

    body: bytes
    content_type: str
    etag: str


def cached_for_strangers(
    *, seconds: int = SECONDS, query: Iterable[str] = ()
) -> Callable[[View[P]], View[P]]:
    """Keep a public page for strangers; put it right above the view, below `login_not_required`.

    `seconds` is how long what changes by time alone may be wrong. `query` names the parameters
    that the page knows; a request with any other is answered by the view itself.
    """
    known = frozenset(query)

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def cached(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not is_stranger(request) or circuit.is_open:
                return _varied(view(request, *args, **kwargs))
            key = _key(request, known)
            page: Page | None = cache.get(key) if key else None
            if page is None:
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    # Only a finished page tells whether it holds anybody's token.
                    response.render()
                if not key or not _may_be_kept(request, response):
                    return _varied(response)
                page = _page(response)
                cache.set(key, page, seconds)
            return _answer(request, page)

        return cached

    return decorate


def is_stranger(request: HttpRequest) -> bool:
    """True for whoever just reads: no session, no message waiting, a whole page asked for."""
    own = {settings.SESSION_COOKIE_NAME, "messages"}
    is_part = wants_partial(request)
    return request.method in {"GET", "HEAD"} and not own & set(request.COOKIES) and not is_part


def leave_out(request: HttpRequest) -> None:
    """Say of the page that is being made that its address is one of endlessly many: none links it.

    Whoever makes such addresses up shall not fill the cache with them.
    """
    request.META[_LEFT_OUT] = True


def _key(request: HttpRequest, known: frozenset[str]) -> str:
    """Where the page is kept; empty for one that is not."""
    values = sorted((name, value) for name, listed in request.GET.lists() for value in listed)
    if any(name not in known or len(value) > LONGEST_VALUE for name, value in values):
        return ""
    if len(values) > len(request.GET) or not _is_own_host(request.get_host()):
        return ""
    tenant = getattr(request, "tenant", None)
    parts = [
        EDITION,
        request.scheme,
        request.get_host(),
        request.path,
        values,
        get_language(),
        getattr(tenant, "public_version", 0),
        # A new release may look different.
        getattr(staticfiles_storage, "manifest_hash", ""),
    ]
    return f"page:{hashlib.sha256(repr(parts).encode()).hexdigest()}"


def _is_own_host(host: str) -> bool:
    """False for another spelling of a host, and for a port that nobody is led to."""
    name, _colon, port = host.partition(":")
    is_plain = re.fullmatch(r"[a-z0-9.-]*[a-z0-9]", name) is not None
    return is_plain and port in {"", "80", "443", str(settings.PORT)}


def _may_be_kept(request: HttpRequest, response: HttpResponseBase) -> bool:
    """A whole, good page that says nothing to this one reader alone."""
    is_personal = (
        bool(response.cookies)
        # Set as soon as a template asks for a form's token.
        or "CSRF_COOKIE_NEEDS_UPDATE" in request.META
        or request.session.modified
        or getattr(getattr(request, "_messages", None), "added_new", False)
        or response.has_header("Cache-Control")
    )
    if _LEFT_OUT in request.META:
        return False
    is_whole = isinstance(response, HttpResponse) and response.status_code == 200
    return is_whole and request.method == "GET" and not is_personal


def _page(response: HttpResponseBase) -> Page:
    assert isinstance(response, HttpResponse)  # noqa: S101  (seen to by _may_be_kept)
    etag = hashlib.sha256(response.content).hexdigest()[:32]
    return Page(gzip.compress(response.content, 6, mtime=0), response["Content-Type"], etag)


def _answer(request: HttpRequest, page: Page) -> HttpResponseBase:
    """The page as this reader takes it: compressed or not, or that theirs still holds."""
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    # Two forms of a page are two things to a cache.
    etag = f'"{page.etag}{"-gzip" if takes_gzip else ""}"'
    body = page.body if takes_gzip else gzip.decompress(page.body)
    answer = HttpResponse(body, content_type=page.content_type)
    if takes_gzip:
        answer["Content-Encoding"] = "gzip"
    answer["Cache-Control"] = SHARED
    answer["ETag"] = etag
    patch_vary_headers(answer, VARY)
    found = get_conditional_response(request, etag=etag, response=answer)
    return found if found is not None else answer


def _varied(response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, VARY)
    return response
