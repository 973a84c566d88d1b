"""Einstellungen: what a customer can set, each with how it stands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.models import BillingAddress
from channels.facebook import linking
from helpdesk.http import Request, customer_required
from portal.organisation import membership_of
from sla.tiers import tier_of


@require_safe
@customer_required
def settings(request: Request) -> HttpResponse:
    membership = membership_of(request.user)
    context: dict[str, object] = {
        "membership": membership,
        "facebook_links": linking.links_of(request.user),
    }
    if membership is not None:
        organisation = membership.organisation
        context |= {
            "people": organisation.memberships.filter(user__is_active=True).count(),
            "tier": tier_of(organisation),
            "address": BillingAddress.objects.filter(organisation=organisation).first(),
            "documents": organisation.invoices.count() if membership.is_admin else 0,
        }
    return render(request, "portal/settings.html", context)
