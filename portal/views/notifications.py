"""What is new for a customer, and what they want to be told about."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import notification_list
from accounts.models import User
from helpdesk.http import Request, customer_required, wants_partial
from portal import notification_page
from portal.settings_forms import NotificationsForm


@require_safe
@customer_required
def news(request: Request) -> HttpResponse:
    """The list behind the bell, newest first; only what is looked at becomes read."""
    asked = request.GET.get("after", "")
    found = notification_page.page(request.user, asked)
    after = urlencode({"after": found.after})
    context = {
        "entries": found.entries,
        "unread": notification_list.unread(request.user),
        "first_page": request.path if asked else "",
        "next_page": f"{request.path}?{after}" if found.after else "",
    }
    return render(request, "portal/news.html", context)


@login_not_required
@require_safe
def news_count(request: HttpRequest) -> HttpResponse:
    """The bell of an open page that looks again; nothing while its number is as it was `seen`.

    Nothing either for who has no list, as somebody who has signed out meanwhile: what a page asks
    by itself leads nowhere.
    """
    user = request.user
    if not isinstance(user, User) or user.is_agent:
        return HttpResponse(status=204)
    unread = notification_list.unread(user)
    if request.GET.get("seen") == str(unread):
        return HttpResponse(status=204)
    return render(request, "portal/_bell.html", {"unread": unread})


@require_POST
@customer_required
def read_news(request: Request) -> HttpResponse:
    """Mark everything as read."""
    if notification_list.read_all(request.user):
        messages.success(request, _("Everything is marked as read."))
    return redirect("portal:news")


@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: Request) -> HttpResponse:
    """Show and choose what we tell of, and where; for customers, agents and tenant admins alike.

    With htmx each box is saved as it is ticked; without, by the button.
    """
    # No box ticked is an empty form, and means: tell of nothing.
    sent = request.POST if request.method == "POST" else None
    form = NotificationsForm(sent, user=request.user)
    if form.is_valid():
        form.save()
        if wants_partial(request):
            return render(request, "portal/_saved.html", {"is_saved": True})
        messages.success(request, _("Your choice is saved."))
        return redirect("portal:notifications")
    return render(request, "portal/notifications.html", {"form": form})
