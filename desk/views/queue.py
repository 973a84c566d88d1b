"""The queue, an agent's own part of it, and the next ticket."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from desk import queue as desk_queue
from desk.counts import count
from desk.next_ticket import take_next
from desk.page import desk_page, desk_part
from helpdesk.http import Request, agent_required, wants_partial
from tickets.models import Ticket, TicketQuerySet


@require_safe
@agent_required
def queue(request: Request) -> HttpResponse:
    """Everything that waits for an answer, most urgent first."""
    tickets = Ticket.objects.visible_to(request.user)
    if request.GET.get("only") == "unassigned":
        return _list(request, desk_queue.unassigned(tickets), view="queue", only="unassigned")
    return _list(request, tickets.queued(), view="queue")


@require_safe
@agent_required
def mine(request: Request) -> HttpResponse:
    """What waits and is assigned to the agent who asks."""
    tickets = Ticket.objects.visible_to(request.user).queued().filter(assignee=request.user)
    return _list(request, tickets, view="mine")


@require_POST
@agent_required
def next_ticket(request: Request) -> HttpResponse:
    """Hand the agent the most urgent ticket that nobody has."""
    ticket = take_next(by=request.user)
    if ticket is None:
        messages.info(request, _("Every ticket in the queue has somebody already."))
        return redirect("desk:queue")
    return redirect("desk:ticket", ticket.number)


def _list(request: Request, tickets: TicketQuerySet, *, view: str, only: str = "") -> HttpResponse:
    page = desk_queue.page(tickets, request.GET.get("after", ""))
    counts = count(request.user, only_mine=view == "mine")
    shown = {
        "waiting": counts.mine if view == "mine" else counts.waiting,
        "overdue": counts.overdue,
        "due_today": counts.due_today,
    }
    context = {
        "view": view,
        "only": only,
        "rows": page.rows,
        "counts": shown,
        "first_page": "" if page.is_first else _address(request, only),
        "next_page": _address(request, only, page.after) if page.after else "",
    }
    if wants_partial(request):
        return desk_part(request, "desk/_queue.html", context)
    return desk_page(request, "desk/queue.html", context, counts=counts)


def _address(request: Request, only: str, after: str = "") -> str:
    query = {key: value for key, value in (("only", only), ("after", after)) if value}
    return f"{request.path}?{urlencode(query)}" if query else request.path
