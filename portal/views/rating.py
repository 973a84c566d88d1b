"""Rating an answer: on the ticket's page, or by the link in a mail without signing in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from channels.rating import links
from helpdesk.http import Request, customer_required
from portal import ticket_page
from portal.forms import RatingForm
from tickets import rating
from tickets.models import Ticket


@require_POST
@customer_required
def create_rating(request: Request, number: int) -> HttpResponse:
    """Rate, or think better of it."""
    found = ticket_page.find_own(request, number)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return ticket_page.whole(request, found, rating_form=form, status=422)
    _rate(request, found, form, request.user)
    return redirect("portal:ticket", number)


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def rating_link(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing: mail programs look at every link; only the button rates."""
    try:
        found = links.ticket_of(token)
    except links.LinkInvalidError:
        return render(request, "portal/rating_invalid.html", status=404)
    form = RatingForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        _rate(request, found, form, found.requester)
        return redirect("portal:rating_link", token)
    given = rating.rating_of(found)
    context = {
        "ticket": found,
        "rating": given,
        "is_ratable": rating.is_ratable(found),
        "rating_form": form or RatingForm.of(given),
    }
    return render(request, "portal/rating.html", context, status=422 if form else 200)


def _rate(request: HttpRequest, ticket: Ticket, form: RatingForm, by: User) -> None:
    chosen = form.cleaned_data
    try:
        rating.rate(ticket, is_good=chosen["is_good"], comment=chosen["comment"], by=by)
    except rating.NotRatableError:
        messages.info(request, _("This ticket is open again; it can be rated once it is done."))
    except rating.RatingFinalError:
        messages.info(request, _("The rating is now final: it could be changed for 14 days."))
    else:
        messages.success(request, _("Thank you, we have noted your rating."))
