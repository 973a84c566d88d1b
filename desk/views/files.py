"""Attachments, and the HTML of a mail in a frame of its own."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from desk import mail_frame
from helpdesk.downloads import attachment_response
from helpdesk.http import Request, agent_required
from tickets.models import Attachment, Message, MessageQuerySet, Ticket


@require_safe
@agent_required
def attachment(request: Request, pk: int) -> HttpResponseBase:
    tickets = Ticket.objects.visible_to(request.user)
    found = get_object_or_404(Attachment.objects.filter(message__ticket__in=tickets), pk=pk)
    return attachment_response(found)


@login_not_required
@require_safe
def inline_image(request: HttpRequest, token: str) -> HttpResponseBase:
    """A picture inside a mail; the signed address is the right to see it."""
    pk = mail_frame.image_id(token)
    found = Attachment.objects.filter(pk=pk).first() if pk is not None else None
    if found is None or not found.is_safe_image:
        raise Http404
    return attachment_response(found)


@require_safe
@agent_required
def html_body(request: Request, pk: int) -> HttpResponse:
    """A mail's HTML as its sender formatted it: no script, no origin, nothing from afar unasked."""
    tickets = Ticket.objects.visible_to(request.user)
    return _mail(request, Message.objects.filter(ticket__in=tickets), pk, with_remote=False)


@login_not_required
@require_safe
def html_with_remote(request: HttpRequest, token: str) -> HttpResponse:
    """The same with the pictures from other servers; the signed address is the right to see it."""
    return _mail(request, Message.objects.all(), mail_frame.remote_id(token), with_remote=True)


def _mail(
    request: HttpRequest, messages: MessageQuerySet, pk: int | None, *, with_remote: bool
) -> HttpResponse:
    formatted = messages.exclude(html="").prefetch_related("attachments")
    message = get_object_or_404(formatted, pk=pk)
    context = {
        "message": message,
        "body": mail_frame.body(message, with_remote=with_remote),
        "has_remote": mail_frame.has_remote(message) and not with_remote,
        "remote_url": reverse("desk:html_with_remote", args=[mail_frame.remote_token(message)]),
    }
    response = render(request, "desk/html_body.html", context)
    response.headers["Content-Security-Policy"] = _frame_policy(request, with_remote=with_remote)
    return response


def _frame_policy(request: HttpRequest, *, with_remote: bool) -> str:
    # Without an origin not every browser takes 'self' for this host, so the host stands there too.
    here = f"'self' {request.scheme}://{request.get_host()}"
    remote = " http: https:" if with_remote else ""
    return "; ".join(
        [
            "sandbox allow-popups allow-popups-to-escape-sandbox",
            "default-src 'none'",
            f"style-src {here}",
            f"img-src {here} data:{remote}",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        ]
    )
