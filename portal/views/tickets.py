"""A customer's tickets, and a new one."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from channels.portal_form import inbound
from channels.raw import StorageFullError
from helpdesk import keyset
from helpdesk.http import Request, customer_required
from helpdesk.uploads import FILE_LIMIT, MESSAGE_LIMIT
from portal import told
from portal.answers import form_id_of, kept_for_later, not_stored, to_message
from portal.forms import TicketForm
from sla.models import SupportTier
from tickets.models import Ticket

PAGE = 25


@require_safe
@customer_required
def tickets(request: Request) -> HttpResponse:
    """The customer's tickets, latest first; an organisation's admin sees all of theirs."""
    visible = Ticket.objects.visible_to(request.user).on_their_own().for_list()
    if key := keyset.decode(request.GET.get("after", ""), keyset.NEWEST_FIRST):
        visible = visible.filter(keyset.older("updated_at", key))
    found = list(visible.order_by("-updated_at", "-pk")[: PAGE + 1])
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    after = urlencode({"after": keyset.encode((last.updated_at, last.pk))}) if last else ""
    context = {
        "tickets": shown,
        "first_page": request.path if request.GET.get("after") else "",
        "next_page": f"{request.path}?{after}" if after else "",
        "mail_instead": told.mail_instead(told.tier(request.user)),
    }
    return render(request, "portal/tickets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def new_ticket(request: Request) -> HttpResponse:
    """Write a request; what was written is kept whatever goes wrong."""
    tier = told.tier(request.user)
    if address := told.mail_instead(tier):
        return _by_mail(request, tier, address)
    if request.method != "POST":
        return _form(request, TicketForm())
    form = TicketForm(request)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        ticket = inbound.submit_ticket(
            request.user,
            subject=form.cleaned_data["subject"],
            text=form.cleaned_data["text"],
            files=form.cleaned_data["files"],
            form_id=form_id_of(request, form),
        )
    except inbound.NotTakenInError:
        return kept_for_later(request)
    except StorageFullError:
        not_stored(form)
        return _form(request, form, status=503)
    messages.success(
        request, _("Your request has arrived as #%(number)s.") % {"number": ticket.number}
    )
    first = ticket.messages.order_by("pk").first()
    return to_message(ticket, first)


def _by_mail(request: Request, tier: SupportTier | None, address: str) -> HttpResponse:
    """The tier does not allow the portal: how to reach us instead, and what was written so far."""
    is_sent = request.method == "POST"
    context = {
        "form": TicketForm(request) if is_sent else None,
        "tier": tier,
        "mail_instead": address,
    }
    return render(request, "portal/by_mail.html", context, status=403 if is_sent else 200)


def _form(request: Request, form: TicketForm, *, status: int = 200) -> HttpResponse:
    outlook = told.outlook(request.user)
    context = {
        "form": form,
        "tier": outlook.tier if outlook else None,
        "due_at": outlook.due_at if outlook else None,
        "is_guaranteed": bool(outlook and outlook.is_guaranteed),
        "attachment_limit": FILE_LIMIT,
        "message_limit": MESSAGE_LIMIT,
    }
    return render(request, "portal/new_ticket.html", context, status=status)
