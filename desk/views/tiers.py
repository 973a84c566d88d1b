"""The support tiers: their order, and what each of them promises."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import prices
from desk.counts import COUNTED_TO, Count
from desk.page import desk_page
from desk.tier_forms import TierForm
from helpdesk.http import Request, tenant_admin_required
from sla import tier_edits
from sla.models import Promise, SupportTier
from tickets.models import Channel


@require_safe
@tenant_admin_required
def tiers(request: Request) -> HttpResponse:
    """All tiers in their order."""
    found = SupportTier.objects.select_related("calendar")
    return desk_page(request, "desk/settings/tiers.html", {"tiers": found})


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def new_tier(request: Request) -> HttpResponse:
    """Add a tier behind the others."""
    return _edit(request, SupportTier())


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_admin_required
def tier(request: Request, pk: int) -> HttpResponse:
    """Show and change one tier."""
    return _edit(request, get_object_or_404(SupportTier, pk=pk))


@require_POST
@tenant_admin_required
def change_tier_position(request: Request, pk: int) -> HttpResponse:
    """Move a tier up or down by one."""
    found = get_object_or_404(SupportTier, pk=pk)
    tier_edits.move_tier(found, is_up=request.POST.get("to") == "up")
    return redirect("desk:tiers")


@require_POST
@tenant_admin_required
def delete_tier(request: Request, pk: int) -> HttpResponse:
    """Remove a tier that was never used."""
    found = get_object_or_404(SupportTier, pk=pk)
    try:
        tier_edits.delete_tier(found)
    except tier_edits.TierInUseError:
        said = _("“%(tier)s” stays: it was used before, and made promises name it.")
        messages.error(request, said % {"tier": found})
        return redirect("desk:tier", pk)
    messages.success(request, _("“%(tier)s” is removed.") % {"tier": found})
    return redirect("desk:tiers")


def _edit(request: Request, found: SupportTier) -> HttpResponse:
    if request.method != "POST":
        return _page(request, TierForm(instance=found))
    form = TierForm(request.POST, instance=found)
    if not form.is_valid() or not _save(form):
        return _page(request, form)
    messages.success(
        request,
        _("“%(tier)s” is saved. It counts for promises made from now on.") % {"tier": found},
    )
    return redirect("desk:tiers")


def _save(form: TierForm) -> bool:
    """Store what was typed; what stands against it becomes a complaint of the form."""
    values = form.cleaned_data
    if values.get("make_default") and form.instance.pk and prices.costs_something(form.instance):
        said = _("New customers cannot begin with a level that costs something or has been booked.")
        form.add_error("make_default", said)
        return False
    try:
        tier_edits.save_tier(
            form.instance, seen=values["seen"], make_default=values.get("make_default", False)
        )
    except tier_edits.TierNameTakenError:
        form.add_error("name", _("Another level has this name."))
    except tier_edits.NeverEndsError as error:
        field = error.field.removesuffix("_minutes")
        said = _("In these business hours so much time never passes. Choose less, or other hours.")
        form.add_error(f"{field}_hours", said)
    except tier_edits.TierChangedError as error:
        form.changed_meanwhile = error.stored
    else:
        return True
    return False


def _page(request: Request, form: TierForm) -> HttpResponse:
    tier, changed = form.instance, form.changed_meanwhile
    kept = 0
    if tier.pk:
        kept = Promise.objects.all().open().filter(tier=tier)[: COUNTED_TO + 1].count()
    context = {
        "form": form,
        "tier": tier,
        "kept": Count(kept),
        "channels": _channels(form),
        "has_no_price": _has_no_price(tier),
        "is_removable": bool(tier.pk) and tier_edits.is_removable(tier),
        "changed": changed,
        "differences": form.differences(changed) if changed else [],
        "seen": tier_edits.fingerprint(changed) if changed else form["seen"].value(),
    }
    status = 422 if form.errors or changed else 200
    return desk_page(request, "desk/settings/tier.html", context, status=status)


def _has_no_price(tier: SupportTier) -> bool:
    """True for a stored tier that could be booked, had it a price."""
    return bool(tier.pk) and not tier.is_default and prices.current().cents(tier) is None


def _channels(form: TierForm) -> list[dict[str, object]]:
    """One row for each way to write, with a box for each of its two questions."""
    allowed = form["allowed_channels"].value() or []
    covered = form["guaranteed_channels"].value() or []
    return [
        {"value": value, "name": name, "allowed": value in allowed, "covered": value in covered}
        for value, name in Channel.choices
    ]
