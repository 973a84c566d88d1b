"""What the portal answers when somebody has written."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from channels.portal_form import inbound
from helpdesk.http import Request
from portal.forms import ReplyForm
from tickets.models import Message, Ticket


def form_id_of(request: Request, form: forms.Form) -> str:
    """The form's id, bound to who sent it: nobody can name another person's form."""
    return f"{request.user.pk}:{form.cleaned_data['form_id']}"


def already_sent(request: Request, form: ReplyForm) -> Message | None:
    """The message that this very form has become, where its files are gone with it.

    Sent twice without an answer, it is one message; with other words in it, it is a new one.
    """
    if set(form.errors) != {"kept"}:
        return None
    message = inbound.sent_before(form_id_of(request, form))
    if message is None or message.text != form.cleaned_data["text"]:
        return None
    return message


def to_message(request: Request, ticket: Ticket, message: Message | None) -> HttpResponse:
    """Lead to the new message: the browser then knows that the draft is kept here."""
    address = reverse("portal:ticket", args=[ticket.number])
    return lead_to(request, f"{address}#message-{message.pk}" if message else address)


def lead_to(request: Request, address: str) -> HttpResponse:
    """Lead on, also a form that htmx has sent: it would lose the fragment on the way."""
    if not request.headers.get("HX-Request"):
        return redirect(address)
    response = HttpResponse(status=204, headers={"HX-Redirect": address})
    here = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if here == urlsplit(address).path:
        # Only the fragment differs: the browser would scroll there and ask for nothing.
        response.headers["HX-Refresh"] = "true"
    return response


def kept_for_later(request: Request) -> HttpResponse:
    """It is stored and will be processed; nothing is lost, only the number is missing yet."""
    messages.info(
        request,
        _("Your message is safely stored. It will appear among your tickets in a few minutes."),
    )
    # The fragment tells the browser to drop the draft.
    return lead_to(request, f"{reverse('portal:tickets')}#message-0")


def not_stored(form: forms.Form) -> None:
    form.add_error(
        None,
        _("We could not store your message just now. Your text is kept here; please try again."),
    )
    if form.cleaned_data.get("files"):
        form.add_error("files", _("Please choose the files again."))
