"""The agents' queue with 100 and with 100,000 open tickets: `python -m benchmarks queue_page`."""

from __future__ import annotations

import io
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.due import Row

if TYPE_CHECKING:
    from tenants.models import Tenant

FEW, MANY = 100, 100_000
REQUESTS = 200
WARM_UP = 20
HOST = "bench.localhost"

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
JOIN LATERAL (SELECT now() - one * interval '3 seconds' AS opened) AS moment ON true
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
    """Measure in this process, in a database that is made for it; takes about a minute."""
    _set_up()
    with _scratch_tenant() as tenant:
        cookie = _agent_cookie()
        ask = _page(cookie)
        _fill(FEW)
        few = _queries(ask)
        yield _row(f"queue page, {FEW} open tickets", _times(ask), f"{few} SQL queries")
        _fill(MANY - FEW)
        many = _queries(ask)
        bare = _times(_bare(tenant))
        beside = (
            f"machine p50 {bare[0]:.2f}, p95 {bare[1]:.2f} ms (the bare index scan by psycopg2)"
        )
        times = _times(ask)
        name = f"queue page, {MANY:,} open tickets"
        yield _row(f"{name}, p50", times, f"{many} SQL queries (aim ≤ 12); {beside}")
        yield Row(f"{name}, p95", times[1], "ms", "aim ≤ 40 ms")
        deep = _page(cookie, after=_key(MANY // 2))
        yield _row(f"{name}, from the middle", _times(deep), f"{_queries(deep)} SQL queries")
        mine = _page(cookie, view="desk:mine")
        yield _row(f"{name}, my own", _times(mine), f"{_queries(mine)} SQL queries")


def _row(name: str, times: tuple[float, float], beside: str) -> Row:
    return Row(name, times[0], "ms", f"p95 {times[1]:.1f} ms; {beside}")


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    import django

    django.setup()


@contextmanager
def _scratch_tenant() -> Iterator[Tenant]:
    """A tenant in a database of its own, its schema the current one; dropped afterwards."""
    from django.conf import settings
    from django.db import connection

    from helpdesk.provisioning import create_tenant

    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    name = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"] = {
        **connection.settings_dict.get("TEST", {}),
        "NAME": f"bench_{os.getpid()}",
    }
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        tenant = create_tenant(
            "bench", name="Bench GmbH", domain=HOST, admin_email="chefin@bench.localhost"
        )
        connection.set_tenant(tenant)
        with connection.cursor() as cursor:
            cursor.execute(CUSTOMERS)
        yield tenant
    finally:
        connection.set_schema_to_public()
        connection.creation.destroy_test_db(name, verbosity=0)


def _agent_cookie() -> str:
    """Sign an agent in, one of eight."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    agents = [User.objects.create_agent(f"jana{n}@bench.localhost", f"Jana {n}") for n in range(8)]
    browser = Client(headers={"host": HOST})
    browser.force_login(agents[0])
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def _fill(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TICKETS, {"count": count})
        cursor.execute("VACUUM ANALYZE tickets_ticket, sla_promise, accounts_user")


def _key(depth: int) -> str:
    """Where the page behind so many rows begins, as it stands in an address."""
    from helpdesk import keyset
    from tickets.models import Ticket

    return keyset.encode(Ticket.objects.queued()[depth].queue_key)


def _page(cookie: str, *, view: str = "desk:queue", after: str = "") -> Callable[[], None]:
    """A request for the page, through the WSGI application as the web server calls it."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection
    from django.urls import reverse

    from tenants.models import Tenant

    application = get_wsgi_application()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": reverse(view),
        "QUERY_STRING": f"after={after}" if after else "",
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "HTTP_COOKIE": cookie,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    tenant = Tenant.current()

    def ask() -> None:
        said: list[str] = []
        response = application(
            {**environ, "wsgi.input": io.BytesIO()}, lambda status, headers: said.append(status)
        )
        body = b"".join(response)
        response.close()
        connection.set_tenant(tenant)
        if said != ["200 OK"] or b"/desk/tickets/" not in body:
            raise RuntimeError(f"The page said {said}.")

    return ask


def _bare(tenant: Tenant) -> Callable[[], None]:
    import psycopg2
    from django.db import connection

    bare = psycopg2.connect(**connection.get_connection_params())
    bare.autocommit = True
    cursor = bare.cursor()
    cursor.execute(f"SET search_path TO {tenant.schema_name}")

    def read() -> None:
        cursor.execute(BARE)
        if len(cursor.fetchall()) != 51:
            raise RuntimeError("The queue is too short.")

    return read


def _queries(ask: Callable[[], None]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def _times(work: Callable[[], None]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    for _ in range(WARM_UP):
        work()
    times = []
    for _ in range(REQUESTS):
        begun = perf_counter()
        work()
        times.append((perf_counter() - begun) * 1e3)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]
