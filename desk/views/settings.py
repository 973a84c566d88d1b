"""The settings of a tenant: where to find what."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import Team, User
from billing.models import Supplier
from channels.models import CallSettings, ContactForm, FacebookPage
from desk import price_page
from desk.page import desk_page
from forum.models import Category
from helpdesk.hours import region_text, week_text
from helpdesk.http import Request, tenant_admin_required
from sla.models import SupportTier
from sla.tiers import default_calendar


@require_safe
@tenant_admin_required
def settings(request: Request) -> HttpResponse:
    """What can be set, each with how it stands now."""
    calendar = default_calendar()
    spec = calendar.versions.latest("number").spec
    tiers = SupportTier.objects.all()
    context = {
        "tiers": tiers,
        **price_page.summary(tiers),
        "supplier": Supplier.current(),
        "calendar": calendar,
        "week": week_text(spec),
        "region": region_text(spec),
        "team_size": User.objects.agents().count(),
        "contact_form": ContactForm.current(),
        "call_settings": CallSettings.current(),
        "facebook_pages": FacebookPage.objects.all().connected().order_by("name", "pk"),
        "forum_categories": Category.objects.in_order(),
        "teams": Team.objects.order_by("name"),
    }
    return desk_page(request, "desk/settings/overview.html", context)
