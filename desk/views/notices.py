"""What the promise engine has told the agent who asks."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from desk.page import desk_page
from helpdesk.http import Request, agent_required
from sla.models import Notice

SHOWN = 100


@require_safe
@agent_required
def notices(request: Request) -> HttpResponse:
    """The newest notices, those that nobody has seen to first."""
    own = Notice.objects.filter(user=request.user).for_list()
    shown = list(own[:SHOWN])
    context = {"notices": shown, "has_unseen": any(one.seen_at is None for one in shown)}
    return desk_page(request, "desk/notices.html", context)


@require_safe
@agent_required
def bell(request: Request) -> HttpResponse:
    """The number beside the bell, for an open page that looks again."""
    count = Notice.objects.filter(user=request.user).unseen().count()
    return render(request, "desk/_bell.html", {"nav": {"notices": count}})


@require_POST
@agent_required
def see_notices(request: Request) -> HttpResponse:
    """Mark everything as seen."""
    Notice.objects.filter(user=request.user).unseen().update(seen_at=now())
    return redirect("desk:notices")
