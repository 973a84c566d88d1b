"""Who takes part in a ticket: its requester and the organisation's admins decide."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from helpdesk.http import Request, customer_required, id_in
from portal import ticket_page
from tickets import sharing
from tickets.models import Participant, Ticket

# More people than these are better found by a word.
MOST_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def share(request: Request, number: int) -> HttpResponse:
    """Choose colleagues of the organisation who read and write along."""
    found = _shareable(request, number)
    if request.method != "POST":
        return _page(request, found)
    wanted = [pk for pk in map(id_in, request.POST.getlist("person")) if pk is not None]
    people = list(User.objects.get_queryset().filter(pk__in=wanted[: sharing.MOST + 1]))
    if not people:
        return _page(request, found, error=_("Please choose somebody."))
    try:
        added = sharing.share(found, people, by=request.user)
    except sharing.NotAColleagueError:
        return _page(
            request,
            found,
            error=_(
                "One of these people no longer belongs to your organisation. Nobody has been "
                "added; please choose again."
            ),
        )
    except sharing.TooManyError:
        said = _("At most %(n)d people can take part. Nobody has been added.")
        return _page(request, found, error=said % {"n": sharing.MOST})
    _say(request, added)
    return redirect("portal:ticket", number)


@require_POST
@customer_required
def unshare(request: Request, number: int, pk: int) -> HttpResponse:
    """Take somebody out; everybody may take out themselves."""
    found = ticket_page.find(request, number)
    if pk != request.user.pk and not sharing.may_share(found, request.user):
        raise Http404
    one = found.participants.filter(user=pk).select_related("user").first()
    if one is None:
        raise Http404
    sharing.unshare(found, one.user, by=request.user)
    if pk == request.user.pk:
        messages.success(request, _("You no longer take part in this ticket."))
        return redirect("portal:tickets")
    said = _("%(name)s no longer takes part in this ticket.")
    messages.success(request, said % {"name": one.user})
    return redirect("portal:ticket", number)


def _shareable(request: Request, number: int) -> Ticket:
    found = ticket_page.find(request, number)
    if not sharing.may_share(found, request.user):
        raise Http404
    return found


def _page(request: Request, ticket: Ticket, *, error: str = "") -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = list(sharing.found_by(sharing.colleagues(ticket), query)[: MOST_SHOWN + 1])
    context = {
        "ticket": ticket,
        "query": query,
        "colleagues": found[:MOST_SHOWN],
        "is_more": len(found) > MOST_SHOWN,
        "error": error,
        "chosen": set(map(id_in, request.POST.getlist("person"))),
    }
    return render(request, "portal/ticket_sharing.html", context, status=422 if error else 200)


def _say(request: Request, added: list[Participant]) -> None:
    if [one.user_id for one in added] == [request.user.pk]:
        messages.success(request, _("You now take part in this ticket."))
        return
    said = ngettext(
        "%(n)d person takes part in this ticket now.",
        "%(n)d people take part in this ticket now.",
        len(added),
    )
    messages.success(request, said % {"n": len(added)})
