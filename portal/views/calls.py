"""Asking for a call, and changing what was agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Organisation
from channels.callback import calls, inbound, offers
from channels.callback.calls import CallEndedError, SlotTakenError
from channels.callback.forms import CallForm, SlotForm
from channels.callback.offers import Offer
from channels.models import CallBack
from channels.raw import StorageFullError
from helpdesk.http import Request, customer_required
from portal import told
from portal.answers import form_id_of, kept_for_later, not_stored, to_message
from portal.calls import agreed_words, last_number, open_call
from tickets.models import Message, Ticket
from tickets.states import State

# Calls of one person that are agreed and still to be made: nobody takes all the others' slots.
MOST_OPEN = 5


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def new_call(request: Request) -> HttpResponse:
    """Ask for a call about something new; who has no tier for it reads which ones open it."""
    organisation = request.user.organisation
    tier = told.tier(request.user)
    if organisation is None or not offers.is_open_to(tier):
        return _closed(request)
    if request.method != "POST":
        return _page(request, _empty_form(request, _offer_for_new(organisation)))
    return _submitted(request, organisation, None)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def ticket_call(request: Request, number: int) -> HttpResponse:
    """Ask for a call about one's own ticket, or change the one that is agreed."""
    found = _own(request, number)
    if found.merged_into is not None:
        return redirect("portal:ticket_call", found.merged_into.number)
    call = open_call(found)
    if call is not None:
        return _change(request, found, call)
    if not offers.is_open_to(told.tier(request.user)):
        return _closed(request)
    if request.method != "POST":
        return _page(request, _empty_form(request, _offer(found), topic=found.subject), found)
    return _submitted(request, found.organisation, found)


@require_POST
@customer_required
def cancel_call(request: Request, number: int) -> HttpResponse:
    """Cancel the agreed call; the question stays open."""
    found = _own(request, number)
    call = open_call(found)
    try:
        if call is None:
            raise CallEndedError
        calls.cancel(call, by=request.user)
    except CallEndedError:
        messages.info(request, _("There is no call left to cancel."))
    else:
        messages.success(
            request, _("The call is cancelled. Your question stays open; we answer it in writing.")
        )
    return redirect("portal:ticket", number)


def _own(request: Request, number: int) -> Ticket:
    """Only who opened a ticket agrees calls about it (law 5), and about no spam."""
    visible = Ticket.objects.visible_to(request.user).exclude(state=State.SPAM)
    own = visible.filter(requester=request.user).for_list()
    return get_object_or_404(own.select_related("merged_into"), number=number)


def _empty_form(request: Request, offer: Offer, topic: str = "") -> CallForm:
    form = CallForm(offer)
    number = last_number(request.user)
    form.initial.update({"topic": topic, "number": str(number) if number else ""})
    return form


def _submitted(request: Request, organisation: Organisation, ticket: Ticket | None) -> HttpResponse:
    form = CallForm(_offer(ticket) if ticket else _offer_for_new(organisation), request.POST)
    if _has_enough(request):
        form.add_error(
            None,
            _(
                "You have so many calls booked already that we make those first. Everything you "
                "typed is kept: cancel one of them, or write to us."
            ),
        )
    if not form.is_valid():
        return _page(request, form, ticket, status=422)
    try:
        call = inbound.submit(
            inbound.CallForm(
                customer=request.user,
                request=form.request(form.cleaned_data["topic"]),
                text=form.cleaned_data["text"] or _("Please call me back."),
                form_id=form_id_of(request, form),
                ticket=ticket,
            )
        )
    except SlotTakenError:
        form.slot_is_taken(_offer(ticket) if ticket else _offer_for_new(organisation))
        return _page(request, form, ticket, status=422)
    except inbound.NotTakenInError:
        return kept_for_later(request)
    except StorageFullError:
        not_stored(form)
        return _page(request, form, ticket, status=503)
    return _agreed(request, call)


def _has_enough(request: Request) -> bool:
    own = CallBack.objects.all().open().filter(ticket__requester=request.user)
    return own.count() >= MOST_OPEN


def _change(request: Request, ticket: Ticket, call: CallBack) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    form = SlotForm(_offer(ticket, call), typed, call=call)
    if typed is None:
        return _page(request, form, ticket)
    if not form.is_valid():
        return _page(request, form, ticket, status=422)
    try:
        changed = calls.move(call, form.request(call.topic), by=request.user)
    except SlotTakenError:
        form.slot_is_taken(_offer(ticket, call))
        return _page(request, form, ticket, status=422)
    except CallEndedError:
        messages.info(request, _("This call has been made or cancelled in the meantime."))
        return redirect("portal:ticket", ticket.number)
    messages.success(request, agreed_words(changed))
    return redirect("portal:ticket", ticket.number)


def _offer(ticket: Ticket, call: CallBack | None = None) -> Offer:
    promised = offers.promised_for(ticket, now())
    return offers.offer(ticket.organisation, promised, without=call)


def _offer_for_new(organisation: Organisation) -> Offer:
    return offers.offer(organisation, offers.promised_for_new(organisation, now()))


def _agreed(request: Request, call: CallBack) -> HttpResponse:
    messages.success(request, agreed_words(call))
    here = call.here
    asked = here.messages.filter(kind=Message.Kind.INBOUND).order_by("pk").last()
    return to_message(request, here, asked)


def _page(
    request: Request, form: SlotForm, ticket: Ticket | None = None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "ticket": ticket, "call": form.call}
    return render(request, "portal/call.html", context, status=status)


def _closed(request: Request) -> HttpResponse:
    """Which tiers open it, and what was typed so far."""
    typed: Mapping[str, Any] = request.POST
    context = {
        "is_confirmed": told.is_confirmed(request.user),
        "tier": told.tier(request.user),
        "tiers": offers.opening_tiers(),
        "topic": typed.get("topic", ""),
        "text": typed.get("text", ""),
    }
    return render(
        request, "portal/call_closed.html", context, status=403 if request.method == "POST" else 200
    )
