"""What a tenant's admins change about business hours: each edit of the hours is a new version.

Made promises name the version they were made under and stay as they are (law 2).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.timezone import now

from accounts.models import User
from sla.calendar import Calendar, ZeroHoursError
from sla.models import BusinessCalendar, CalendarVersion, Promise, SupportTier
from sla.tier_edits import endless_field
from tenants.acts import act

SETTINGS = ["name", "at_risk_minutes", "warn_percent", "warn_minutes"]
# Counting further says nothing more to a person, and would cost time.
COUNTED_TO = 1000


class CalendarChangedError(Exception):
    """Somebody else saved the calendar meanwhile; nothing was changed."""


class EndlessTierError(Exception):
    """What a tier promises would never end in these hours."""

    def __init__(self, tier: SupportTier) -> None:
        super().__init__(f"{tier} would never end")
        self.tier = tier


@dataclass(frozen=True, slots=True)
class Effect:
    """When a ticket that arrives now would be due: under the hours in force, and under others."""

    tier: SupportTier
    before: datetime
    after: datetime


def fingerprint(calendar: BusinessCalendar) -> str:
    """What an edit starts from: the version in force and the settings beside it."""
    newest = calendar.versions.order_by("number").last()
    values = [newest.number if newest else 0, *(getattr(calendar, name) for name in SETTINGS)]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


@act()
def save_calendar(
    calendar: BusinessCalendar, spec: Mapping[str, object], *, seen: str, by: User
) -> CalendarVersion:
    """Store settings and hours; hours that are new begin now, as the next version.

    `seen` is the fingerprint of what the admin started from. Saving what is stored changes nothing.
    """
    stored = BusinessCalendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
    newest = stored.versions.latest("number")
    hours = Calendar.from_spec(spec)
    is_same = newest.hours == hours
    if is_same and _settings(stored) == _settings(calendar):
        return newest
    if fingerprint(stored) != seen:
        raise CalendarChangedError
    check(calendar, spec)
    calendar.save(update_fields=SETTINGS)
    if is_same:
        return newest
    begins = max(now(), newest.valid_from)
    return CalendarVersion.objects.create(
        calendar=calendar, number=newest.number + 1, valid_from=begins, spec=spec, by=by
    )


@act()
def add_calendar(
    calendar: BusinessCalendar, spec: Mapping[str, object], *, by: User
) -> BusinessCalendar:
    """Create another calendar, version 1; it counts once a tier uses it."""
    check(calendar, spec)
    calendar.is_default = False
    calendar.save(force_insert=True)
    CalendarVersion.objects.create(calendar=calendar, number=1, spec=spec, by=by)
    return calendar


def check(calendar: BusinessCalendar, spec: Mapping[str, object]) -> Calendar:
    """The calendar that a specification describes, if promises can be counted in it.

    Raises CalendarError where it makes no sense, ZeroHoursError for a week without any hours,
    EndlessTierError for a tier of this calendar whose time would never pass.
    """
    hours = Calendar.from_spec(spec)
    weekly = spec["weekly"]
    if not isinstance(weekly, Mapping) or not any(weekly.values()):
        raise ZeroHoursError("The week has no business hours")
    moment = now()
    hours.next_opening(moment)
    for tier in tiers_of(calendar):
        if endless_field(tier, hours, at_risk=calendar.at_risk_minutes, at=moment):
            raise EndlessTierError(tier)
    return hours


def tiers_of(calendar: BusinessCalendar) -> list[SupportTier]:
    """The tiers that promise by this calendar."""
    if calendar._state.adding:
        return []
    own = Q(calendar=calendar)
    return list(SupportTier.objects.filter(own | Q(calendar=None) if calendar.is_default else own))


def open_promises(calendar: BusinessCalendar) -> int:
    """How many open promises were made under this calendar's versions; counted to a limit."""
    versions = list(calendar.versions.values_list("pk", flat=True))
    made = Promise.objects.all().open().filter(calendar_version__in=versions)
    return made[: COUNTED_TO + 1].count()


def effects(calendar: BusinessCalendar, old: Calendar, new: Calendar) -> list[Effect]:
    """What other hours mean for a ticket that arrives now, for each tier of the calendar."""
    moment = now()
    lengths = [
        (tier, timedelta(minutes=tier.first_response_minutes)) for tier in tiers_of(calendar)
    ]
    return [Effect(tier, old.add(moment, of), new.add(moment, of)) for tier, of in lengths]


def _settings(calendar: BusinessCalendar) -> list[object]:
    return [getattr(calendar, name) for name in SETTINGS]
