"""What a tenant's admins change about the support tiers; it counts for promises made from then on.

Every edit locks all tiers of the tenant, so that two admins come one after the other.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.timezone import now

from sla.calendar import Calendar, CalendarError
from sla.models import SupportTier
from sla.tiers import version_for
from tenants.acts import act

EDITED = [
    "name",
    "metal",
    "priority",
    "first_response_minutes",
    "next_response_minutes",
    "is_guaranteed",
    "text",
    "guaranteed_channels",
    "allowed_channels",
    "is_offered",
    "calendar_id",
]


class TierEditError(Exception):
    """A tier cannot be changed like this; nothing was changed."""


class TierChangedError(TierEditError):
    """Somebody else changed the tier meanwhile; `stored` is what it says now."""

    def __init__(self, stored: SupportTier) -> None:
        super().__init__(f"{stored} was changed meanwhile")
        self.stored = stored


class TierNameTakenError(TierEditError):
    """Another tier has this name."""


class NeverEndsError(TierEditError):
    """In the tier's calendar so much business time never passes; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} would never end")
        self.field = field


class TierInUseError(TierEditError):
    """The tier was promised or assigned before, or new customers begin with it."""


def fingerprint(tier: SupportTier) -> str:
    """What an edit starts from: two tiers that say the same have the same one."""
    values = {name: getattr(tier, name) for name in EDITED}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@act()
def save_tier(tier: SupportTier, *, seen: str = "", make_default: bool = False) -> SupportTier:
    """Store a tier as an admin filled it in; a new one goes behind the others.

    `seen` is the fingerprint of what the admin started from. Made promises stay as they are.
    """
    others = {other.pk: other for other in _locked()}
    stored = others.pop(tier.pk, None)
    if not tier._state.adding and stored is None:
        raise SupportTier.DoesNotExist
    if stored is not None and fingerprint(stored) not in {seen, fingerprint(tier)}:
        raise TierChangedError(stored)
    if any(other.name.casefold() == tier.name.casefold() for other in others.values()):
        raise TierNameTakenError
    _check_ends(tier)
    if tier._state.adding:
        highest = SupportTier.objects.aggregate(highest=Max("position"))["highest"] or 0
        tier.position, tier.is_default = highest + 1, False
        tier.save()
    else:
        tier.save(update_fields=EDITED)
    if make_default:
        _make_default(tier)
    return tier


@act()
def move_tier(tier: SupportTier, *, is_up: bool) -> None:
    """Swap a tier with its neighbour; the first cannot go up, the last not down."""
    order = _locked()
    index = [other.pk for other in order].index(tier.pk)
    neighbour = index - 1 if is_up else index + 1
    if not 0 <= neighbour < len(order):
        return
    here, there = order[index], order[neighbour]
    positions = here.position, there.position
    # A position is unique at every moment: one of the two steps aside first.
    _put(here, order[-1].position + 1)
    _put(there, positions[0])
    _put(here, positions[1])


@act()
def delete_tier(tier: SupportTier) -> None:
    """Remove a tier that was never used; raises TierInUseError otherwise."""
    stored = SupportTier.objects.select_for_update().get(pk=tier.pk)
    if not is_removable(stored):
        raise TierInUseError
    stored.delete()


def is_removable(tier: SupportTier) -> bool:
    """True for a tier that nobody ever had and nothing was ever promised under."""
    used = tier.promises.exists() or tier.assignments.exists()
    return not used and not tier.is_default


def endless_field(tier: SupportTier, hours: Calendar, *, at_risk: int, at: datetime) -> str:
    """Which of a tier's two times would never pass in these hours, e.g. for ever closed; or ""."""
    for field in ("first_response_minutes", "next_response_minutes"):
        minutes = getattr(tier, field) or 0
        try:
            due_at = hours.add(at, timedelta(minutes=minutes))
            hours.subtract(due_at, timedelta(minutes=at_risk))
        except (CalendarError, OverflowError):
            return field
    return ""


def _locked() -> list[SupportTier]:
    """All tiers in their order; no other edit runs until this one ends, promises still do."""
    list(SupportTier.objects.select_for_update(no_key=True).order_by("pk"))
    # Read again: whoever waited for the locks had looked before a new tier was there.
    return list(SupportTier.objects.all())


def _put(tier: SupportTier, position: int) -> None:
    tier.position = position
    tier.save(update_fields=["position"])


def _make_default(tier: SupportTier) -> None:
    """Let new customers begin with this tier, and with no other."""
    SupportTier.objects.exclude(pk=tier.pk).filter(is_default=True).update(is_default=False)
    tier.is_default = True
    tier.save(update_fields=["is_default"])


def _check_ends(tier: SupportTier) -> None:
    version = version_for(tier)
    at_risk = version.calendar.at_risk_minutes
    if field := endless_field(tier, version.hours, at_risk=at_risk, at=now()):
        raise NeverEndsError(field)
