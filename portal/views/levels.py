"""The public page about support: how to reach it, when it is there, and what it promises."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.page_cache import cached_for_strangers
from portal.levels import levels_page


@login_not_required
@require_safe
@cached_for_strangers(seconds=60)
def levels(request: HttpRequest) -> HttpResponse:
    """Everything from live data: ways, hours, today's state, tiers and their prices."""
    page = levels_page()
    with override(page.zone):
        context = {
            "page": page,
            "description": _("How to reach us, when somebody is here, and how fast we answer."),
        }
        return render(request, "portal/levels.html", context)
