"""System checks for what must agree before a tenant's data is safe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseError

from tenants.connection import connection

ROUNDS = 3


@register(Tags.database)
def no_transaction_pooling(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[CheckMessage]:
    """Refuse a pooler in transaction mode: it was seen to return another tenant's rows.

    `SET search_path` and the query after it must meet the same server process. Runs where a
    database is named: in `migrate_schemas` and `check --database default`.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    second = connection.copy()
    try:
        kept = sessions_are_kept(lambda: _backend(connection), lambda: _backend(second))
    except DatabaseError:
        # Without a database there is nothing to mix up; whoever needs it will say so.
        return []
    finally:
        second.close()
    if kept:
        return []
    return [
        Error(
            "The database is reached through a pooler in transaction mode.",
            hint="Let PgBouncer run with pool_mode=session, or connect to PostgreSQL directly.",
            id="tenants.E001",
        )
    ]


def sessions_are_kept(first: Callable[[], int], second: Callable[[], int]) -> bool:
    """Ask two open connections in turn for their server process, a few times.

    Each must keep its own. A transaction pooler hands the idle process to whoever asks next, so
    both get the same one, or one gets several.
    """
    turns = [(first(), second()) for _ in range(ROUNDS)]
    firsts, seconds = {turn[0] for turn in turns}, {turn[1] for turn in turns}
    return len(firsts) == len(seconds) == 1 and firsts != seconds


def _backend(wrapper: BaseDatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
