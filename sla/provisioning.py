"""What every tenant starts with: business hours and four tiers, as rows its admins may change."""

from __future__ import annotations

from django.db import transaction

from sla.calendar import Calendar
from sla.models import DEFAULT_CHANNELS, BusinessCalendar, CalendarVersion, Priority, SupportTier
from tickets.models import Channel

OFFICE_DAY = [["09:00", "17:00"]]
WITH_PHONE = [*DEFAULT_CHANNELS, Channel.CALLBACK]

# DESIGN §1. The names and texts are the tenant's own words to its customers, in German from the
# start; they are data and not translated.
TIERS: list[dict[str, object]] = [
    {
        "name": "Basis",
        "metal": "basis",
        "priority": Priority.NORMAL,
        "first_response_minutes": 16 * 60,
        "is_guaranteed": False,
        "text": "in der Regel 1–2 Werktage",
        "allowed_channels": DEFAULT_CHANNELS,
        "is_default": True,
    },
    {
        "name": "Bronze",
        "metal": "bronze",
        "priority": Priority.MIDDLE,
        "first_response_minutes": 12 * 60,
        "allowed_channels": DEFAULT_CHANNELS,
    },
    {
        "name": "Silber",
        "metal": "silber",
        "priority": Priority.HIGH,
        "first_response_minutes": 8 * 60,
        "allowed_channels": WITH_PHONE,
    },
    {
        "name": "Gold",
        "metal": "gold",
        "priority": Priority.HIGHEST,
        "first_response_minutes": 4 * 60,
        "allowed_channels": WITH_PHONE,
    },
]


def office_hours(state: str) -> dict[str, object]:
    """Monday to Friday 9 to 17 in Berlin, without the public holidays of a federal state.

    `state` is its code, e.g. "NW"; an unknown one raises CalendarError.
    """
    spec: dict[str, object] = {
        "zone": "Europe/Berlin",
        "country": "DE",
        "subdivision": state,
        "weekly": {str(weekday): OFFICE_DAY for weekday in range(5)},
    }
    Calendar.from_spec(spec)
    return spec


@transaction.atomic
def create_calendar(state: str) -> BusinessCalendar:
    """Create the tenant's default calendar, version 1."""
    calendar = BusinessCalendar.objects.create(name="Geschäftszeiten", is_default=True)
    CalendarVersion.objects.create(calendar=calendar, number=1, spec=office_hours(state))
    return calendar


@transaction.atomic
def create_tiers() -> list[SupportTier]:
    """Create Basis, Bronze, Silber and Gold; they use the default calendar."""
    return SupportTier.objects.bulk_create(
        SupportTier(position=position, guaranteed_channels=DEFAULT_CHANNELS, **tier)
        for position, tier in enumerate(TIERS, start=1)
    )
