"""The calls: whom to call today, what came of it, and noting one for a customer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from channels.callback import attempts, inbound, offers
from channels.callback import calls as acts
from channels.callback.attempts import LoggedMeanwhileError
from channels.callback.calls import CallEndedError, SlotTakenError
from channels.callback.forms import CallForm, SlotForm
from channels.callback.offers import Offer
from channels.models import CallAttempt, CallBack
from channels.raw import StorageFullError
from desk import call_page
from desk.call_forms import AttemptForm, CallerForm
from desk.page import desk_page, desk_part
from helpdesk.http import Request, agent_required, id_in, wants_partial
from tickets.models import Ticket
from tickets.states import TransitionError


@require_safe
@agent_required
def calls(request: Request) -> HttpResponse:
    """Today's calls in order, and what is agreed for later."""
    context = call_page.lists()
    if wants_partial(request):
        return desk_part(request, "desk/calls/_list.html", context)
    return desk_page(request, "desk/calls/list.html", context)


@require_safe
@agent_required
def call(request: Request, pk: int) -> HttpResponse:
    """One call: the number to click, and what came of it."""
    return desk_page(request, "desk/calls/call.html", call_page.context(call_page.find(pk)))


@require_POST
@agent_required
def create_attempt(request: Request, pk: int) -> HttpResponse:
    """Log an attempt; reached answers the ticket."""
    found = call_page.find(pk)
    form = AttemptForm(found, request.POST)
    if not form.is_valid():
        return _call_page(request, found, form)
    attempt, seen = form.attempt(), form.cleaned_data["seen"]
    try:
        attempts.log(found, attempt, by=request.user, seen=seen)
    except (CallEndedError, LoggedMeanwhileError):
        return _look_again(request, pk)
    except TransitionError:
        form.add_error("state", _("The ticket cannot go to this state from here."))
        return _call_page(request, found, form)
    if attempt.outcome == CallAttempt.Outcome.REACHED:
        messages.success(request, _("Logged. The call is the answer to this ticket."))
        return redirect("desk:calls")
    messages.success(request, _("Logged. You can send the customer a message about it."))
    return redirect("desk:call", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def move_call(request: Request, pk: int) -> HttpResponse:
    """Another slot or number, as the customer wants it; the promise stays as it is."""
    found = call_page.find(pk)
    if not found.is_open:
        return _look_again(request, pk)
    typed = request.POST if request.method == "POST" else None
    form = SlotForm(_offer(found.here, found), typed, call=found)
    if typed is None or not form.is_valid():
        return _slot_page(request, found, form)
    try:
        acts.move(found, form.request(found.topic), by=request.user)
    except SlotTakenError:
        form.slot_is_taken(_offer(found.here, found))
        return _slot_page(request, found, form)
    except CallEndedError:
        return _look_again(request, pk)
    messages.success(request, _("Changed. The customer is told by mail."))
    return redirect("desk:call", pk)


@require_POST
@agent_required
def cancel_call(request: Request, pk: int) -> HttpResponse:
    try:
        acts.cancel(call_page.find(pk), by=request.user)
    except CallEndedError:
        return _look_again(request, pk)
    messages.success(request, _("Cancelled. The customer is told by mail; the ticket stays open."))
    return redirect("desk:calls")


@require_http_methods(["GET", "HEAD", "POST"])
@agent_required
def new_call(request: Request) -> HttpResponse:
    """Note a call for a customer: first who, then when and about what."""
    number = id_in(request.GET.get("ticket", ""))
    if number is not None:
        return _call_about(request, get_object_or_404(Ticket.objects.for_list(), number=number))
    who = CallerForm(request.GET if "email" in request.GET else None)
    if not who.is_valid():
        status = 422 if who.errors else 200
        return desk_page(request, "desk/calls/caller.html", {"form": who}, status=status)
    return _new(request, who.cleaned_data["email"], None)


def _call_about(request: Request, ticket: Ticket) -> HttpResponse:
    """A call on a ticket that is there; one that is agreed already is shown instead."""
    ticket = ticket.merged_into or ticket
    agreed = CallBack.objects.all().of(ticket).open().first()
    if agreed is not None:
        return redirect("desk:call", agreed.pk)
    who = CallerForm({"email": ticket.requester.email})
    if not who.is_valid() or not ticket.is_verified:
        refusals = [str(one) for one in who.errors.get("email", [])]
        messages.error(request, " ".join(refusals) or _("The sender is not confirmed."))
        return redirect("desk:ticket", ticket.number)
    return _new(request, ticket.requester, ticket)


def _new(request: Request, customer: User, ticket: Ticket | None) -> HttpResponse:
    form = CallForm(_offer_to(customer, ticket), request.POST or None)
    if request.method != "POST":
        form.initial["topic"] = ticket.subject if ticket else ""
    elif form.is_valid() and (done := _submitted(request, form, customer, ticket)):
        return done
    context = {"form": form, "customer": customer, "ticket": ticket}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/calls/new.html", context, status=status)


def _submitted(
    request: Request, form: CallForm, customer: User, ticket: Ticket | None
) -> HttpResponse | None:
    """Take the request in; None when the form has to be looked at again."""
    values = form.cleaned_data
    asked = inbound.CallForm(
        customer=customer,
        request=form.request(values["topic"]),
        text=values["text"] or values["topic"],
        form_id=f"{request.user.pk}:{values['form_id']}",
        ticket=ticket,
        noted_by=request.user,
    )
    try:
        agreed = inbound.submit(asked)
    except SlotTakenError:
        form.slot_is_taken(_offer_to(customer, ticket))
    except inbound.NotTakenInError:
        messages.info(request, _("The call is kept safely. It appears here in a few minutes."))
        return redirect("desk:calls")
    except StorageFullError:
        refusal = _("We could not store it just now. Everything is kept here; please try again.")
        form.add_error(None, refusal)
    else:
        messages.success(request, _("Agreed. The customer has a mail about it."))
        return redirect("desk:call", agreed.pk)
    return None


def _offer(ticket: Ticket, call: CallBack | None = None) -> Offer:
    promised = offers.promised_for(ticket, now())
    return offers.offer(ticket.organisation, promised, without=call)


def _offer_to(customer: User, ticket: Ticket | None) -> Offer:
    if ticket is not None:
        return _offer(ticket)
    organisation = customer.membership.organisation
    return offers.offer(organisation, offers.promised_for_new(organisation, now()))


def _call_page(request: Request, found: CallBack, form: AttemptForm) -> HttpResponse:
    context = call_page.context(found, form)
    return desk_page(request, "desk/calls/call.html", context, status=422)


def _slot_page(request: Request, found: CallBack, form: SlotForm) -> HttpResponse:
    context = {"form": form, "call": found, "ticket": found.here}
    status = 422 if form.errors else 200
    return desk_page(request, "desk/calls/slot.html", context, status=status)


def _look_again(request: Request, pk: int) -> HttpResponse:
    messages.info(request, _("Somebody was quicker. This is how it stands now."))
    return redirect("desk:call", pk)
