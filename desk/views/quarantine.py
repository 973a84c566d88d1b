"""What could not be processed, kept in full, and its next chance."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from channels import intake
from channels.models import FacebookPage, InboundRecord
from desk.page import desk_page
from helpdesk import keyset
from helpdesk.http import Request, agent_required

PAGE = 50


@require_safe
@agent_required
def quarantine(request: Request) -> HttpResponse:
    """The newest first."""
    records = InboundRecord.objects.quarantined().order_by("-received_at", "-pk")
    if key := keyset.decode(request.GET.get("after", ""), keyset.NEWEST_FIRST):
        records = records.filter(keyset.older("received_at", key))
    found = list(records[: PAGE + 1])
    shown = found[:PAGE]
    last = shown[-1] if len(found) > PAGE else None
    after = keyset.encode((last.received_at, last.pk)) if last else ""
    context = {
        "records": shown,
        "has_facebook": FacebookPage.objects.exists(),
        "first_page": request.path if request.GET.get("after") else "",
        "next_page": f"{request.path}?{urlencode({'after': after})}" if after else "",
    }
    return desk_page(request, "desk/quarantine.html", context)


@require_POST
@agent_required
def replay_quarantined(request: Request, pk: int) -> HttpResponse:
    """Process a message again, with its old moment of arrival; a second click changes nothing."""
    intake.replay(get_object_or_404(InboundRecord, pk=pk))
    messages.success(request, _("The message is being processed again."))
    return redirect("desk:quarantine")
