"""What all pages of the desk have beside their own content."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from desk.counts import Counts, count
from helpdesk.http import Request


def desk_page(
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    counts: Counts | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a whole page, with the numbers beside the views."""
    counts = counts or count(request.user)
    nav = {
        "queue": counts.waiting,
        "mine": counts.mine,
        "unassigned": counts.unassigned,
        "quarantine": counts.quarantine,
        "unclear": counts.unclear,
        "notices": counts.notices,
        "calls": counts.calls,
        "forum": counts.forum,
        "failing_pages": counts.failing_pages,
    }
    response = render(request, template, {"nav": nav, **context}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def desk_part(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """Render a part that htmx swaps in."""
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
