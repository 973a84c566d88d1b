"""The contact form: open to everybody, and no cookie is needed for it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from channels.contact_form import limits, proof, widget
from channels.contact_form.forms import TRAP_FIELD, ContactForm
from channels.contact_form.limits import Refusal
from channels.contact_form.models import LANGUAGES
from channels.contact_form.models import ContactForm as Settings
from channels.contact_form.receiving import KEPT, TAKEN_IN, TOO_MUCH, Received, receive
from helpdesk.http import id_in
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from portal import told
from sla.services import open_promise
from tenants.connection import connection
from tickets.models import Ticket

# Seconds for which the page after sending can be opened again.
SENT_FOR = 24 * 3600


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Write to the tenant; what was written is kept whatever goes wrong."""
    refusal = limits.at_the_door(request) if request.method == "POST" else None
    if refusal is not None and refusal.is_flood:
        # Nothing of it is read: a flood of forms must cost next to nothing.
        response = render(request, "portal/contact_flood.html", status=TOO_MUCH)
        response.headers["Retry-After"] = str(refusal.wait)
        return response
    # What a stranger sends could be sent from anywhere; a customer's name stands under theirs.
    view = csrf_protect(_contact) if _customer(request) else _contact
    response = view(request, refusal)
    if refusal is not None:
        response.headers["Retry-After"] = str(refusal.wait)
    return response


@login_not_required
@require_safe
def contact_sent(request: HttpRequest, token: str) -> HttpResponse:
    """The number, and what happens next; of tiers only to whom the ticket is known to be."""
    try:
        pk = _signer().unsign_object(token, max_age=SENT_FOR)
    except (signing.BadSignature, ValueError):
        return redirect("portal:contact")
    tickets = Ticket.objects.select_related("requester")
    ticket = tickets.filter(pk=pk).first() if pk else None
    is_own = ticket is not None and ticket.is_verified and ticket.requester == request.user
    context = {
        "ticket": ticket,
        "is_own": is_own,
        "promise": open_promise(ticket) if ticket and is_own else None,
    }
    return render(request, "portal/contact_sent.html", context)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """Prove that the address is one's own: only a press on a button does, no program's look.

    Each request that waits is named, and confirmed or put aside by itself.
    """
    try:
        ticket = proof.ticket_of(token)
    except proof.LinkInvalidError:
        return render(request, "portal/contact_link_invalid.html", status=404)
    if request.method == "POST":
        _decide(request, ticket)
        return redirect("portal:contact_confirmation", token)
    waiting = list(proof.waiting(ticket.requester))
    context = {
        "ticket": ticket,
        "is_waiting": ticket in waiting,
        "others": [one for one in waiting if one != ticket],
        "promise": open_promise(ticket) if ticket.is_verified else None,
    }
    return render(request, "portal/contact_confirmation.html", context)


def _decide(request: HttpRequest, shown: Ticket) -> None:
    """Take down whether the sender wrote a request; of what does not wait, nothing is taken.

    What becomes of the `shown` one the page itself says.
    """
    decisions = (
        ("mine", proof.confirm, _("#%(number)s is confirmed.")),
        ("foreign", proof.disown, _("#%(number)s is put aside; nobody works on it.")),
    )
    for name, decide, said in decisions:
        pk = id_in(request.POST.get(name, ""))
        found = proof.waiting(shown.requester).filter(pk=pk).first() if pk else None
        if found is not None:
            decide(found)
            if found != shown:
                messages.success(request, said % {"number": found.number})
            return


def sent_token(ticket: Ticket | None) -> str:
    """The right to see the number of what one has sent; without a ticket, that it is kept."""
    return _signer().sign_object(ticket.pk if ticket else 0)


def _contact(request: HttpRequest, refusal: Refusal | None) -> HttpResponse:
    author, settings = _customer(request), Settings.current()
    if not settings.is_enabled:
        return _switched_off(request)
    if request.method != "POST":
        return _form(request, settings, ContactForm(author=author))
    is_verified = author is not None and told.is_confirmed(author)
    received = receive(request, refusal, author=author, is_verified=is_verified)
    if received.status in {TAKEN_IN, KEPT}:
        return _to_sent(request, received)
    return _form(request, settings, received.form, status=received.status)


def _customer(request: HttpRequest) -> User | None:
    """The customer who is signed in; an agent who looks at the page is nobody here."""
    user = request.user
    return user if isinstance(user, User) and not user.is_agent else None


def _to_sent(request: HttpRequest, received: Received) -> HttpResponse:
    """Lead to the page with the number; its fragment tells the browser to drop the draft."""
    ticket = received.ticket
    address = reverse("portal:contact_sent", args=[sent_token(ticket)])
    address = f"{address}#message-{ticket.number if ticket else 0}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _form(
    request: HttpRequest, settings: Settings, form: ContactForm, *, status: int = 200
) -> HttpResponse:
    language = (get_language() or "")[:2]
    context = {
        "form": form,
        "words": widget.own_words(settings, language if language in LANGUAGES else LANGUAGES[0]),
        "trap": TRAP_FIELD,
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
    }
    return render(request, "portal/contact.html", context, status=status)


def _switched_off(request: HttpRequest) -> HttpResponse:
    """There is no form: how to reach us instead, and what was written in one opened before."""
    is_sent = request.method == "POST"
    context = {
        "form": ContactForm(request, author=_customer(request)) if is_sent else None,
        "mail_instead": told.support_address(),
    }
    return render(request, "portal/contact_off.html", context, status=403 if is_sent else 404)


def _signer() -> signing.TimestampSigner:
    # Ids are equal in every tenant; the schema in the salt keeps a page to its own (law 4).
    return signing.TimestampSigner(salt=f"portal.contact:{connection.schema_name}")
