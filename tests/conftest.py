"""Two tenants for every run, each in its own schema; tests ask for the one they work in.

`tenant` works inside a transaction that is rolled back. `fresh_tenant` is for what needs real
commits and several connections: it has a schema of its own, emptied afterwards.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from django.utils import timezone, translation
from django_tenants.utils import schema_context

from accounts.models import User
from helpdesk import embedded
from helpdesk.provisioning import create_tenant
from tenants.models import Tenant
from tests import schemas
from tests.factories import AdminFactory, AgentFactory, CustomerFactory


def pytest_configure(config: pytest.Config) -> None:
    django_settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # WhiteNoise looks for the folder at its start.
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if not os.environ.get("DATABASE_URL"):
        embedded.start(django_settings.DATA_DIR, durable=False)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database of this process's own, so that runs side by side do not meet."""
    name = f"test_helpdesk_{os.getpid()}"
    django_settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name
    connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker
) -> Iterator[None]:
    """The run's database, with two tenants.

    pytest-django makes one only when a test is marked with it; a run of tests that commit for
    themselves (`fresh_tenant`) would work in the real database.
    """
    with django_db_blocker.unblock():
        made = setup_databases(
            verbosity=0, interactive=False, aliases=["default"], serialized_aliases=[]
        )
        for slug, name in [("alpha", "Alpha GmbH"), ("beta", "Beta AG")]:
            create_tenant(
                slug,
                name=name,
                domain=f"{slug}.localhost",
                admin_email=f"chefin@{slug}.localhost",
            )
        connection.set_schema_to_public()
    yield
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    # django-tenants' storage forgets the folder of the test before only when this one changes.
    settings.MULTITENANT_RELATIVE_MEDIA_ROOT = "%s"


@pytest.fixture(autouse=True)
def _pages(monkeypatch) -> None:
    """No test gets a public page that another one had made."""
    monkeypatch.setattr("helpdesk.page_cache.EDITION", uuid.uuid4().hex)


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A page that a test read in English leaves that language behind in its thread."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """The tenant a test works in; its schema is the current one."""
    tenant = Tenant.objects.get(slug="alpha")
    connection.set_tenant(tenant)
    yield tenant
    connection.set_schema_to_public()


@pytest.fixture
def other_tenant(tenant: Tenant) -> Tenant:
    """A second tenant, as empty as the first; enter it with `schema_context`."""
    with schema_context("public"):
        return Tenant.objects.get(slug="beta")


@pytest.fixture
def fresh_tenant(django_db_setup: None, django_db_blocker) -> Iterator[Tenant]:
    """A tenant whose rows are really committed, gone without a trace afterwards."""
    slug = f"f{uuid.uuid4().hex[:10]}"
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        with schemas.made_before():
            tenant = create_tenant(
                slug,
                name="Frisch GmbH",
                domain=f"{slug}.localhost",
                admin_email=f"chefin@{slug}.localhost",
            )
        connection.set_tenant(tenant)
        yield tenant
        schemas.take_back(tenant)
        connection.close()


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """A browser on the tenant's host."""
    return Client(headers={"host": "alpha.localhost"})


@pytest.fixture
def agent(tenant: Tenant) -> User:
    return AgentFactory(name="Jana Lind")


@pytest.fixture
def admin(tenant: Tenant) -> User:
    return AdminFactory(name="Chefin")


@pytest.fixture
def customer(tenant: Tenant) -> User:
    return CustomerFactory(name="Anna Berg")
