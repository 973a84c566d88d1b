"""A higher tier for an organisation with 5,000 open tickets: `script/bench upgrade`."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from time import perf_counter

from benchmarks import scratch
from benchmarks.queue_page import CUSTOMERS, EVERY, TICKETS
from benchmarks.scratch import Row

OPEN, OTHERS, ROUNDS = 5000, 250_000, 3

# The tickets of one organisation among many others, with a target by the default tier: the latest,
# whose due moments lie ahead, or the oldest, which have been missed and must be aged one by one.
OF_ONE = """
UPDATE tickets_ticket SET organisation_id = %(organisation)s
WHERE id IN (SELECT ticket.id FROM tickets_ticket AS ticket
             JOIN sla_promise ON ticket_id = ticket.id AND NOT is_guaranteed
             WHERE organisation_id <> ALL (%(taken)s) ORDER BY ticket.opened_at """
LATEST, OLDEST = "DESC LIMIT %(count)s)", "ASC LIMIT %(count)s)"
# The rows that an upgrade cannot do without: the old promise ended, the new one, the place.
PLAIN = """
WITH ended AS (
    UPDATE sla_promise SET ended_at = now(), end_cause = 'replaced', next_check_at = NULL
    FROM tickets_ticket AS ticket
    WHERE ticket.id = ticket_id AND ticket.organisation_id = %s AND answered_at IS NULL
      AND ended_at IS NULL
    RETURNING sla_promise.*
), made AS (
    INSERT INTO sla_promise (ticket_id, kind, reason, tier_id, minutes, calendar_version_id,
        started_at, due_at, is_guaranteed, priority, made_at, end_cause, at_risk_at, next_check_at)
    SELECT ticket_id, kind, 'upgraded', tier_id, minutes, calendar_version_id, started_at, due_at,
        true, 4, now(), '', at_risk_at, due_at FROM ended
    RETURNING ticket_id
)
UPDATE tickets_ticket SET priority = 4, queue_band = 2, queue_rank = -4
FROM made WHERE tickets_ticket.id = made.ticket_id
"""


def measure() -> Iterator[Row]:
    """Measure in this process, in a database that is made for it; takes half a minute."""
    scratch.set_up()
    with scratch.database():
        yield from _measure()


def _measure() -> Iterator[Row]:
    from django.db import connection

    tenant = scratch.tenant()
    connection.set_tenant(tenant)
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
        cursor.execute(TICKETS, {"count": OTHERS, "every": EVERY})
    taken: list[int] = []
    for what, order in (("open", LATEST), ("overdue", OLDEST)):
        ours, plain = [], []
        for _ in range(ROUNDS):
            taken.append(_organisation(taken, order))
            ours.append(_upgrade(taken[-1]))
            taken.append(_organisation(taken, order))
            plain.append(_plainly(tenant.schema_name, taken[-1]))
        seconds, limit = statistics.median(ours), statistics.median(plain)
        beside = f"limit {limit:.2f} s (promises and places alone, by psycopg2)"
        yield Row(f"upgrade with {OPEN:,} {what} tickets", seconds, "s", f"aim < 1 s; {beside}")


def _organisation(taken: list[int], order: str) -> int:
    from django.db import connection

    from accounts.models import Organisation

    organisation = Organisation.objects.open(f"Kundin {len(taken)}")
    with connection.cursor() as cursor:
        values = {"organisation": organisation.pk, "taken": taken, "count": OPEN}
        cursor.execute(OF_ONE + order, values)
        if cursor.rowcount != OPEN:
            raise RuntimeError(f"Only {cursor.rowcount} tickets are there.")
        cursor.execute("VACUUM ANALYZE tickets_ticket, sla_promise")
    return int(organisation.pk)


def _upgrade(organisation: int) -> float:
    from accounts.models import Organisation
    from sla.changes import assign_tier
    from sla.models import Promise, SupportTier

    gold = SupportTier.objects.get(name="Gold")
    begun = perf_counter()
    assign_tier(Organisation.objects.get(pk=organisation), gold)
    seconds = perf_counter() - begun
    new = Promise.objects.open().filter(ticket__organisation=organisation, tier=gold)
    if new.count() != OPEN:
        raise RuntimeError(f"Only {new.count()} tickets were upgraded.")
    return seconds


def _plainly(schema: str, organisation: int) -> float:
    with scratch.plain(schema) as plain, plain, plain.cursor() as cursor:
        begun = perf_counter()
        cursor.execute(PLAIN, [organisation])
        plain.commit()
        return perf_counter() - begun
