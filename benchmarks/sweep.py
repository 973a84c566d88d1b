"""The sweep over a million open promises, and over ten thousand that are due: `script/bench sweep`.

Twenty real schemas of 50,000 promises. In half of them the sweep flags what is due; in the other
half plain psycopg2 writes the same rows, in turns with it.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks import scratch
from benchmarks.queue_page import CUSTOMERS, TICKETS
from benchmarks.scratch import Row

if TYPE_CHECKING:
    from tenants.models import Tenant

TENANTS, PROMISES, WAKEUPS = 20, 50_000, 1000
DUE, ROUNDS = 1000, 3
FEW = 100
# Seconds between two arrivals: the older half of 50,000 is past its due moment, two days later.
EVERY = 6

# Nothing of what stands there is due, whatever its moments say.
QUIET = "UPDATE sla_promise SET next_check_at = now() + interval '1 year'"
# A thousand guarantees of one round came due a minute ago.
BRING_DUE = """
UPDATE sla_promise SET next_check_at = due_at WHERE id IN (
    SELECT id FROM sla_promise WHERE is_guaranteed AND breached_at IS NULL AND due_at < now()
    ORDER BY id LIMIT %s
)
"""
# What nothing can do without: the flag, the place in the queue and the line in the history.
PLAIN = """
WITH flagged AS (
    UPDATE sla_promise SET breached_at = due_at, noticed_at = now(), next_check_at = NULL
    WHERE next_check_at < now() AND answered_at IS NULL AND ended_at IS NULL
    RETURNING ticket_id, kind, due_at, priority
), placed AS (
    UPDATE tickets_ticket SET queue_band = 0, queue_rank = -flagged.priority
    FROM flagged WHERE tickets_ticket.id = flagged.ticket_id
)
INSERT INTO tickets_event (ticket_id, kind, at, before, after, what)
SELECT ticket_id, 'promise', due_at, kind, '', 'breached' FROM flagged
"""
OTHER_ROWS = """
INSERT INTO public.tenants_wakeup (schema_name, kind, next_at)
SELECT 't_none' || n, 'promises', now() + interval '1 day' FROM generate_series(1, %s) n
"""


def measure() -> Iterator[Row]:
    """Measure in this process, in a database that is made for it; takes some minutes."""
    scratch.set_up()
    with scratch.database():
        yield from _measure()


def _measure() -> Iterator[Row]:
    tenants = [_tenant(number, FEW) for number in range(TENANTS)]
    few = _idle()
    for tenant in tenants:
        _fill(tenant, PROMISES - FEW)
    _other_wakeups()
    many = _idle()
    yield Row(
        f"sweep, {TENANTS * PROMISES:,} open promises, nothing due, p95",
        many[1],
        "ms",
        f"aim < 20 ms; {few[1]:.2f} ms with {TENANTS * FEW:,} promises and {TENANTS} rows",
    )
    ours, plain = [], []
    half = TENANTS // 2
    for _ in range(ROUNDS):
        ours.append(_flag(tenants[:half]))
        plain.append(_flag_plainly(tenants[half:]))
    seconds, limit = statistics.median(ours), statistics.median(plain)
    yield Row(
        f"sweep, {half * DUE:,} due in {half} tenants",
        seconds,
        "s",
        f"limit {limit:.2f} s (the same rows by psycopg2);"
        f" {seconds / limit:.1f}× its time, aim ≤ 2×",
    )


def _tenant(number: int, count: int) -> Tenant:
    from django.db import connection
    from django_tenants.utils import tenant_context

    tenant = scratch.tenant(f"bench{number}")
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
    _fill(tenant, count)
    return tenant


def _fill(tenant: Tenant, count: int) -> None:
    from django.db import connection
    from django_tenants.utils import tenant_context

    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(TICKETS, {"count": count, "every": EVERY})
        cursor.execute(QUIET)
        cursor.execute("VACUUM ANALYZE tickets_ticket, sla_promise")


def _other_wakeups() -> None:
    from django.db import connection

    from tenants.models import Wakeup

    with connection.cursor() as cursor:
        cursor.execute(OTHER_ROWS, [WAKEUPS - Wakeup.objects.count()])
        cursor.execute("VACUUM ANALYZE public.tenants_wakeup")


def _idle() -> tuple[float, float]:
    from django.db import connection

    from sla.sweep import sweep
    from tenants.models import Wakeup

    connection.set_schema_to_public()
    sweep()
    if Wakeup.objects.filter(next_at__lt="2026-01-01").exists():
        raise RuntimeError("Something is due.")
    return scratch.times(sweep, count=100)


def _bring_due(tenant: Tenant) -> None:
    from django.db import connection
    from django.utils.timezone import now
    from django_tenants.utils import tenant_context

    from tenants.models import Wakeup

    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(BRING_DUE, [DUE])
        if cursor.rowcount != DUE:
            raise RuntimeError(f"Only {cursor.rowcount} promises could be made due.")
    Wakeup.objects.update_or_create(
        schema_name=tenant.schema_name, kind=Wakeup.Kind.PROMISES, defaults={"next_at": now()}
    )


def _flag(tenants: list[Tenant]) -> float:
    from sla.sweep import sweep

    for tenant in tenants:
        _bring_due(tenant)
    begun = perf_counter()
    changed = sweep()
    seconds = perf_counter() - begun
    if changed != DUE * len(tenants):
        raise RuntimeError(f"The sweep changed {changed} promises.")
    return seconds


def _flag_plainly(tenants: list[Tenant]) -> float:
    seconds = 0.0
    for tenant in tenants:
        _bring_due(tenant)
    for tenant in tenants:
        with scratch.plain(tenant.schema_name) as plain:
            begun = perf_counter()
            with plain, plain.cursor() as cursor:
                cursor.execute(PLAIN)
                if cursor.rowcount != DUE:
                    raise RuntimeError(f"psycopg2 changed {cursor.rowcount} promises.")
            seconds += perf_counter() - begun
    return seconds
