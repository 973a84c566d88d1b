"""The database connection, typed with what django-tenants adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from tenants.models import Tenant

    class TenantConnection(BaseDatabaseWrapper):
        schema_name: str
        # `schema_context` leaves a stand-in here that knows its schema's name and nothing else;
        # Tenant.current() always finds the tenant.
        tenant: Tenant

        def set_tenant(self, tenant: Tenant, include_public: bool = True) -> None: ...

        def set_schema(self, schema_name: str) -> None: ...

        def set_schema_to_public(self) -> None: ...


connection = cast("TenantConnection", _connection)
