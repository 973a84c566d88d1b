"""Where a mail's link ends mails like it; needs no sign-in, the link itself is the proof."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts import notifications
from accounts.notifications import Channel


# A mail provider posts here for its reader, with no cookie and no page of ours (RFC 8058); what
# the link can do is what its holder is meant to do with it.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, which mail scanners follow too; act on POST, and offer the way back."""
    try:
        user, event = notifications.unsubscribing(token)
    except notifications.UnsubscribeInvalidError:
        return render(request, "account/unsubscribe.html", status=404)
    wants = notifications.wants(user, event, Channel.MAIL)
    if request.method == "POST":
        wants = request.POST.get("by_mail") == "on"
        notifications.choose(user, event, Channel.MAIL, is_wanted=wants)
    shown = {"event": event, "wants": wants, "is_done": request.method == "POST"}
    return render(request, "account/unsubscribe.html", shown)
