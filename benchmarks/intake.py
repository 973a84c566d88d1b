"""How fast mail becomes tickets: `script/bench intake`.

Ours is accept + process in one process: raw file and row durable, parsed, ticket, promise, history
and confirmation committed, tasks sent. The limit beside it, taken in turns with ours, does what
nothing can do without: the library's parser, and the same rows in one plain transaction.
"""

from __future__ import annotations

import email
import time
from collections.abc import Iterable
from typing import Any

import psycopg2.extensions

from benchmarks import scratch
from benchmarks.scratch import Row

MAILS = 600
WARM_UP = 60
CHUNK = 60
SEED = 2026

# The tables of one mail's rows, in the order of their keys: how its rows are found by the ids of
# its ticket and, where this mail made them known, its requester.
BY_REQUESTER = {
    "accounts_user": "id = %(requester)s",
    "accounts_organisation": "id = %(organisation)s",
    "sla_tierassignment": "organisation_id = %(organisation)s",
    "accounts_membership": "user_id = %(requester)s",
}
BY_TICKET = {
    "tickets_ticket": "id = %(ticket)s",
    "tickets_message": "ticket_id = %(ticket)s",
    "tickets_attachment": "message_id IN (SELECT id FROM tickets_message"
    " WHERE ticket_id = %(ticket)s)",
    "tickets_event": "ticket_id = %(ticket)s",
    "sla_promise": "ticket_id = %(ticket)s",
    "channels_inboundrecord": "id = %(record)s",
}
WAKEUP = """
INSERT INTO public.tenants_wakeup (schema_name, kind, next_at) VALUES (%s, %s, now())
ON CONFLICT (schema_name, kind) DO UPDATE
SET next_at = LEAST(public.tenants_wakeup.next_at, EXCLUDED.next_at)
"""
WAKEUPS = ("inbox", "outbox", "promises")

Insert = tuple[str, tuple[Any, ...]]


def measure() -> list[Row]:
    """Measure in a database that is made for it, in two tenants; takes half a minute."""
    scratch.set_up()
    with scratch.database():
        return _measure()


def _measure() -> list[Row]:
    ours, limits, sizes = 0.0, 0.0, 0
    tenant, other = scratch.tenant("bench"), scratch.tenant("other")
    with scratch.plain(other.schema_name) as plain:
        for number, mails in enumerate(list(_chunks(tenant))):
            records, seconds = _ours(tenant, mails)
            limit = _limit(plain, other.schema_name, mails, rows(tenant, records))
            if number:  # the first chunk warms both up
                ours, limits, sizes = ours + seconds, limits + limit, sizes + len(mails)
    return [
        Row(
            "mails taken in, one process",
            sizes / ours,
            "1/s",
            f"limit {sizes / limits:,.0f}/s (email + psycopg2);"
            f" {ours / limits:.1f}× its time, aim ≤ 4×",
        )
    ]


def _chunks(tenant: Any) -> Iterable[list[bytes]]:
    from benchmarks.corpus import mails

    made = list(mails(WARM_UP + MAILS, SEED, tenant.routes.get().address, "bench.example"))
    yield made[:WARM_UP]
    for start in range(WARM_UP, len(made), CHUNK):
        yield made[start : start + CHUNK]


def _ours(tenant: Any, mails: list[bytes]) -> tuple[list[int], float]:
    """Take the mails in; returns their records and the seconds it took."""
    from django.utils.timezone import now
    from django_tenants.utils import tenant_context

    from channels import arrivals, intake

    mailbox, records = tenant.routes.get().address, []
    with tenant_context(tenant):
        started = time.perf_counter()
        for raw in mails:
            arrival = arrivals.Arrival("email", raw, now(), "absender@post.example")
            records += arrivals.accept(arrival, {tenant.schema_name: [mailbox]})
            intake.process(records[-1])
        return records, time.perf_counter() - started


def rows(tenant: Any, records: list[int]) -> list[list[Insert]]:
    """The rows that each mail has led to, as plain inserts."""
    from django.db import connection
    from django_tenants.utils import tenant_context

    found = []
    with tenant_context(tenant), connection.cursor() as cursor:
        for record in records:
            cursor.execute(
                "SELECT ticket.id, requester_id, organisation_id, ticket.id ="
                " (SELECT min(id) FROM tickets_ticket WHERE requester_id = ticket.requester_id)"
                " FROM tickets_ticket ticket JOIN tickets_message message ON ticket_id = ticket.id"
                " JOIN channels_inboundrecord record ON record.message_id = message.id"
                " WHERE record.id = %s",
                [record],
            )
            ticket, requester, organisation, is_first = cursor.fetchone()
            keys = {
                "ticket": ticket,
                "requester": requester,
                "organisation": organisation,
                "record": record,
            }
            tables = {**(BY_REQUESTER if is_first else {}), **BY_TICKET}
            found.append(
                [one for table in tables.items() for one in _inserts(cursor, *table, keys)]
            )
    return found


def _inserts(cursor: Any, table: str, where: str, keys: dict[str, int]) -> list[Insert]:
    cursor.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY id", keys)
    columns = [column.name for column in cursor.description]
    names, places = ", ".join(f'"{one}"' for one in columns), ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} ({names}) VALUES ({places})"
    return [(statement, tuple(row)) for row in cursor.fetchall()]


def _limit(
    plain: psycopg2.extensions.connection,
    schema: str,
    mails: list[bytes],
    rows: list[list[Insert]],
) -> float:
    """Parse each mail with the library and insert its rows in one transaction; the seconds."""
    started = time.perf_counter()
    for raw, inserts in zip(mails, rows, strict=True):
        email.message_from_bytes(raw)
        with plain, plain.cursor() as cursor:
            for statement, values in inserts:
                cursor.execute(statement, values)
            for kind in WAKEUPS:
                cursor.execute(WAKEUP, (schema, kind))
    return time.perf_counter() - started


def main() -> None:
    from benchmarks.__main__ import main as table

    raise SystemExit(table(["intake"]))


if __name__ == "__main__":
    main()
