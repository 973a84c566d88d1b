"""Merging a ticket into another of the same person, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from desk import ticket_page
from desk.forms import MergeForm
from desk.page import desk_page
from helpdesk.http import Request, agent_required
from tickets import merging
from tickets.merging import MergeRefusedError


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def merge(request: Request, number: int) -> HttpResponse:
    """Choose the ticket in which this one goes on; the page says what becomes of the promises."""
    found = ticket_page.find(request, number)
    form = MergeForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            into = merging.merge(found, into=form.cleaned_data["into"], by=request.user)
        except MergeRefusedError as refusal:
            form.add_error("into", str(refusal))
        else:
            said = _("#%(number)s goes on here. You can undo that for a day.")
            messages.success(request, said % {"number": found.number})
            return redirect("desk:ticket", into.number)
    context = {"ticket": found, "form": form}
    return desk_page(request, "desk/merge.html", context, status=422 if form.errors else 200)


@require_POST
@agent_required
def undo_merge(request: Request, number: int) -> HttpResponse:
    found = ticket_page.find(request, number)
    try:
        merging.undo_merge(found, by=request.user)
    except MergeRefusedError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The ticket is on its own again."))
    return redirect("desk:ticket", number)
