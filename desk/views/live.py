"""Renewing the right to listen to the live stream."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from desk.page import desk_part
from helpdesk.http import Request, agent_required


@require_safe
@agent_required
def live_token(request: Request) -> HttpResponse:
    """The page's live settings with a fresh token; asking for it asks for today's rights."""
    response = desk_part(request, "desk/_live.html", {})
    response.headers["Cache-Control"] = "no-store"
    return response
