"""Whose a ticket is and how it is answered: the agent knows better than the mail did."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.membership import MayNotLeaveError
from accounts.models import Organisation
from accounts.services import LastAdminError
from channels.facebook import linking
from desk import ticket_page
from desk.forms import ChannelForm, LinkForm
from desk.page import desk_page
from helpdesk.http import Request, agent_required
from tickets import changing, senders
from tickets.models import Ticket

# More organisations than this are better found by another word.
MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def link(request: Request, number: int) -> HttpResponse:
    """Say to which organisation the ticket's requester belongs."""
    found = ticket_page.find(request, number)
    if not found.requester.has_address and linking.sender_on(found) is not None:
        # Whose account that is, only the customer can say.
        return redirect("desk:facebook_person", found.number)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and found.requester.is_agent:
        form.add_error(None, _("This person is in your team and belongs to no customer."))
    elif request.method == "POST" and form.is_valid():
        return _link(request, found, form.cleaned_data["organisation"])
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    named = Organisation.objects.filter(name__icontains=query) if query else None
    context = {
        "ticket": found,
        "form": form,
        "query": query,
        "organisations": named.order_by("name", "pk")[:MOST_FOUND] if named is not None else [],
    }
    return desk_page(request, "desk/link.html", context, status=422 if form.errors else 200)


def _link(request: Request, found: Ticket, organisation: Organisation) -> HttpResponse:
    person = found.requester
    own = person.organisation
    try:
        senders.link_sender(person, organisation, by=request.user)
    except LastAdminError:
        refusal = _(
            "%(name)s alone administers %(own)s, and others belong to it. "
            "Make somebody else administrator there first."
        )
        messages.error(request, refusal % {"name": person, "own": own})
        # There it is done.
        return redirect("desk:organisation", person.membership.organisation_id)
    except MayNotLeaveError:
        refusal = _(
            "%(name)s alone administers %(own)s, which has booked a support level. "
            "Cancel that first, or make somebody else administrator."
        )
        messages.error(request, refusal % {"name": person, "own": own})
        return redirect("desk:link", found.number)
    said = _("%(name)s belongs to %(organisation)s now.")
    messages.success(request, said % {"name": person, "organisation": organisation})
    return redirect("desk:ticket", found.number)


@require_POST
@agent_required
def change_channel(request: Request, number: int) -> HttpResponse:
    """Answer the ticket another way from now on."""
    found = ticket_page.find(request, number)
    form = ChannelForm(found, request.POST)
    if not form.is_valid():
        messages.error(request, _("The ticket cannot be answered this way."))
        return redirect("desk:ticket", number)
    try:
        changed = changing.change_channel(found, form.cleaned_data["channel"], by=request.user)
    except changing.MergedError:
        messages.error(request, _("This ticket has been merged and goes on in another one."))
    else:
        said = _("Answers leave by %(channel)s now.")
        messages.success(request, said % {"channel": changed.get_channel_display()})
    return redirect("desk:ticket", number)
