"""Asking for a tenant's next look, and the sweep's way through those that are due.

A writer asks during its act; the act lowers the row as the last statement of its transaction, so
the row is locked for the shortest time and no two transactions wait for each other crosswise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import datetime

from django.db import transaction
from django.utils.timezone import now
from django_tenants.utils import tenant_context

from tenants.connection import connection
from tenants.models import Tenant, Wakeup
from tenants.plans import Statement

# The moments asked for by the act that is running in this thread; None outside an act.
pending: ContextVar[dict[tuple[str, str], datetime] | None] = ContextVar("pending", default=None)

_lower = Statement(
    """
INSERT INTO public.tenants_wakeup (schema_name, kind, next_at) VALUES (%s, %s, %s)
ON CONFLICT (schema_name, kind) DO UPDATE
SET next_at = LEAST(public.tenants_wakeup.next_at, EXCLUDED.next_at)
RETURNING 1
""",
    name="lower_wakeup",
)


class OutsideActError(RuntimeError):
    """A look was asked for outside an act, where nobody would write it down."""


def ask(kind: str, at: datetime) -> None:
    """Ask that this tenant be looked at by `at` (aware); written when the current act ends."""
    moments = pending.get()
    if moments is None:
        raise OutsideActError(f"A wakeup for {kind} was asked for outside an act.")
    key = (connection.schema_name, kind)
    moments[key] = min(moments.get(key, at), at)


def write(moments: dict[tuple[str, str], datetime]) -> None:
    """Lower the rows, in one order for everybody, unconditionally (DESIGN §6)."""
    for schema, kind in sorted(moments):
        _lower.rows(schema, kind, moments[schema, kind])


def due_tenants(kind: str) -> Iterator[Tenant]:
    """The ready tenants that must be looked at now, the most urgent first.

    Each is yielded inside its own schema; the caller works and then calls `settle`.
    """
    due = Wakeup.objects.filter(kind=kind, next_at__lte=now()).order_by("next_at")
    schemas = list(due.values_list("schema_name", flat=True))
    tenants = Tenant.objects.filter(status=Tenant.Status.READY).in_bulk(
        schemas, field_name="schema_name"
    )
    for schema in schemas:
        tenant = tenants.get(schema)
        if tenant is not None:
            with tenant_context(tenant):
                yield tenant


def settle(kind: str, earliest: Callable[[], datetime | None]) -> None:
    """Raise this tenant's row to the earliest moment still open.

    In a transaction of its own: lock the row, *then* read the minimum, so that a writer either
    has committed what we read or waits and lowers the row after us.
    """
    with transaction.atomic():
        wakeup = (
            Wakeup.objects.select_for_update()
            .filter(schema_name=connection.schema_name, kind=kind)
            .first()
        )
        if wakeup is not None:
            wakeup.next_at = earliest()
            wakeup.save(update_fields=["next_at"])
