"""Tables of tenants, made once and used again: migrating takes longer than most tests do.

What is handed out is what migrations make: a schema that was used is emptied, its sequences
begin anew, and it takes the name of the next tenant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.db import connection

from helpdesk import provisioning
from tenants.models import Tenant, Wakeup, new_schema_name

_free: list[str] = []
# Filled by migrations, and the same in every tenant.
_FILLED = ("django_migrations", "django_content_type", "auth_permission")


@contextmanager
def made_before() -> Iterator[None]:
    """Within, a new tenant gets tables that are there already, if any are."""
    with patch.object(provisioning, "create_schema", _create_schema):
        yield


def take_back(tenant: Tenant) -> None:
    """End a tenant whose rows were really committed; its tables are for the next one."""
    connection.set_schema_to_public()
    name = new_schema_name()
    with connection.cursor() as cursor:
        _empty(cursor, tenant.schema_name)
        cursor.execute(f'ALTER SCHEMA "{tenant.schema_name}" RENAME TO "{name}"')
    _free.append(name)
    Wakeup.objects.filter(schema_name=tenant.schema_name).delete()
    Tenant.objects.filter(pk=tenant.pk).delete()


_migrate = provisioning.create_schema


def _create_schema(tenant: Tenant) -> None:
    if not _free:
        return _migrate(tenant)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA "{_free.pop()}" RENAME TO "{tenant.schema_name}"')
    connection.set_tenant(tenant)
    return None


def _empty(cursor, schema: str) -> None:
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> ALL (%s)",
        [schema, list(_FILLED)],
    )
    tables = ", ".join(f'"{schema}"."{name}"' for (name,) in cursor.fetchall())
    cursor.execute(f"TRUNCATE {tables}")
    cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = %s", [schema])
    for (name,) in cursor.fetchall():
        if not name.startswith(_FILLED):
            cursor.execute(f'ALTER SEQUENCE "{schema}"."{name}" RESTART')
