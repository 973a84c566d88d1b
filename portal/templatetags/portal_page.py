"""What every page of the portal has at its top and in its head."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from accounts import notification_list
from accounts.models import User
from portal import navigation
from portal.navigation import Link

register = template.Library()

MOST_IN_A_BADGE = 99


@register.simple_tag(takes_context=True)
def navigation_links(context: dict[str, Any]) -> list[Link]:
    request: HttpRequest | None = context.get("request")
    return navigation.links(request) if request and hasattr(request, "user") else []


@register.simple_tag(takes_context=True)
def unread_news(context: dict[str, Any]) -> int | None:
    """How much is new for a customer; None for everybody else, who have no list."""
    user = getattr(context.get("request"), "user", None)
    if not isinstance(user, User) or user.is_agent:
        return None
    return notification_list.unread(user)


@register.filter
def badge(count: int) -> str:
    """A number for a small place: beyond it, more digits say nothing more."""
    return f"{MOST_IN_A_BADGE}+" if count > MOST_IN_A_BADGE else str(count)


@register.simple_tag(takes_context=True)
def canonical_url(context: dict[str, Any]) -> str:
    """The one address of this page's content; empty for what no search engine shall know.

    A view that has several addresses for it, or pages of a list, says it in `canonical`.
    """
    if "canonical" in context:
        return str(context["canonical"])
    request: HttpRequest | None = context.get("request")
    match = getattr(request, "resolver_match", None)
    if request is None or match is None or getattr(match.func, "login_required", True):
        return ""
    return request.build_absolute_uri(request.path)


@register.simple_tag(takes_context=True)
def shell(context: dict[str, Any]) -> str:
    """What two pages must have in common for one to take the other's place (static/js/boost.js).

    The release, the language and the reader. Empty for a page that is always loaded as a whole: an
    application's of its own, as the sign-in, and one under a host that leads to the main one.
    """
    request: HttpRequest | None = context.get("request")
    match = getattr(request, "resolver_match", None)
    if request is None or match is None or match.namespace != "portal":
        return ""
    if not request.tenant.is_at_primary_host:  # type: ignore[attr-defined]  # set by the middleware
        return ""
    release = getattr(staticfiles_storage, "manifest_hash", "")
    return f"{get_language()} {request.user.pk or 0} {release}".strip()


@register.simple_tag(takes_context=True)
def logo_url(context: dict[str, Any]) -> str:
    """The absolute address of the tenant's logo; empty without one."""
    request: HttpRequest = context["request"]
    brand = request.tenant.brand  # type: ignore[attr-defined]  # set by the middleware
    if not brand.logo:
        return ""
    path = f"{reverse('portal:brand_logo')}?{urlencode({'v': brand.logo_version})}"
    return request.build_absolute_uri(path)
