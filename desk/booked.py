"""The line about the booking beside a ticket: one query, however much there is to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.timezone import now

from accounts.models import Organisation
from billing.accounting import Tax, last_day, tax_on

# The prices in force are the last ones begun, at worst the first ones; days are the tenant's.
SQL = """
SELECT booked.started_at, booked.cancel_at, local.zone, price.cents, price.vat_rate, price.is_gross
FROM billing_subscription AS booked
JOIN LATERAL (
    SELECT version.spec ->> 'zone' AS zone
    FROM sla_calendarversion AS version
    JOIN sla_businesscalendar AS calendar ON calendar.id = version.calendar_id
    WHERE calendar.is_default
    ORDER BY version.valid_from <= %(now)s DESC, version.number DESC
    LIMIT 1
) AS local ON true
LEFT JOIN LATERAL (
    SELECT (list.prices ->> booked.tier_id::text)::int AS cents, list.vat_rate, list.is_gross
    FROM billing_pricelist AS list
    ORDER BY list.valid_from <= (%(now)s AT TIME ZONE local.zone)::date DESC,
             abs(list.valid_from - (%(now)s AT TIME ZONE local.zone)::date)
    LIMIT 1
) AS price ON true
WHERE booked.organisation_id = %(organisation)s AND booked.ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """Since when a tier is booked, what it costs a month, and the last day once it is cancelled."""

    since: date
    price: Tax | None
    last_day: date | None


def booked(organisation: Organisation) -> Booked | None:
    """What an organisation has booked; None for who has booked nothing."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"now": now(), "organisation": organisation.pk})
        row = cursor.fetchone()
    return None if row is None else _booked(*row)


def _booked(
    started_at: datetime,
    cancel_at: datetime | None,
    zone: str,
    cents: int | None,
    rate: int,
    is_gross: bool,
) -> Booked:
    local = ZoneInfo(zone)
    return Booked(
        since=started_at.astimezone(local).date(),
        price=None if cents is None else tax_on(cents, rate, is_gross=is_gross),
        last_day=last_day(cancel_at, local) if cancel_at else None,
    )
