"""Which tier and which business hours are in force."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.timezone import now

from accounts.models import Organisation
from sla.models import BusinessCalendar, CalendarVersion, SupportTier, TierAssignment
from tenants.prepared import Prepared


class NoTierError(LookupError):
    """The tenant has no default tier or calendar; `create_tenant` makes both."""


_assignment = Prepared(
    lambda organisation: (
        TierAssignment.objects.filter(organisation_id=organisation)
        .select_related("tier")
        .order_by("-valid_from", "-pk")[:1]
    ),
    -1,
)


_default_tier = Prepared(lambda: SupportTier.objects.filter(is_default=True))


def tier_of(organisation: Organisation) -> SupportTier:
    """The tier in force for an organisation, the default tier if none was ever assigned."""
    assignment = _assignment.first(organisation.pk)
    return assignment.tier if assignment else default_tier()


def tier_at(organisation: Organisation, at: datetime) -> SupportTier:
    """The tier that was in force at a moment, the default tier before the first assignment."""
    assignments = organisation.tier_assignments.filter(valid_from__lte=at).select_related("tier")
    last = assignments.order_by("-valid_from", "-pk").first()
    return last.tier if last else default_tier()


def settled_tier_of(organisation: Organisation) -> SupportTier:
    """The tier in force, and that it stays until this transaction ends: for making a promise.

    Whoever changes the tier waits for the promise, or the promise is made under the new one.
    """
    settle(organisation)
    return tier_of(organisation)


def settled_tier_at(organisation: Organisation, at: datetime) -> tuple[SupportTier, bool]:
    """The tier in force at a moment, settled as above, and whether it is the one in force now."""
    settle(organisation)
    assignment = _assignment.first(organisation.pk)
    if assignment is None or assignment.valid_from <= at:
        return (assignment.tier if assignment else default_tier()), True
    tier = tier_at(organisation, at)
    return tier, tier == assignment.tier


def settle(organisation: Organisation) -> None:
    """Keep the organisation's tier as it is until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM accounts_organisation WHERE id = %s FOR KEY SHARE", [organisation.pk]
        )


def default_tier() -> SupportTier:
    """The tier of everybody who has booked none, or whom nobody knows yet."""
    tier = _default_tier.first()
    if tier is None:
        raise NoTierError("This tenant has no default tier.")
    return tier


def default_calendar() -> BusinessCalendar:
    """The calendar of every tier that has none of its own."""
    return BusinessCalendar.objects.get(is_default=True)


def default_version(at: datetime | None = None) -> CalendarVersion:
    """The version of the default calendar at a moment, now unless given."""
    moment = at or now()
    return _default_version.first(moment) or default_calendar().current(moment)


def zone() -> ZoneInfo:
    """The zone in which the tenant's days and months begin."""
    return default_version().hours.zone


_version_of = Prepared(
    lambda calendar, at: (
        CalendarVersion.objects.filter(calendar_id=calendar, valid_from__lte=at)
        .select_related("calendar")
        .order_by("-number")[:1]
    ),
    -1,
    datetime.min.replace(tzinfo=UTC),
)
_default_version = Prepared(
    lambda at: (
        CalendarVersion.objects.filter(calendar__is_default=True, valid_from__lte=at)
        .select_related("calendar")
        .order_by("-number")[:1]
    ),
    datetime.min.replace(tzinfo=UTC),
)


def version_for(tier: SupportTier, at: datetime | None = None) -> CalendarVersion:
    """The calendar version for a promise of this tier made at a moment, now unless given."""
    moment, calendar = at or now(), tier.calendar_id
    found = _version_of.first(calendar, moment) if calendar else _default_version.first(moment)
    if found is not None:
        return found
    own = {"calendar": calendar} if calendar else {"calendar__is_default": True}
    try:
        return CalendarVersion.objects.select_related("calendar").filter(**own).in_force(moment)
    except CalendarVersion.DoesNotExist as error:
        raise NoTierError("This tenant has no calendar.") from error
