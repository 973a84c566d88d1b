"""What became of an answer of which nobody knows whether it arrived: an agent says it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels import outbox
from desk import ticket_page
from desk.page import desk_page
from helpdesk.http import Request, agent_required, id_in
from tickets.models import Message

# The oldest come first; the rest follows when these are settled.
MOST_SHOWN = 100


@require_safe
@agent_required
def unclear(request: Request) -> HttpResponse:
    """All of them, so that none is forgotten."""
    found = Message.objects.all().unclear().select_related("ticket", "author")[:MOST_SHOWN]
    return desk_page(request, "desk/unclear.html", {"answers": found})


@require_POST
@agent_required
def settle(request: Request, number: int) -> HttpResponse:
    """`outcome` is "arrived", or "again": then it is sent once more."""
    found = ticket_page.find(request, number)
    message = found.messages.filter(pk=id_in(request.POST.get("message", "")) or 0).first()
    outcome = request.POST.get("outcome")
    if message is None or outcome not in {"arrived", "again"}:
        raise Http404
    if message.status != Message.Status.UNCLEAR:
        messages.info(request, _("Meanwhile it is known what became of this answer."))
    elif outcome == "arrived":
        outbox.settle(message, has_arrived=True, by=request.user)
        messages.success(request, _("The answer counts as arrived."))
    else:
        outbox.settle(message, has_arrived=False, by=request.user)
        messages.success(request, _("The answer is being sent again."))
    return redirect("desk:ticket", found.number)
