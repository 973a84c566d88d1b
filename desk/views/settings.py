"""The settings of a tenant: where to find what."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import Team, User
from desk.calendar_changes import region_text, week_text
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required
from sla.models import SupportTier
from sla.tiers import default_calendar


@require_safe
@tenant_admin_required
def settings(request: Request) -> HttpResponse:
    """What can be set, each with how it stands now."""
    calendar = default_calendar()
    spec = calendar.versions.latest("number").spec
    context = {
        "tiers": SupportTier.objects.all(),
        "calendar": calendar,
        "week": week_text(spec),
        "region": region_text(spec),
        "team_size": User.objects.agents().count(),
        "teams": Team.objects.order_by("name"),
    }
    return desk_page(request, "desk/settings/overview.html", context)
