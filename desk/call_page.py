"""What the desk shows of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from channels.models import CallAttempt, CallBack
from desk.call_forms import AttemptForm
from desk.forms import ReplyForm, states_after_answer
from desk.ticket_page import current_promise
from helpdesk.templatetags.moments import exact_long
from sla.tiers import tier_of
from tickets.models import Message, Ticket

# The most urgent ones; the rest follows as these are made.
MOST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Row:
    """A call of the list, and the moment by which it should have been made."""

    call: CallBack
    ticket: Ticket
    until: datetime
    is_overdue: bool


def find(pk: int) -> CallBack:
    """The call, or 404; agents see all of their tenant's."""
    return get_object_or_404(CallBack.objects.all().for_list(), pk=pk)


def lists() -> dict[str, list[Row]]:
    """Today's calls with what is overdue first, and those of later days."""
    moment = now()
    tomorrow = (localtime(moment) + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    calls = CallBack.objects.all().open().in_order().for_list()
    rows = [_row(call, moment) for call in calls[:MOST_SHOWN]]
    return {
        "today": [row for row in rows if row.until < tomorrow],
        "later": [row for row in rows if row.until >= tomorrow],
    }


def context(call: CallBack, form: AttemptForm | None = None) -> dict[str, object]:
    """The page of one call."""
    ticket = call.here
    asked = ticket.messages.filter(kind=Message.Kind.INBOUND).order_by("-sent_at", "-pk").first()
    return {
        "call": call,
        "ticket": ticket,
        "asked": asked,
        "attempts": list(call.attempts.select_related("by")),
        "promise": current_promise(ticket),
        "tier": tier_of(ticket.organisation),
        "form": form or (AttemptForm(call) if call.is_open else None),
        "reply_form": _reply_form(call, ticket),
    }


def _row(call: CallBack, at: datetime) -> Row:
    until: datetime = call.until  # type: ignore[attr-defined]  # an annotation
    return Row(call, call.here, until, until < at)


def _reply_form(call: CallBack, ticket: Ticket) -> ReplyForm | None:
    """After a failed attempt: a message to the customer, ready to be sent."""
    last = call.last_attempt
    if last is None or not call.is_open or not states_after_answer(ticket):
        return None
    newest = ticket.messages.order_by("sent_at", "pk").last()
    text = _message_after(call, last, ticket)
    initial = {"text": text, "last_message": newest.pk if newest else None}
    return ReplyForm(ticket, initial=initial)


def _message_after(call: CallBack, attempt: CallAttempt, ticket: Ticket) -> str:
    """What can be written after an attempt that failed, in the customer's language."""
    with translation.override(ticket.requester.language or settings.LANGUAGE_CODE):
        name = ticket.requester.name
        greeting = _("Hello %(name)s,") % {"name": name} if name else _("Hello,")
        return f"{greeting}\n\n{_tried(call, attempt)} {_goes_on(call, attempt)}"


def _tried(call: CallBack, attempt: CallAttempt) -> str:
    values = {"number": call.number}
    if attempt.outcome == CallAttempt.Outcome.WRONG_NUMBER:
        return _("we wanted to call you, but %(number)s seems to be a wrong number.") % values
    if attempt.outcome == CallAttempt.Outcome.VOICEMAIL:
        return _("we have just left you a message at %(number)s.") % values
    return _("we have just tried to reach you at %(number)s, without success.") % values


def _goes_on(call: CallBack, attempt: CallAttempt) -> str:
    if attempt.outcome == CallAttempt.Outcome.WRONG_NUMBER:
        return _("At which number do we reach you?")
    if call.next_attempt_at is not None:
        at = {"at": exact_long(call.next_attempt_at)}
        return _("We try again: %(at)s. If another time suits you better, simply reply.") % at
    return _("When do we reach you best? Simply reply to this message.")
