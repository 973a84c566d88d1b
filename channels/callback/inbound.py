"""Requests for a call, through the same intake as every other message."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from channels import posted
from channels.callback import calls
from channels.callback.calls import CallRequest, SlotTakenError
from channels.callback.models import CallBack
from channels.callback.numbers import Number
from channels.callback.slots import Slot
from channels.intake import InboundMessage, NothingToTakeInError
from channels.models import InboundRecord
from channels.posted import NotTakenInError
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content

__all__ = ["CallForm", "NotTakenInError", "SlotTakenError", "read", "submit"]

# True while the person who chose the slot waits for the outcome, and can choose another.
_is_asked: ContextVar[bool] = ContextVar("callback.is_asked", default=False)


@dataclass(frozen=True, slots=True)
class CallForm:
    """A request as it was sent; `ticket` when it is about one that is there.

    `form_id` names the form, so that sending it twice is sending it once; `noted_by` is the agent
    who has noted it for the customer.
    """

    customer: User
    request: CallRequest
    text: str
    form_id: str
    ticket: Ticket | None = None
    noted_by: User | None = None


def submit(form: CallForm) -> CallBack:
    """Take a request in at once; the same form sent twice is one call.

    Raises SlotTakenError (nothing has happened), NotTakenInError (it is stored, and will be taken
    in), StorageFullError.
    """
    sender = (form.noted_by or form.customer).email
    record_id = posted.store(Channel.CALLBACK, _written(form), (), sender=sender)
    refused = InboundRecord.objects.filter(pk=record_id, status=InboundRecord.Status.IGNORED)
    # Its slot was taken when it was sent before; by now there may be a place.
    refused.update(status=InboundRecord.Status.RECEIVED, attempts=0)
    token = _is_asked.set(True)
    try:
        return _call_of(posted.take_in(record_id))
    except NotTakenInError as error:
        if refused.exists():
            raise SlotTakenError from error
        raise
    finally:
        _is_asked.reset(token)


def read(record: InboundRecord, raw: bytes) -> InboundMessage:
    """The stored request as the one inbound shape; the call is agreed in the same transaction."""
    form = posted.read(raw)
    people = User.objects.get_queryset().select_related("membership__organisation")
    author = people.get(pk=form["user"])
    noted_by = people.get(pk=form["noted_by"]) if form.get("noted_by") else None
    remark = _("Noted on the phone by %(name)s.") % {"name": noted_by} if noted_by else ""
    request = CallRequest(
        Number(form["e164"], form["extension"]),
        form["topic"],
        _slot(form["slot"]),
        is_wish=form["is_wish"],
    )
    return InboundMessage(
        channel=Channel.CALLBACK,
        subject=form["topic"],
        content=Content(text=form["text"], from_address=author.email),
        received_at=record.received_at,
        external_id=form["form_id"],
        author=author,
        ticket_number=form["ticket"],
        remark=remark,
        # The call's own confirmation says it all.
        silence="call back",
        then=partial(_agree, request=request, by=noted_by or author),
    )


def _agree(ticket: Ticket, message: Message, *, request: CallRequest, by: User) -> None:
    must_fit = _is_asked.get()
    try:
        calls.agree(ticket, request, by=by, must_fit=must_fit, asked_at=message.sent_at)
    except SlotTakenError as taken:
        # Whoever asked is told and chooses again: this request is settled, and has left nothing.
        reason = "The slot was taken; the customer was asked for another one."
        raise NothingToTakeInError(InboundRecord.Status.IGNORED, reason) from taken


def _call_of(message: Message) -> CallBack:
    """The call that a request agreed; the latest of its ticket."""
    return CallBack.objects.all().of(message.ticket).latest("pk")


def _written(form: CallForm) -> dict[str, Any]:
    request = form.request
    slot = request.slot
    return {
        "user": form.customer.pk,
        "noted_by": form.noted_by.pk if form.noted_by else None,
        "ticket": form.ticket.number if form.ticket else None,
        "topic": request.topic,
        "text": form.text,
        "e164": request.number.e164,
        "extension": request.number.extension,
        "slot": [slot.start.isoformat(), slot.end.isoformat()] if slot else None,
        "is_wish": request.is_wish,
        "form_id": form.form_id,
    }


def _slot(written: list[str] | None) -> Slot | None:
    if written is None:
        return None
    start, end = (datetime.fromisoformat(moment) for moment in written)
    return Slot(start, end)
