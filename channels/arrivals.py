"""The door's half of the way in: what came is stored raw, and only then may be acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import raw
from channels.models import CLAIM_LASTS, InboundRecord
from tenants import wakeups
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Wakeup
from tenants.queue import enqueue, enqueue_once
from tickets.models import Channel

# What comes in single events and many at once is taken in by one task, in groups (`groups`).
GROUPED = frozenset({Channel.FACEBOOK})
TAKE_GROUPS = "channels.take_groups"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A raw message at the door. `received_at` is the door's clock (aware)."""

    channel: str
    raw: bytes
    received_at: datetime
    envelope_from: str = ""


def accept(arrival: Arrival, recipients: Mapping[str, Sequence[str]]) -> list[int]:
    """Make a message durable for every tenant it is for; returns the records' ids by schema order.

    `recipients` maps schema names to the addresses there. All rows are committed in one
    transaction: a mail for two tenants is in both or in neither. Raises StorageFullError or a
    DatabaseError, and then nothing may be acknowledged.
    """
    return accept_each((schema, arrival, recipients[schema]) for schema in sorted(recipients))


def accept_each(arrivals: Iterable[tuple[str, Arrival, Sequence[str]]]) -> list[int]:
    """Make messages durable, each for the tenant of its schema: all of them, or none.

    All files are on the disk before the first row is written. Raises as `accept` does.
    """
    stored = []
    for schema, arrival, recipients in sorted(arrivals, key=lambda one: one[0]):
        with _inside(schema):
            stored.append((schema, raw.store(arrival.raw), arrival, recipients))
    with act():
        return [_record(*one) for one in stored]


def accept_for_now(arrival: Arrival) -> int:
    """Make a message of the current tenant durable whose sender waits for it to be processed.

    The caller goes on to `process` it; no task is sent, which would only compete. If the caller
    ends before that, the sweep finds the record. Raises as `accept` does.
    """
    record = _new_record(raw.store(arrival.raw), arrival, ())
    with act():
        record.next_try_at = now() + CLAIM_LASTS
        InboundRecord.objects.all().put(record, connection.schema_name)
        wakeups.ask(Wakeup.Kind.INBOX, record.next_try_at)
    return record.pk


def _new_record(digest: str, arrival: Arrival, recipients: Sequence[str]) -> InboundRecord:
    return InboundRecord(
        channel=arrival.channel,
        sha256=digest,
        size=len(arrival.raw),
        envelope_from=arrival.envelope_from[:320].replace("\0", ""),
        recipients=list(recipients),
        received_at=arrival.received_at,
    )


def _record(schema: str, digest: str, arrival: Arrival, recipients: Sequence[str]) -> int:
    record = _new_record(digest, arrival, recipients)
    is_new = InboundRecord.objects.all().put(record, schema)
    with _inside(schema):
        if is_new:
            wakeups.ask(Wakeup.Kind.INBOX, record.next_try_at)
            if arrival.channel in GROUPED:
                enqueue_once(TAKE_GROUPS)
            else:
                enqueue("channels.process_inbound", record.pk)
    return record.pk


def _inside(schema: str) -> AbstractContextManager[object]:
    """The tenant's schema; staying in it saves setting the search path again."""
    return nullcontext() if connection.schema_name == schema else schema_context(schema)
