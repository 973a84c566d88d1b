"""What happens to agreed calls: each function is one act, and leaves its line in the history.

Every act locks the ticket first, as those of `tickets.writing` do, then the call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from channels.callback import confirmations, offers
from channels.callback.confirmations import What
from channels.callback.models import CallBack, CallSettings
from channels.callback.numbers import Number
from channels.callback.slots import Slot
from sla import wishes
from tenants.acts import act
from tickets import recording
from tickets.models import Event, Ticket


class SlotTakenError(Exception):
    """The slot has no place any more, or lies too near by now."""


class CallEndedError(Exception):
    """The call has been made or cancelled meanwhile."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What is to be agreed. No slot: as soon as possible.

    `is_wish`: the customer has chosen the slot knowing that it comes after what was promised.
    """

    number: Number
    topic: str
    slot: Slot | None = None
    is_wish: bool = False


@act()
def agree(
    ticket: Ticket,
    request: CallRequest,
    *,
    by: User,
    must_fit: bool = True,
    asked_at: datetime | None = None,
    at: datetime | None = None,
) -> CallBack:
    """Agree a call on a ticket; one that is agreed already is moved.

    `asked_at` is when it was asked for, if that was before: a wish counts from then.
    Where the slot has no place any more: raises SlotTakenError, or agrees the call as soon as
    possible if nobody is there who could choose another (`must_fit` False).
    """
    ticket, moment = recording.locked(ticket), at or now()
    request = _allowed(request, by)
    call = CallBack.objects.all().of(ticket).open().select_for_update(of=("self",)).first()
    is_new = call is None
    call = call or CallBack(ticket=ticket, by=by, created_at=moment)
    slot = _place(ticket, request.slot, call, moment, must_fit=must_fit)
    _write(call, request, slot)
    call.save()
    _follow(ticket, request, slot, by, moment, asked_at or moment)
    return _told(call, ticket, What.AGREED if is_new else What.MOVED, by, moment)


@act()
def move(call: CallBack, request: CallRequest, *, by: User, at: datetime | None = None) -> CallBack:
    """Agree another slot or number; raises SlotTakenError, or CallEndedError."""
    ticket, call = _locked(call)
    moment = at or now()
    request = _allowed(request, by)
    before = (call.number, call.topic, call.slot, call.next_attempt_at)
    # Who keeps their slot keeps their place, however near it is.
    is_moved = request.slot != call.slot
    slot = _place(ticket, request.slot, call, moment) if is_moved else call.slot
    _write(call, request, slot)
    if before == (call.number, call.topic, call.slot, call.next_attempt_at):
        return call
    call.save()
    if is_moved:
        _follow(ticket, request, slot, by, moment, moment)
    return _told(call, ticket, What.MOVED, by, moment)


@act()
def cancel(call: CallBack, *, by: User | None, at: datetime | None = None) -> CallBack:
    """Cancel a call; what is promised on its ticket stays. Raises CallEndedError."""
    ticket, call = _locked(call)
    moment = at or now()
    end(call, CallBack.State.CANCELLED, moment)
    return _told(call, ticket, What.CANCELLED, by, moment)


def end_open(ticket: Ticket, state: str, *, at: datetime, is_told: bool = True) -> None:
    """End the calls of a ticket that is done or spam, in the act that ends it."""
    for call in CallBack.objects.all().of(ticket).open().select_for_update(of=("self",)):
        end(call, state, at)
        if state == CallBack.State.CANCELLED:
            recording.event(ticket, Event.Kind.CALL, None, at, what=What.CANCELLED)
            if is_told:
                confirmations.send(call, ticket, What.CANCELLED)


def end(call: CallBack, state: str, at: datetime) -> None:
    """Write down that an open call is over; its act has locked it."""
    call.state, call.ended_at, call.next_attempt_at = state, at, None
    call.save(update_fields=["state", "ended_at", "next_attempt_at"])


def _locked(call: CallBack) -> tuple[Ticket, CallBack]:
    ticket = recording.locked(call.ticket)
    found = CallBack.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if not found.is_open:
        raise CallEndedError
    return ticket, found


def _place(
    ticket: Ticket, slot: Slot | None, call: CallBack, at: datetime, *, must_fit: bool = True
) -> Slot | None:
    """The slot, if it has a place for this call; the settings stay locked until the act ends."""
    if slot is None:
        return None
    offer = offers.offer(
        ticket.organisation,
        offers.promised_for(ticket, at),
        settings=CallSettings.locked(),
        at=at,
        without=call if call.pk else None,
    )
    if slot in offer:
        return slot
    if must_fit:
        raise SlotTakenError
    return None


def _write(call: CallBack, request: CallRequest, slot: Slot | None) -> None:
    call.e164, call.extension = request.number.e164, request.number.extension
    call.topic = request.topic[:250]
    if slot == call.slot and call.pk is not None:
        return
    call.next_attempt_at = None
    call.slot_start, call.slot_end = (slot.start, slot.end) if slot else (None, None)
    call.is_wish = request.is_wish and slot is not None


def _allowed(request: CallRequest, by: User) -> CallRequest:
    """Only the customer's own choice can put a promise off (law 2)."""
    return replace(request, is_wish=request.is_wish and not by.is_agent)


def _follow(
    ticket: Ticket,
    request: CallRequest,
    slot: Slot | None,
    by: User,
    at: datetime,
    asked_at: datetime,
) -> None:
    """What the customer's choice does to the promise; an agent's does nothing to it."""
    if not by.is_agent:
        ends_at = slot.end if slot else None
        may_loosen = request.is_wish
        wishes.follow_slot(ticket, ends_at, at=at, asked_at=asked_at, may_loosen=may_loosen)


def _told(call: CallBack, ticket: Ticket, what: What, by: User | None, at: datetime) -> CallBack:
    after = call.slot_start.isoformat() if call.slot_start and call.is_open else ""
    recording.event(ticket, Event.Kind.CALL, by, at, what=what, after=after)
    confirmations.send(call, ticket, what)
    recording.touch(ticket, at)
    return call
