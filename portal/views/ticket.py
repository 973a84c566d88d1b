"""One ticket as its customer sees it: the conversation, the promise, no internals."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import notification_list
from accounts.notifications import OF_TICKETS
from channels.portal_form import inbound
from channels.raw import StorageFullError
from helpdesk.downloads import attachment_response, pdf_response
from helpdesk.http import Request, customer_required, wants_partial
from portal import ticket_page, ticket_pdf, told
from portal.answers import already_sent, form_id_of, kept_for_later, not_stored, to_message
from portal.forms import ReopeningForm, ReplyForm
from tickets import changing
from tickets.drafts import Draft
from tickets.models import Attachment, Message, Ticket
from tickets.states import DONE, State, TransitionError


@require_safe
@customer_required
def ticket(request: Request, number: int) -> HttpResponse:
    found = ticket_page.find(request, number)
    if request.method == "GET":
        # What was merged into it is read here too.
        looked_at = Ticket.objects.filter(Q(pk=found.pk) | Q(merged_into=found))
        numbers = looked_at.values_list("number", flat=True)
        notification_list.read(request.user, numbers, *OF_TICKETS)
    if found.merged_into is not None:
        said = _("#%(number)s goes on here, together with this ticket.")
        messages.info(request, said % {"number": found.number})
        return redirect("portal:ticket", found.merged_into.number)
    return ticket_page.whole(request, found)


@require_safe
@customer_required
def explanation(request: Request, number: int) -> HttpResponse:
    """How the promised moment came about; a list asks for it in place."""
    found = ticket_page.find(request, number)
    seen = told.told(found, request.user)
    is_part = wants_partial(request)
    if seen.promise is None and not is_part:
        return redirect("portal:ticket", number)
    context = {"ticket": found, **ticket_page.promised(seen)}
    template = "portal/_ticket_why.html" if is_part else "portal/ticket_why.html"
    return render(request, template, context)


@require_POST
@customer_required
def create_reply(request: Request, number: int) -> HttpResponse:
    """Write on a ticket one takes part in; one that waited or was done opens again."""
    found = ticket_page.find_own(request, number)
    form = ReplyForm(Draft(request.user, found), request)
    if not form.is_valid():
        if sent := already_sent(request, form):
            return to_message(request, sent.ticket, sent)
        form.keep_chosen()
        return ticket_page.whole(request, found, reply_form=form, status=422)
    try:
        message = inbound.submit_reply(
            found,
            user=request.user,
            text=form.cleaned_data["text"],
            files=form.sent_files,
            form_id=form_id_of(request, form),
            draft_files=form.draft_files,
        )
    except inbound.NotTakenInError:
        return kept_for_later(request)
    except StorageFullError:
        not_stored(form)
        return ticket_page.whole(request, found, reply_form=form, status=503)
    messages.success(request, _("Your message has arrived."))
    return to_message(request, message.ticket, message)


@require_POST
@customer_required
def create_closure(request: Request, number: int) -> HttpResponse:
    """Close one's own ticket: nobody needs to answer any more."""
    found = ticket_page.find_own(request, number)
    try:
        changing.change_state(found, State.CLOSED, by=request.user)
    except (TransitionError, changing.MergedError):
        # Spam is closed to its sender already; a merged one leads to where it can be closed.
        return redirect("portal:ticket", number)
    messages.success(request, _("The ticket is closed. A new message reopens it."))
    return redirect("portal:ticket", number)


@require_POST
@customer_required
def create_reopening(request: Request, number: int) -> HttpResponse:
    """Open a ticket again without writing: the customer waits, so it is a message of theirs."""
    found = ticket_page.find_own(request, number)
    if found.state not in DONE:
        return redirect("portal:ticket", number)
    form = ReopeningForm(request.POST)
    form_id = form.cleaned_data["form_id"] if form.is_valid() else uuid.uuid4()
    try:
        message = inbound.submit_reply(
            found,
            user=request.user,
            text=_("I have reopened this ticket: it is not settled yet."),
            files=(),
            form_id=f"{request.user.pk}:{form_id}",
        )
    except inbound.NotTakenInError:
        return kept_for_later(request)
    except StorageFullError:
        messages.error(request, _("That did not work just now. Please try again in a moment."))
        return redirect("portal:ticket", number)
    messages.success(request, _("The ticket is open again. It is our turn now."))
    return to_message(request, message.ticket, message)


@require_safe
@customer_required
def pdf(request: Request, number: int) -> HttpResponse:
    """The conversation as a document to keep."""
    found = ticket_page.find(request, number)
    if found.merged_into is not None:
        return redirect("portal:ticket_pdf", found.merged_into.number)
    name = _("Ticket-%(number)s.pdf") % {"number": number}
    return pdf_response(ticket_pdf.render(found), name)


@require_safe
@customer_required
def attachment(request: Request, pk: int) -> HttpResponseBase:
    """A file of a message that this customer may read."""
    readable = Message.objects.public().filter(ticket__in=Ticket.objects.visible_to(request.user))
    return attachment_response(
        get_object_or_404(Attachment.objects.filter(message__in=readable), pk=pk)
    )
