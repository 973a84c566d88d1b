from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from helpdesk.provisioning import create_tenant
from tenants.models import Tenant
from tests import schemas
from tests.channels.servers import HOST, FirstHop, open_door, running

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def hop(settings) -> Iterator[FirstHop]:
    """The outbox's first hop, a real SMTP server."""
    hop = FirstHop()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = HOST, hop.port, 5
    with running(hop.serve, hop.port):
        yield hop


@pytest.fixture(scope="module")
def offices(django_db_setup: None, django_db_blocker) -> Iterator[tuple[Tenant, Tenant]]:
    """Two tenants whose rows are really committed, for what happens in other threads."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        with schemas.made_before():
            made = [
                create_tenant(
                    slug,
                    name=f"{slug.title()} GmbH",
                    domain=f"{slug}.localhost",
                    admin_email=f"chefin@{slug}.localhost",
                )
                for slug in ("nord", "sued")
            ]
        yield made[0], made[1]
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            # The door's threads keep their connections for as long as they live.
            cursor.execute(END_OTHERS)
        for tenant in made:
            schemas.take_back(tenant)
        connection.close()


@pytest.fixture
def nord(offices: tuple[Tenant, Tenant], django_db_blocker) -> Iterator[Tenant]:
    """The tenant of support@nord.localhost; its schema is the current one."""
    with django_db_blocker.unblock():
        connection.set_tenant(offices[0])
        yield offices[0]
        connection.set_schema_to_public()


@pytest.fixture
def sued(offices: tuple[Tenant, Tenant]) -> Tenant:
    return offices[1]


@pytest.fixture
def door(nord: Tenant) -> Iterator[int]:
    """The port of a running SMTP door."""
    with open_door() as port:
        yield port
