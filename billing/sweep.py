"""The clock of billing: planned ends, announcements, runs, and documents that wait to be mailed.

It only wakes the workers of tenants that have something due; a task does all of it, and running it
twice does it once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from billing import booking, invoicing, mailing, prices
from tenants import wakeups
from tenants.models import Wakeup
from tenants.queue import enqueue

logger = logging.getLogger(__name__)

# How long one task works; what is left is the next visit's, so that mails and intake have their
# turn meanwhile.
MOST_SECONDS = 20
# Seconds; the next visit sends the task again. While the workers are away none pile up.
EXPIRES = 25
# What failed is tried again this soon.
RETRY = timedelta(minutes=1)


def sweep() -> None:
    """Wake the workers for every tenant that asked to be looked at."""
    for tenant in wakeups.due_tenants(Wakeup.Kind.BILLING):
        try:
            enqueue("billing.work", expires=EXPIRES)
            wakeups.settle(Wakeup.Kind.BILLING, next_moment)
        except Exception:
            # One tenant's trouble must not keep the others waiting; its row stays due.
            logger.exception("The billing sweep of %s failed", tenant)


def work() -> None:
    """Do what is due in this tenant; what does not fit into one task goes on in 30 seconds."""
    until = time.monotonic() + MOST_SECONDS
    for step in (booking.end_due, prices.announce_due, invoicing.start_due):
        _try(step)
    _try(lambda: invoicing.write_due(until=until))
    _try(lambda: mailing.mail_due(until=until))


def _try(step: Callable[[], object]) -> object:
    """Do one step; one that fails stops none of the others, and the next visit tries it again."""
    try:
        return step()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # The outermost edge of this work.
        logger.exception("A step of the billing failed")
        return None


def next_moment() -> datetime | None:
    """When billing next has something to do for this tenant."""
    moment = now()
    moments = [booking.next_end(), prices.next_announcement(), invoicing.next_run(moment)]
    found = [max(one, moment + RETRY) for one in moments if one is not None]
    if invoicing.unfinished().exists() or mailing.is_waiting():
        found.append(moment)
    return min(found, default=None)
