"""The sweep: what is due is flagged, what is near moves up, what waits too long ages.

Its cost grows with what is due: the tenants are found by their Wakeup rows, the promises by
`next_check_at`. It takes its locks in the order of every act (ticket first) and leaves a ticket
that somebody holds to the next round, 30 seconds later, so it can never deadlock with an answer.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection
from django.db.models import Min
from django.utils.timezone import now

from sla import notices, queue
from sla.models import Promise
from sla.notices import Told
from tenants import live, wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tickets.models import Ticket

logger = logging.getLogger(__name__)

# Tickets that one transaction of the sweep holds.
BATCH = 1000

# One set-based statement: the breach is dated to the due moment, whenever it is noticed, and its
# line in the history is written with it. A guarantee has two steps, at risk and broken, and they
# need no calendar; `queue.key` says the same in Python. It returns what is to be told, and which
# targets were missed, whose ageing needs a calendar.
FLAG = f"""
WITH held AS (
    SELECT id AS held_id, next_check_at AS checked FROM sla_promise
    WHERE ticket_id = ANY(%(tickets)s) AND answered_at IS NULL AND ended_at IS NULL
      AND next_check_at < %(at)s
), flagged AS (
    UPDATE sla_promise
    SET breached_at = CASE WHEN due_at < %(at)s THEN due_at ELSE breached_at END,
        noticed_at = CASE WHEN due_at < %(at)s THEN COALESCE(noticed_at, %(at)s)
                          ELSE noticed_at END,
        next_check_at = CASE WHEN due_at < %(at)s THEN NULL ELSE {queue.AHEAD} END
    FROM held WHERE id = held_id
    RETURNING id, ticket_id, kind, is_guaranteed, priority, due_at, at_risk_at, breached_at,
              warn_percent_at, warn_minutes_at, checked, noticed_at = %(at)s AS is_new
), placed AS (
    UPDATE tickets_ticket AS ticket
    SET queue_band = CASE WHEN breached_at IS NULL THEN 1 ELSE 0 END,
        queue_rank = CASE WHEN breached_at IS NULL THEN 0 ELSE -flagged.priority END
    FROM flagged
    WHERE ticket.id = flagged.ticket_id AND flagged.is_guaranteed
      AND (breached_at IS NOT NULL OR at_risk_at < %(at)s)
      AND ticket.queue_band IS NOT NULL
), noted AS (
    INSERT INTO tickets_event (ticket_id, kind, at, before, after, what)
    SELECT ticket_id, 'promise', due_at, kind, '',
           CASE WHEN is_guaranteed THEN 'breached' ELSE 'target_missed' END
    FROM flagged WHERE is_new ORDER BY due_at, id
)
SELECT id, ticket_id, breached_at IS NOT NULL AND NOT is_guaranteed,
       CASE WHEN is_new AND is_guaranteed THEN 'breached'
            WHEN is_new THEN 'missed'
            WHEN breached_at IS NOT NULL THEN NULL
            WHEN warn_minutes_at >= checked AND warn_minutes_at < %(at)s THEN 'minutes'
            WHEN warn_percent_at >= checked AND warn_percent_at < %(at)s THEN 'percent' END,
       CASE WHEN breached_at IS NOT NULL THEN due_at
            WHEN warn_minutes_at < %(at)s THEN warn_minutes_at ELSE warn_percent_at END
FROM flagged ORDER BY due_at, id
"""  # noqa: S608 (both parts are constants)


def sweep() -> int:
    """Visit every tenant with something due; returns how many promises changed."""
    changed = 0
    for tenant in wakeups.due_tenants(Wakeup.Kind.PROMISES):
        try:
            changed += sweep_tenant(now())
            wakeups.settle(Wakeup.Kind.PROMISES, earliest)
        except Exception:
            # One tenant's trouble must not keep the others waiting; its row stays due.
            logger.exception("The sweep of %s failed", tenant)
    return changed


def sweep_tenant(at: datetime) -> int:
    """Bring every promise of this tenant up to date whose next change lies before `at`."""
    due = Promise.objects.open().filter(next_check_at__lt=at).order_by("next_check_at", "pk")
    tickets = list(due.values_list("ticket_id", flat=True))
    batches = (tickets[start : start + BATCH] for start in range(0, len(tickets), BATCH))
    return sum(_sweep_tickets(batch, at) for batch in batches)


def earliest() -> datetime | None:
    """The next moment at which anything about an open promise of this tenant changes."""
    found: datetime | None = Promise.objects.open().aggregate(next=Min("next_check_at"))["next"]
    return found


@act()
def _sweep_tickets(due: list[int], at: datetime) -> int:
    free = Ticket.objects.filter(pk__in=due).select_for_update(skip_locked=True)
    tickets = list(free.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(FLAG, {"tickets": tickets, "at": at})
        flagged = cursor.fetchall()
    queue.age([one for one, _ticket, is_missed_target, *_told in flagged if is_missed_target], at)
    things = [Told(promise, ticket, kind, due) for promise, ticket, _, kind, due in flagged if kind]
    notices.tell(things, at)
    if flagged:
        live.announce("queue")
    return len(flagged)
