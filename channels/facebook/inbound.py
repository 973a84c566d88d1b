"""From a stored part of a batch to what becomes of each event in it, in the order of Meta's clock.

Each event is an act of its own, and taking it in twice takes it in once. One that fails among
others is set apart as a record of its own, with its own tries and quarantine: nothing waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from channels import intake
from channels.facebook import direct, echoes, revisions, wall
from channels.facebook.events import EARLIEST, Event, inner, parse
from channels.facebook.models import FacebookPage
from channels.intake import Arrival, NothingToTakeInError
from channels.models import InboundRecord
from tenants.connection import connection
from tickets.models import Message

logger = logging.getLogger(__name__)

Status = InboundRecord.Status
# Takes an event in: (page, event, when it was at our door); returns the message it became or is
# about, and raises NothingToTakeInError where there is none.
Handler = Callable[[FacebookPage, Event, datetime], Message]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event."""

    status: str
    reason: str = ""
    message: Message | None = None


def take_all(record: InboundRecord, raw: bytes) -> Message | None:
    """Take in every event of a stored part; returns the first message. Raises what a lone one does.

    Raises NothingToTakeInError where the page is no longer connected.
    """
    events = parse(raw)
    if record.attempts > 1 and len(events) > 1:
        # A worker has died over one of them: the others must not share its tries.
        for event in events:
            _set_apart(record, event)
        raise NothingToTakeInError(Status.PROCESSED, "each event goes on by itself")
    pages = FacebookPage.objects.all().connected()
    page = pages.filter(page_id__in={event.page_id for event in events}).first()
    if page is None:
        raise NothingToTakeInError(Status.IGNORED, "the page is not connected")
    with _flushed_together():
        if len(events) == 1:
            outcomes = [_outcome(page, events[0], record.received_at)]
        else:
            outcomes = [_among_others(record, page, event) for event in events]
    return _settle(record, outcomes)


@contextmanager
def _flushed_together() -> Iterator[None]:
    """Commit without waiting for the disk: the record's own commit, after them, flushes them all.

    Until then the record counts as not processed, and taking it in again changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if intake.has_database():
            with connection.cursor() as cursor:
                cursor.execute("RESET synchronous_commit")


def _among_others(record: InboundRecord, page: FacebookPage, event: Event) -> Outcome:
    try:
        return _outcome(page, event, record.received_at)
    except Exception as error:
        # As in intake: whatever one event does, the next one is not stopped.
        if isinstance(error, OperationalError | InterfaceError) and not intake.has_database():
            raise
        logger.exception("An event of record %s is set apart", record.pk)
        _set_apart(record, event)
        return Outcome(Status.PROCESSED, "set apart")


def _outcome(page: FacebookPage, event: Event, received_at: datetime) -> Outcome:
    if event.at == EARLIEST:
        event = replace(event, at=received_at)
    try:
        return Outcome(Status.PROCESSED, message=_handler(event)(page, event, received_at))
    except NothingToTakeInError as settled:
        return Outcome(settled.status, settled.reason)


def _handler(event: Event) -> Handler:
    if event.kind == "message":
        if event.value.get("is_deleted") is True:
            return revisions.unsend
        return echoes.echo if event.value.get("is_echo") is True else direct.message
    return HANDLERS.get(event.kind, _ignore)


def _ignore(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """Kept raw, and without an effect on any ticket."""
    what = event.kind or "unknown: " + ", ".join(sorted(event.whole)[:8])
    item = inner(event.whole, "value").get("item")
    raise NothingToTakeInError(Status.IGNORED, f"{what} {item or ''}".strip()[:200])


def _set_apart(record: InboundRecord, event: Event) -> None:
    """Make one event a record of its own, with the moment at which it came."""
    alone = Arrival(record.channel, event.alone(), record.received_at)
    intake.accept_each([(connection.schema_name, alone, record.recipients)])


def _settle(record: InboundRecord, outcomes: list[Outcome]) -> Message | None:
    """Write down what became of a part: the best of its events says it, each reason once."""
    found = {outcome.status for outcome in outcomes}
    order = (Status.PROCESSED, Status.DUPLICATE, Status.IGNORED)
    message = next((one.message for one in outcomes if one.message is not None), None)
    reasons = dict.fromkeys(one.reason for one in outcomes if one.reason)
    InboundRecord.objects.filter(pk=record.pk, status=Status.RECEIVED).update(
        status=next((status for status in order if status in found), Status.IGNORED),
        message=message,
        subject=message.ticket.subject if message is not None else "",
        error="; ".join(reasons)[:2000],
        processed_at=now(),
    )
    return message


HANDLERS: dict[str, Handler] = {
    "message_edit": revisions.edit,
    "reaction": revisions.reaction,
    "postback": direct.postback,
    "feed": wall.change,
    "mention": wall.change,
}
