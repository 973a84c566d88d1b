"""What everybody may know about a tenant's support levels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.timezone import now
from django.utils.translation import get_language

from billing import prices
from billing.accounting import Tax
from billing.models import PriceList
from channels import ways
from helpdesk.hours import region_text, week_text
from portal import told
from sla.calendar import DayHours, Reason
from sla.models import BusinessCalendar, SupportTier
from sla.tiers import default_calendar
from tickets.models import Channel


@dataclass(frozen=True, slots=True)
class Level:
    """One row of the table."""

    tier: SupportTier
    price: Tax | None
    channels: list[Channel]
    # Only where they differ from everybody's.
    week: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LevelsPage:
    at: datetime
    zone: ZoneInfo
    week: list[tuple[str, str]]
    region: str
    hours: told.Hours | None
    # Why nobody is there today: a holiday's or closure's name in the reader's language.
    today: DayHours
    today_name: str
    channels: list[Channel]
    address: str
    is_gross: bool
    levels: list[Level]

    @property
    def is_holiday(self) -> bool:
        return self.today.reason in {Reason.HOLIDAY, Reason.CLOSURE}


def levels_page(at: datetime | None = None) -> LevelsPage:
    """The page as it stands at a moment (aware), now unless given."""
    moment = at or now()
    calendar = default_calendar()
    version = calendar.current(moment)
    zone, enabled = version.hours.zone, ways.enabled()
    [today] = version.hours.days(moment.astimezone(zone).date(), 1)
    is_german = (get_language() or "").startswith("de")
    return LevelsPage(
        at=moment,
        zone=zone,
        week=week_text(version.spec),
        region=region_text(version.spec),
        hours=told.hours(moment),
        today=today,
        today_name=today.name if is_german else today.name_en,
        channels=enabled,
        address=told.support_address(),
        is_gross=(current := prices.current(moment)).is_gross,
        levels=_levels(calendar, current, enabled, moment),
    )


def _levels(
    calendar: BusinessCalendar, current: PriceList, enabled: list[Channel], at: datetime
) -> list[Level]:
    """What is offered, from live data; a level without a price cannot be booked."""
    found = []
    for tier in SupportTier.objects.select_related("calendar"):
        price = current.price(tier)
        if not tier.is_default and (price is None or not tier.is_offered):
            continue
        own = tier.calendar if tier.calendar_id not in {None, calendar.pk} else None
        week = week_text(own.current(at).spec) if own else []
        found.append(Level(tier, price, ways.of_tier(tier, enabled), week))
    return found
