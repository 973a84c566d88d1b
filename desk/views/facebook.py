"""Who somebody on Facebook is among the customers: an agent asks, only the customer can say."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from channels.facebook import linking
from desk import ticket_page
from desk.page import desk_page
from helpdesk.http import Request, agent_required, id_in
from tickets.models import Ticket

# More people than this are better found by another word.
MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def person(request: Request, number: int) -> HttpResponse:
    """Choose the customer who is asked in the conversation to confirm that it is them."""
    found = ticket_page.find(request, number)
    sender = linking.sender_on(found)
    if sender is None:
        raise Http404
    if request.method == "POST":
        return _ask(request, found)
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    named = linking.customers().filter(name__icontains=query) if query else None
    by_address = linking.customers().filter(email__icontains=query) if query else None
    known = named | by_address if named is not None and by_address is not None else None
    context = {
        "ticket": found,
        "person": sender,
        "query": query,
        "refusal": linking.refusal(sender),
        "customers": (linking.candidates(sender) if known is None else known)[:MOST_FOUND],
    }
    return desk_page(request, "desk/facebook_person.html", context)


def _ask(request: Request, found: Ticket) -> HttpResponse:
    customer = linking.customers().filter(pk=id_in(request.POST.get("customer", "")) or 0).first()
    if customer is None:
        messages.error(request, _("This customer does not exist any more."))
        return redirect("desk:facebook_person", found.number)
    try:
        linking.ask(found, customer, by=request.user, base_url=request.build_absolute_uri("/"))
    except linking.LinkRefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:facebook_person", found.number)
    said = _("The person gets a link on Facebook; with it, %(name)s can prove who they are.")
    messages.success(request, said % {"name": customer})
    return redirect("desk:ticket", found.number)
