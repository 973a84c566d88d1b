"""What all pages of the desk have beside their own content."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from accounts.models import User
from desk.counts import Counts, count
from helpdesk.http import PART_VARIES, Request


def desk_page(
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    counts: Counts | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a whole page, with the numbers beside the views."""
    response = render(
        request,
        template,
        {"nav": navigation(request.user, counts), **context},
        status=status,
    )
    patch_vary_headers(response, PART_VARIES)
    return response


def navigation(user: User, counts: Counts | None = None) -> dict[str, object]:
    """The numbers beside the views."""
    counts = counts or count(user)
    return {
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


def desk_part(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """Render a part that htmx swaps in."""
    response = render(request, template, dict(context), status=status)
    patch_vary_headers(response, PART_VARIES)
    return response
