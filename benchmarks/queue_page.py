"""The agents' queue with 100 to 1,000,000 open tickets: `script/bench queue_page`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import scratch
from benchmarks.scratch import Row

FEW, SOME, MANY, MOST = 100, 10_000, 100_000, 1_000_000
HOST = "bench.localhost"
# Seconds between two arrivals.
EVERY = 3

# A thousand customers in three hundred organisations; the shape of a bad morning: some escalated,
# some at risk, the rest in four priorities; half of it assigned.
CUSTOMERS = """
INSERT INTO accounts_organisation (name, created_at)
SELECT 'Kundin ' || n || ' GmbH', now() FROM generate_series(1, 300) n;
INSERT INTO accounts_user (password, email, name, role, is_active, language, joined_at)
SELECT '!', 'kundin' || n || '@bench.example', 'Kundin ' || n, 'customer', true, '', now()
FROM generate_series(1, 1000) n;
"""
TICKETS = """
WITH customers AS (
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id
    FROM accounts_user WHERE role = 'customer'
), organisations AS (
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM accounts_organisation
), agents AS (
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM accounts_user WHERE role <> 'customer'
)
INSERT INTO tickets_ticket (subject, state, channel, requester_id, organisation_id, assignee_id,
    mailbox, hint, is_verified, opened_at, updated_at, due_at, priority, queue_band, queue_rank)
SELECT 'Frage ' || one || ' zur Abrechnung des Vormonats', 'open', 'email', customers.id,
    organisations.id, CASE WHEN one %% 2 = 0 THEN agents.id END,
    'support@bench.localhost', '', true, opened, opened, opened + interval '2 days', 1 + one %% 4,
    CASE WHEN one %% 50 = 0 THEN 0 WHEN one %% 100 = 1 THEN 1 ELSE 2 END,
    CASE WHEN one %% 100 = 1 THEN 0 ELSE -(1 + one %% 4) END
FROM generate_series(1, %(count)s) AS series (one)
JOIN LATERAL (SELECT now() - one * %(every)s * interval '1 second' AS opened) AS moment ON true
JOIN customers ON customers.n = one %% 1000
JOIN organisations ON organisations.n = one %% 300
JOIN agents ON agents.n = one %% (SELECT count(*) FROM agents);
INSERT INTO sla_promise (ticket_id, kind, reason, tier_id, minutes, calendar_version_id,
    started_at, due_at, is_guaranteed, priority, made_at, end_cause, at_risk_at, next_check_at)
SELECT ticket.id, 'first', 'opened', tier.id, tier.first_response_minutes, version.id,
    opened_at, due_at, tier.is_guaranteed, ticket.priority, opened_at, '', due_at, due_at
FROM tickets_ticket AS ticket
JOIN sla_supporttier AS tier ON tier.priority = ticket.priority
CROSS JOIN sla_calendarversion AS version
WHERE NOT EXISTS (SELECT FROM sla_promise WHERE ticket_id = ticket.id);
"""
# What the machine cannot do without: the rows of the page, read off the index.
BARE = """
SELECT * FROM tickets_ticket WHERE queue_band IS NOT NULL
ORDER BY queue_band, queue_rank, due_at, opened_at, id LIMIT 51
"""


def measure() -> Iterator[Row]:
    """Measure in this process, in a database that is made for it; takes about three minutes."""
    scratch.set_up()
    with scratch.database():
        yield from _measure()


def _measure() -> Iterator[Row]:
    cookie = _tenant()
    ask = _page(cookie)
    _fill(FEW)
    few = scratch.queries(ask)
    yield _row(f"queue page, {FEW} open tickets", scratch.times(ask), f"{few} SQL queries")
    _fill(SOME - FEW)
    some = scratch.times(ask)
    yield _row(f"queue page, {SOME:,} open tickets", some, f"{scratch.queries(ask)} SQL queries")
    _fill(MANY - SOME)
    many = scratch.queries(ask)
    with _bare() as read:
        bare = scratch.times(read)
    beside = f"machine p50 {bare[0]:.2f}, p95 {bare[1]:.2f} ms (the bare index scan by psycopg2)"
    times = scratch.times(ask)
    name = f"queue page, {MANY:,} open tickets"
    yield _row(f"{name}, p50", times, f"{many} SQL queries (aim ≤ 12); {beside}")
    yield Row(f"{name}, p95", times[1], "ms", "aim ≤ 40 ms")
    deep = _page(cookie, after=_key(MANY // 2))
    beside = f"{scratch.queries(deep)} SQL queries"
    yield _row(f"{name}, from the middle", scratch.times(deep), beside)
    mine = _page(cookie, view="desk:mine")
    yield _row(f"{name}, my own", scratch.times(mine), f"{scratch.queries(mine)} SQL queries")
    _fill(MOST - MANY)
    most = scratch.times(ask)
    beside = f"{most[1] / some[1]:.2f}× that at {SOME:,}, aim ≤ 1.5×"
    yield Row(f"queue page, {MOST:,} open tickets, p95", most[1], "ms", beside)


def _row(name: str, times: tuple[float, float], beside: str) -> Row:
    return Row(name, times[0], "ms", f"p95 {times[1]:.1f} ms; {beside}")


def _tenant() -> str:
    """Make the tenant with its customers and eight agents; returns one agent's cookie."""
    from django.db import connection

    from accounts.models import User

    connection.set_tenant(scratch.tenant())
    for number in range(1, 8):
        User.objects.create_agent(f"jana{number}@bench.localhost", f"Jana {number}")
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
    return scratch.agent_cookie(HOST)


def _fill(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TICKETS, {"count": count, "every": EVERY})
        cursor.execute("VACUUM ANALYZE tickets_ticket, sla_promise, accounts_user")


def _key(depth: int) -> str:
    """Where the page behind so many rows begins, as it stands in an address."""
    from helpdesk import keyset
    from tickets.models import Ticket

    return keyset.encode(Ticket.objects.queued()[depth].queue_key)


def _page(cookie: str, *, view: str = "desk:queue", after: str = "") -> Callable[[], None]:
    from django.urls import reverse

    ask = scratch.page(HOST, cookie, reverse(view), f"after={after}" if after else "")

    def read() -> None:
        if b"/desk/tickets/" not in ask():
            raise RuntimeError("The page shows no ticket.")

    return read


@contextmanager
def _bare() -> Iterator[Callable[[], None]]:
    from tenants.models import Tenant

    with scratch.plain(Tenant.current().schema_name) as bare, bare.cursor() as cursor:

        def read() -> None:
            cursor.execute(BARE)
            if len(cursor.fetchall()) != 51:
                raise RuntimeError("The queue is too short.")

        yield read
