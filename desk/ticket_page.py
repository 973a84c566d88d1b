"""What the page of one ticket shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.timezone import now

from accounts.models import Team
from channels.facebook import windows
from channels.facebook.window import Window
from channels.models import CallBack
from desk import facebook_person, history
from desk.booked import booked
from desk.facebook_wall import wall_of
from desk.forms import (
    AssignmentForm,
    ChannelForm,
    NoteForm,
    ReplyForm,
    StateForm,
    TicketTeamForm,
    states_after_answer,
)
from desk.forum_page import linked_topics
from desk.page import desk_page, desk_part
from helpdesk.http import Request
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from sla.models import Promise
from sla.tiers import tier_of
from tickets import merging
from tickets.models import Message, Ticket

# An answer that its first hop has not taken by then is worth a look (law 3).
FIRST_HOP_PATIENCE = timedelta(minutes=15)
OTHER_TICKETS = 5
# A promise that ended so goes on in another one, which is the one to show.
ELSEWHERE = (Promise.End.REPLACED, Promise.End.MERGED)


def find(request: Request, number: int) -> Ticket:
    """The ticket, if this person may see it; otherwise there is none (404)."""
    tickets = Ticket.objects.visible_to(request.user).for_list().select_related("merged_into")
    return get_object_or_404(tickets, number=number)


def goes_on_in(request: Request, ticket: Ticket) -> Ticket:
    """The ticket in which this one goes on: itself, unless it was merged."""
    return find(request, ticket.merged_into.number) if ticket.merged_into else ticket


def whole(
    request: Request,
    ticket: Ticket,
    *,
    reply_form: ReplyForm | None = None,
    note_form: Form | None = None,
    newer: Sequence[Message] = (),
) -> HttpResponse:
    """The whole page; with a form that could not be taken as it was (422)."""
    is_refused = reply_form is not None or note_form is not None
    thread = list(ticket.messages.thread())
    seen = {"last_message": thread[-1].pk if thread else None}
    if reply_form is None and states_after_answer(ticket) and not ticket.merged_into_id:
        reply_form = ReplyForm(ticket, initial=seen)
    shown = _shown(ticket, thread)
    context = {
        **shown,
        # A text that could not be sent stays where it can be copied.
        "is_blocked": _is_blocked(shown["window"], reply_form),
        "reply_form": reply_form,
        "note_form": note_form or NoteForm(initial=seen),
        "open_form": "note" if note_form is not None else "reply",
        "newer": newer,
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
    }
    return desk_page(request, "desk/ticket.html", context, status=422 if is_refused else 200)


def parts(request: Request, ticket: Ticket, *, status: int = 200) -> HttpResponse:
    """Everything but what the agent is writing, for an open page that looks again."""
    context = _shown(ticket, list(ticket.messages.thread()))
    return desk_part(request, "desk/_ticket_live.html", context, status=status)


def current_promise(ticket: Ticket) -> Promise | None:
    """The open promise, or else the last one that had an outcome."""
    promises = list(ticket.promises.with_terms().order_by("-pk"))
    is_open = (promise for promise in promises if promise.is_open)
    told = (promise for promise in promises if promise.end_cause not in ELSEWHERE)
    return next(is_open, None) or next(told, None)


def _is_blocked(window: Window | None, form: ReplyForm | None) -> bool:
    """Whether no answer can leave; on a wall, everybody can still be answered in public."""
    if form is not None and (form.is_bound or form.wall is not None):
        return False
    return window is not None and window.is_closed


def _shown(ticket: Ticket, thread: list[Message]) -> dict[str, Any]:
    others = Ticket.objects.filter(organisation=ticket.organisation).exclude(pk=ticket.pk)
    promise, window = current_promise(ticket), windows.of_ticket(ticket)
    due_at = promise.due_at if promise is not None and promise.is_open else None
    return {
        "ticket": ticket,
        "thread": thread,
        "wall": wall_of(thread, promise),
        "promise": promise,
        "window": window,
        "facebook": facebook_person.on(ticket),
        "ends_before_due": window is not None and window.ends_before(due_at),
        "tier": tier_of(ticket.organisation),
        "booked": booked(ticket.organisation),
        "events": history.lines(ticket),
        "call": CallBack.objects.all().of(ticket).open().order_by("pk").first(),
        "linked_topics": linked_topics(ticket),
        "other_tickets": others.order_by("-updated_at")[:OTHER_TICKETS],
        "assignment_form": AssignmentForm(initial={"assignee": ticket.assignee_id}),
        "team_form": TicketTeamForm(ticket) if Team.objects.exists() else None,
        "state_form": StateForm(ticket),
        "channel_form": ChannelForm(ticket),
        "undo_refusal": merging.why_not_undo(ticket, now()) if ticket.merged_into_id else "",
        **_delivery(thread),
    }


def _delivery(thread: list[Message]) -> dict[str, Message | None]:
    """The answer that did not arrive and has no successor; the one that waits for too long."""
    answers = [message for message in thread if message.is_answer]
    last = answers[-1] if answers else None
    if last is None:
        return {"failed": None, "slow": None}
    is_waiting = last.status in {Message.Status.QUEUED, Message.Status.SENDING}
    is_slow = is_waiting and now() - last.sent_at > FIRST_HOP_PATIENCE
    return {
        "failed": last if last.status == Message.Status.FAILED else None,
        "slow": last if is_slow or last.status == Message.Status.UNCLEAR else None,
    }
