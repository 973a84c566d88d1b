"""What an agent does about a Facebook wall beside answering: hide, vouch, make a ticket of it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels.facebook import moderation, wall, wall_own
from channels.facebook.errors import FacebookError
from channels.models import FacebookObject
from desk import ticket_page
from desk.page import desk_page
from helpdesk import keyset
from helpdesk.http import Request, agent_required

PAGE = 50


@require_POST
@agent_required
def change_visibility(request: Request, number: int, pk: int) -> HttpResponse:
    """Hide a comment on Facebook (`hidden` is "yes") or show it again."""
    stored = _of_ticket(request, number, pk)
    is_hidden = request.POST.get("hidden") == "yes"
    try:
        moderation.hide(stored, is_hidden=is_hidden, by=request.user)
    except moderation.CannotHideError:
        messages.error(request, _("Only other people's comments can be hidden."))
    except FacebookError as error:
        words = _("Nothing has changed. %(reason)s")
        messages.error(request, words % {"reason": error})
    else:
        hidden = _("The comment is hidden: others no longer see it.")
        messages.success(request, hidden if is_hidden else _("Everybody sees the comment again."))
    return _to(stored, number)


@require_POST
@agent_required
def vouch(request: Request, number: int, pk: int) -> HttpResponse:
    """A comment from elsewhere was written by a human: it counts as an answer."""
    stored = _of_ticket(request, number, pk)
    if wall_own.vouch(stored, by=request.user):
        messages.success(request, _("The comment counts as the answer."))
    else:
        messages.info(request, _("Nothing waits for this comment any more."))
    return _to(stored, number)


@require_safe
@agent_required
def unticketed(request: Request) -> HttpResponse:
    """What was said on the walls and made no ticket, the newest first."""
    found = FacebookObject.objects.all().unticketed()
    if key := keyset.decode(request.GET.get("after", ""), keyset.NEWEST_FIRST):
        found = found.filter(keyset.older("at", key))
    rows = list(found.select_related("page")[: PAGE + 1])
    shown, last = rows[:PAGE], rows[PAGE - 1] if len(rows) > PAGE else None
    after = keyset.encode((last.at, last.pk)) if last else ""
    context = {
        "entries": shown,
        "first_page": request.path if request.GET.get("after") else "",
        "next_page": f"{request.path}?{urlencode({'after': after})}" if after else "",
    }
    return desk_page(request, "desk/facebook_unticketed.html", context)


@require_POST
@agent_required
def take_up(request: Request, pk: int) -> HttpResponse:
    """Make a ticket of it; what is one already is shown."""
    stored = get_object_or_404(FacebookObject, pk=pk, is_own=False)
    try:
        message = wall.take_up(stored.pk, by=request.user)
    except wall.TakenAlreadyError:
        stored = FacebookObject.objects.select_related("message__ticket").get(pk=pk)
        if stored.message is None:
            messages.error(request, _("It was removed from Facebook meanwhile."))
            return redirect("desk:facebook_unticketed")
        message = stored.message
    return redirect("desk:ticket", message.ticket.number)


def _of_ticket(request: Request, number: int, pk: int) -> FacebookObject:
    """A post or comment of a ticket that this person may see; otherwise there is none (404)."""
    ticket = ticket_page.find(request, number)
    found = FacebookObject.objects.select_related("page", "message__ticket")
    stored = found.filter(pk=pk, message__ticket=ticket).first()
    if stored is None:
        raise Http404
    return stored


def _to(stored: FacebookObject, number: int) -> HttpResponse:
    return redirect(f"{reverse('desk:ticket', args=[number])}#message-{stored.message_id}")
