"""Logging a call: reached, which is an answer (law 3), or not, which is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext

from accounts.models import User
from channels.callback.calls import CallEndedError, end
from channels.callback.models import CallAttempt, CallBack
from tenants.acts import act
from tickets import recording, writing
from tickets.models import Event, Ticket
from tickets.states import State

MINUTE = 60


class LoggedMeanwhileError(Exception):
    """Somebody has logged an attempt that the writer of this one had not seen."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an agent logs. `seconds` is how long they spoke, `state` what the ticket becomes."""

    outcome: str
    seconds: int = 0
    note: str = ""
    next_attempt_at: datetime | None = None
    state: State = State.WAITING


@act()
def log(
    call: CallBack,
    attempt: Attempt,
    *,
    by: User,
    seen: int | None = None,
    at: datetime | None = None,
) -> CallAttempt:
    """Log an attempt; one that reached the customer ends the call and answers its ticket.

    `seen` is how many attempts the writer knew of: a second click is none. Raises CallEndedError,
    LoggedMeanwhileError, and TransitionError as `writing.reply` does.
    """
    ticket, moment = recording.locked(call.ticket), at or now()
    call = CallBack.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if not call.is_open:
        raise CallEndedError
    if seen is not None and call.attempts.count() != seen:
        raise LoggedMeanwhileError
    is_reached = attempt.outcome == CallAttempt.Outcome.REACHED
    logged = call.attempts.create(
        outcome=attempt.outcome,
        seconds=attempt.seconds,
        note=attempt.note,
        by=by,
        at=moment,
        next_attempt_at=None if is_reached else attempt.next_attempt_at,
    )
    if attempt.note:
        writing.add_note(ticket, author=by, text=attempt.note, at=moment)
    if is_reached:
        end(call, CallBack.State.DONE, moment)
        text = _said(ticket, attempt.seconds)
        writing.record_call(ticket, author=by, text=text, state=attempt.state, at=moment)
    else:
        call.next_attempt_at = attempt.next_attempt_at
        call.save(update_fields=["next_attempt_at"])
        recording.event(ticket, Event.Kind.CALL, by, moment, what=attempt.outcome)
        recording.touch(ticket, moment)
    return logged


def settle_by_answer(ticket: Ticket, at: datetime) -> None:
    """A written answer after a failed attempt ends the call, unless another try is planned."""
    for call in CallBack.objects.all().of(ticket).open().select_for_update(of=("self",)):
        planned_at = call.next_attempt_at or call.slot_start
        is_planned = planned_at is not None and planned_at > at
        if call.last_attempt is not None and not is_planned:
            end(call, CallBack.State.DONE, at)


def _said(ticket: Ticket, seconds: int) -> str:
    """What the customer reads in the conversation about a call."""
    minutes = round(seconds / MINUTE)
    with translation.override(ticket.requester.language or settings.LANGUAGE_CODE):
        if not minutes:
            return gettext("We have spoken on the phone.")
        said = ngettext(
            "We have spoken on the phone, for %(n)d minute.",
            "We have spoken on the phone, for %(n)d minutes.",
            minutes,
        )
        return said % {"n": minutes}
