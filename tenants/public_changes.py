"""Telling the cached public pages that what they show has changed.

Each tenant counts the changes of what strangers can read; the count comes with the tenant of every
request and stands in the key of each cached page. Whoever publishes, edits, moderates or removes
public content calls `touch()` in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from tenants.connection import connection
from tenants.models import Tenant


def touch() -> None:
    """Once this transaction has committed, let no public page of this tenant come from the cache.

    Counted after the commit, so that writers do not wait for each other on the tenant's row, and
    no page of before can be kept under the new number. Many calls in one transaction count once.
    """
    step = _Step(connection.schema_name)
    current = set(connection.savepoint_ids)
    if not any(entry[0] == current and entry[1] == step for entry in connection.run_on_commit):
        transaction.on_commit(step, robust=True)


@dataclass(frozen=True, slots=True)
class _Step:
    schema: str

    def __call__(self) -> None:
        found = Tenant.objects.filter(schema_name=self.schema)
        found.update(public_version=F("public_version") + 1)
