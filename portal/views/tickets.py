"""A customer's tickets, and a new one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from channels.portal_form import inbound
from channels.raw import StorageFullError
from helpdesk.http import Request, customer_required
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from portal import ticket_list, told
from portal.answers import already_sent, form_id_of, kept_for_later, not_stored, to_message
from portal.forms import TicketForm
from portal.states import Turn
from portal.ticket_list import Choice, Whose
from sla.models import SupportTier
from tickets import drafts
from tickets.drafts import Draft


@require_safe
@customer_required
def tickets(request: Request) -> HttpResponse:
    """The customer's tickets, latest first; an organisation's admin sees all of theirs."""
    choice = Choice.of(request.GET)
    found = ticket_list.page(request.user, choice, request.GET.get("after", ""))
    membership = getattr(request.user, "membership", None)
    is_later = bool(request.GET.get("after"))
    context = {
        "tickets": found.tickets,
        "choice": choice,
        "turns": _turns(choice),
        "whose": _whose(choice, is_admin=membership is not None and membership.is_admin),
        "first_page": f"{request.path}{choice.address()}" if is_later else "",
        "next_page": f"{request.path}{found.next_page}" if found.next_page else "",
        "mail_instead": told.mail_instead(told.tier(request.user)),
    }
    return render(request, "portal/tickets.html", context)


def _turns(choice: Choice) -> list[tuple[str, str, bool]]:
    """The links of the states: words, address, whether it is chosen."""
    words = [
        (None, _("All")),
        (Turn.OPEN, _("Open")),
        (Turn.MINE, _("Waiting for you")),
        (Turn.DONE, _("Done")),
    ]
    return [(text, choice.address(state=turn or ""), choice.turn == turn) for turn, text in words]


def _whose(choice: Choice, *, is_admin: bool) -> list[tuple[str, str, bool]]:
    """The links of whose tickets are shown, as `_turns`."""
    everything = _("Whole organisation") if is_admin else _("Mine and shared")
    words = [
        (None, everything),
        (Whose.OWN, _("Mine")),
        (Whose.SHARED, _("Shared with me")),
    ]
    return [(text, choice.address(whose=one or ""), choice.whose == one) for one, text in words]


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def new_ticket(request: Request) -> HttpResponse:
    """Write a request; what was written is kept whatever goes wrong."""
    tier = told.tier(request.user)
    if address := told.mail_instead(tier):
        return _by_mail(request, tier, address)
    draft = Draft(request.user)
    if request.method != "POST":
        return _form(request, TicketForm(draft))
    form = TicketForm(draft, request)
    if not form.is_valid():
        if sent := already_sent(request, form):
            return to_message(request, sent.ticket, sent)
        form.keep_chosen()
        return _form(request, form, status=422)
    try:
        ticket = inbound.submit_ticket(
            request.user,
            subject=form.cleaned_data["subject"],
            text=form.cleaned_data["text"],
            files=form.sent_files,
            form_id=form_id_of(request, form),
            draft_files=form.draft_files,
        )
    except inbound.NotTakenInError:
        return kept_for_later(request)
    except StorageFullError:
        not_stored(form)
        return _form(request, form, status=503)
    messages.success(
        request, _("Your ticket has arrived as #%(number)s.") % {"number": ticket.number}
    )
    first = ticket.messages.order_by("pk").first()
    return to_message(request, ticket, first)


def _by_mail(request: Request, tier: SupportTier | None, address: str) -> HttpResponse:
    """The tier does not allow the portal: how to reach us instead, and what was written so far."""
    is_sent = request.method == "POST"
    context = {
        "form": TicketForm(Draft(request.user), request) if is_sent else None,
        "tier": tier,
        "mail_instead": address,
    }
    response = render(request, "portal/by_mail.html", context, status=403 if is_sent else 200)
    if is_sent and request.headers.get("HX-Request"):
        # There is no form any more into whose place the answer could go.
        response.status_code = 422
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
        response.headers["HX-Reswap"] = "outerHTML show:top"
    return response


def _form(request: Request, form: TicketForm, *, status: int = 200) -> HttpResponse:
    outlook = told.outlook(request.user)
    context = {
        "form": form,
        "tier": outlook.tier if outlook else None,
        "due_at": outlook.due_at if outlook else None,
        "is_guaranteed": bool(outlook and outlook.is_guaranteed),
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
        "most_files": drafts.MOST_FILES,
    }
    return render(request, "portal/new_ticket.html", context, status=status)
