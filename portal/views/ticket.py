"""One ticket as its customer sees it: the conversation, the promise, no internals."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels.portal_form import inbound
from channels.raw import StorageFullError
from helpdesk.downloads import attachment_response
from helpdesk.http import Request, customer_required
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from portal import calls, told
from portal.answers import form_id_of, kept_for_later, not_stored, to_message
from portal.forms import ReplyForm
from tickets import services
from tickets.models import Attachment, Message, Ticket, TicketQuerySet
from tickets.states import State, TransitionError


@require_safe
@customer_required
def ticket(request: Request, number: int) -> HttpResponse:
    found = get_object_or_404(Ticket.objects.visible_to(request.user).for_list(), number=number)
    if found.merged_into is not None:
        said = _("#%(number)s goes on here, together with this ticket.")
        messages.info(request, said % {"number": found.number})
        return redirect("portal:ticket", found.merged_into.number)
    return _page(request, found, ReplyForm())


@require_POST
@customer_required
def create_reply(request: Request, number: int) -> HttpResponse:
    """Write on one's own ticket; one that waited or was done opens again."""
    found = get_object_or_404(_own(request), number=number)
    form = ReplyForm(request)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        message = inbound.submit_reply(
            found,
            user=request.user,
            text=form.cleaned_data["text"],
            files=form.cleaned_data["files"],
            form_id=form_id_of(request, form),
        )
    except inbound.NotTakenInError:
        return kept_for_later(request)
    except StorageFullError:
        not_stored(form)
        return _page(request, found, form, status=503)
    messages.success(request, _("Your message has arrived."))
    return to_message(message.ticket, message)


@require_POST
@customer_required
def create_closure(request: Request, number: int) -> HttpResponse:
    """Close one's own ticket: nobody needs to answer any more."""
    found = get_object_or_404(_own(request), number=number)
    try:
        services.change_state(found, State.CLOSED, by=request.user)
    except (TransitionError, services.MergedError):
        # Spam is closed to its sender already; a merged one leads to where it can be closed.
        return redirect("portal:ticket", number)
    messages.success(request, _("The ticket is closed. A new message opens it again."))
    return redirect("portal:ticket", number)


@require_safe
@customer_required
def attachment(request: Request, pk: int) -> HttpResponseBase:
    """A file of a message that this customer may read."""
    readable = Message.objects.public().filter(ticket__in=Ticket.objects.visible_to(request.user))
    return attachment_response(
        get_object_or_404(Attachment.objects.filter(message__in=readable), pk=pk)
    )


def _own(request: Request) -> TicketQuerySet:
    """Only who opened a ticket takes part in it; an organisation's admin reads along (law 5)."""
    return Ticket.objects.visible_to(request.user).filter(requester=request.user).for_list()


def _page(request: Request, found: Ticket, form: ReplyForm, *, status: int = 200) -> HttpResponse:
    seen = told.told(found, request.user)
    context = {
        "ticket": found,
        "forum_topics": found.forum_topics.select_related("category"),
        "thread": found.messages.public().thread(),
        "promise": seen.promise,
        "steps": seen.steps,
        "changes": seen.changes,
        "seconds": seen.seconds,
        **calls.on_ticket(found, request.user),
        "reply_form": form if found.requester_id == request.user.pk else None,
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
    }
    return render(request, "portal/ticket.html", context, status=status)
