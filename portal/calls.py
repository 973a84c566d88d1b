"""What the portal shows of calls."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from channels.callback import offers
from channels.callback.numbers import Number
from channels.models import CallBack
from helpdesk.templatetags.calls import slot_words
from portal import told
from tickets.models import Ticket
from tickets.states import State


def on_ticket(ticket: Ticket, user: User) -> dict[str, object]:
    """The agreed call of a ticket, and whether this person may ask for one or change it."""
    calls = list(CallBack.objects.all().of(ticket).order_by("pk"))
    call = next((one for one in calls if one.is_open), None)
    is_own = ticket.requester_id == user.pk
    may_ask = call is None and is_own and ticket.state != State.SPAM
    return {
        "call": call,
        "had_calls": bool(calls),
        "may_change_call": is_own,
        "may_ask_for_call": may_ask and offers.is_open_to(told.tier(user)),
    }


def open_call(ticket: Ticket) -> CallBack | None:
    return CallBack.objects.all().of(ticket).open().order_by("pk").first()


def last_number(user: User) -> Number | None:
    """The number at which somebody wanted to be called last."""
    last = CallBack.objects.filter(ticket__requester=user).order_by("-pk").first()
    return last.number if last else None


def agreed_words(call: CallBack) -> str:
    """What a customer reads once a call is agreed."""
    slot = call.slot
    if slot is None:
        return _("Agreed: we call you as soon as possible.")
    words = {"slot": slot_words(slot.start, slot.end)}
    return _("Agreed: we call you %(slot)s.") % words
