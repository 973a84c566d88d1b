"""When billing has something to do for a tenant: announcements, planned ends, the first of a month.

The sweep visits only tenants whose `Wakeup` is due, as for promises (DESIGN §6).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing.accounting import midnight

# After midnight: by then every booking of the last day has been committed.
PATIENCE = timedelta(hours=1)


def run_moment(first: date, zone: ZoneInfo) -> datetime:
    """When the invoices of the month before `first` are written."""
    return midnight(first, zone) + PATIENCE
