"""What every section measures on: a database of its own, tenants in it, a plain connection."""

from __future__ import annotations

import io
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2
import psycopg2.extensions

if TYPE_CHECKING:
    from tenants.models import Tenant


class Row(NamedTuple):
    """One line of the table: what was measured, and what it is held against."""

    name: str
    value: float
    unit: str
    limit: str


def set_up() -> None:
    """Make Django ready as the web server finds it: translations compiled, static files there."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    import django

    django.setup()
    from helpdesk import prepare

    prepare.prepare_files()


@contextmanager
def database() -> Iterator[None]:
    """Work in a new database until the end, then drop it."""
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"] = {
        **connection.settings_dict.get("TEST", {}),
        "NAME": f"bench_{os.getpid()}",
    }
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.set_schema_to_public()
        connection.creation.destroy_test_db(name, verbosity=0)


def tenant(slug: str = "bench") -> Tenant:
    """A complete new tenant at `slug`.localhost."""
    from helpdesk.provisioning import create_tenant

    domain = f"{slug}.localhost"
    return create_tenant(slug, name="Bench GmbH", domain=domain, admin_email=f"chefin@{domain}")


@contextmanager
def plain(schema: str) -> Iterator[psycopg2.extensions.connection]:
    """A connection without Django, in a schema; synchronous_commit is on, as in ours."""
    from django.db import connection

    with closing(psycopg2.connect(**connection.get_connection_params())) as found:
        with found, found.cursor() as cursor:
            cursor.execute(f'SET search_path = "{schema}", public')
            cursor.execute("SHOW synchronous_commit")
            if cursor.fetchone() != ("on",):
                raise RuntimeError("synchronous_commit must be on.")
        yield found


def agent_cookie(host: str, email: str = "jana@bench.localhost") -> str:
    """Sign a new agent in."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    browser = Client(headers={"host": host})
    browser.force_login(User.objects.create_agent(email, "Jana Lind"))
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def page(host: str, cookie: str, address: str, query: str = "") -> Callable[[], bytes]:
    """A request for a page, through the WSGI application as the web server calls it."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    from tenants.models import Tenant

    application = get_wsgi_application()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "HTTP_COOKIE": cookie,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    current = Tenant.current()

    def ask() -> bytes:
        said: list[str] = []
        response = application(
            {**environ, "wsgi.input": io.BytesIO()}, lambda status, headers: said.append(status)
        )
        body = b"".join(response)
        response.close()
        connection.set_tenant(current)
        if said != ["200 OK"]:
            raise RuntimeError(f"The page said {said}.")
        return body

    return ask


def queries(work: Callable[[], object]) -> int:
    """How many statements `work` sends to the database, once warm."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    work()
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def times(
    work: Callable[[], object], *, count: int = 200, warm_up: int = 20
) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    for _ in range(warm_up):
        work()
    found = []
    for _ in range(count):
        begun = perf_counter()
        work()
        found.append((perf_counter() - begun) * 1e3)
    return statistics.median(found), statistics.quantiles(found, n=20)[-1]
