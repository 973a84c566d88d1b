"""What all customers have booked, what that brings, and what is to come."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.timezone import override
from django.views.decorators.http import require_safe

from desk import billing_page
from desk.page import desk_page
from helpdesk.http import Request, tenant_admin_required
from sla.tiers import zone


@require_safe
@tenant_admin_required
def billing(request: Request) -> HttpResponse:
    """The overview."""
    local = zone()
    with override(local):
        return desk_page(request, "desk/billing/overview.html", billing_page.shown(local))
