"""What the page of one ticket shows its customer."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import User
from forum.topics import TopicQuerySet
from helpdesk.http import Request
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from portal import calls, told
from portal.forms import RatingForm, ReopeningForm, ReplyForm
from portal.told import Told
from tickets import drafts, rating, sharing
from tickets.drafts import Draft
from tickets.models import Ticket
from tickets.states import DONE


def find(request: Request, number: int) -> Ticket:
    """The ticket, if this person may see it: what is foreign and what is not there is the same."""
    tickets = Ticket.objects.visible_to(request.user).for_list().select_related("merged_into")
    return get_object_or_404(tickets, number=number)


def find_own(request: Request, number: int) -> Ticket:
    """The ticket, if this person takes part in it; an admin only reads along (law 5)."""
    tickets = Ticket.objects.written_by(request.user).for_list().select_related("merged_into")
    return get_object_or_404(tickets, number=number)


def takes_part(ticket: Ticket, user: User) -> bool:
    """Whether somebody who sees a ticket may write on it."""
    return ticket.requester_id == user.pk or ticket.participants.filter(user=user).exists()


def _topics(ticket: Ticket, user: User) -> TopicQuerySet:
    """The topics it came from: for who wrote there, since colleagues need not know their name."""
    topics = ticket.forum_topics.select_related("category")
    return topics if ticket.requester_id == user.pk else topics.none()


def promised(seen: Told) -> dict[str, object]:
    return {
        "promise": seen.promise,
        "steps": seen.steps,
        "changes": seen.changes,
        "seconds": seen.seconds,
    }


def whole(
    request: Request,
    ticket: Ticket,
    *,
    reply_form: ReplyForm | None = None,
    rating_form: RatingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page; with a form that could not be taken as it was (422)."""
    user = request.user
    is_part = takes_part(ticket, user)
    given = rating.rating_of(ticket)
    context = {
        "ticket": ticket,
        "forum_topics": _topics(ticket, user),
        "thread": ticket.messages.public().thread(),
        **promised(told.told(ticket, user)),
        **calls.on_ticket(ticket, user),
        "takes_part": is_part,
        "may_share": sharing.may_share(ticket, user),
        "participants": ticket.participants.all().in_force().for_list(),
        "reply_form": (reply_form or ReplyForm(Draft(user, ticket))) if is_part else None,
        "reopening_form": ReopeningForm() if ticket.state in DONE else None,
        "rating": given,
        "rating_form": (rating_form or RatingForm.of(given)) if is_part else None,
        "is_ratable": is_part and rating.is_ratable(ticket),
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
        "most_files": drafts.MOST_FILES,
    }
    return render(request, "portal/ticket.html", context, status=status)
