"""A customer's statement of promises, month by month."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now, override
from django.views.decorators.http import require_safe

from helpdesk.http import Request, customer_required
from portal import statement as statements
from portal import told
from sla import tiers


@require_safe
@customer_required
def statements_list(request: Request) -> HttpResponse:
    """The months from the first ticket on; nothing before the address is confirmed."""
    is_confirmed = told.is_confirmed(request.user)
    months = statements.months(request.user, now(), tiers.zone()) if is_confirmed else []
    context = {"months": months, "is_confirmed": is_confirmed}
    return render(request, "portal/statements.html", context)


@require_safe
@customer_required
def statement(request: Request, month: date) -> HttpResponse:
    """What was promised in one month; other months than those of the list do not exist."""
    user, at, local = request.user, now(), tiers.zone()
    known = statements.months(user, at, local) if told.is_confirmed(user) else []
    if month not in [one.first for one in known]:
        raise Http404
    membership = getattr(user, "membership", None)
    context = {
        "month": month,
        "statement": statements.statement(user, month, at, local),
        "organisation": user.organisation,
        "is_for_all": bool(membership and membership.is_admin),
        "at": at,
    }
    with override(local):
        return render(request, "portal/statement.html", context)
