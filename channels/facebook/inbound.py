"""From a stored part of a batch to what becomes of each event in it, in the order of Meta's clock.

Each event is an act of its own, and taking it in twice takes it in once. One that fails among
others is set apart as a record of its own, with its own tries and quarantine: nothing waits for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from channels import arrivals, intake, raw
from channels.arrivals import Arrival
from channels.facebook import direct, echoes, parking, revisions, wall
from channels.facebook.events import EARLIEST, Event, inner, parse
from channels.facebook.models import FacebookPage
from channels.intake import NothingToTakeInError, has_database
from channels.models import InboundRecord
from tenants import live
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


@dataclass(frozen=True, slots=True)
class Result:
    """What is written down of a stored part when its events are taken in."""

    status: str
    message: Message | None
    error: str


SETTLE = """
UPDATE channels_inboundrecord AS record
SET status = done.status, message_id = done.message, subject = done.subject, error = done.error,
    processed_at = %s
FROM json_to_recordset(%s)
    AS done (id bigint, status text, message bigint, subject text, error text)
WHERE record.id = done.id AND record.status = 'received'
"""


def take_all(record: InboundRecord, content: bytes) -> Message | None:
    """Take in every event of a stored part; returns the first message. Raises what a lone one does.

    One whose page is no longer connected waits for it.
    """
    with _flushed_together():
        found = _taken(record, content, {})
    if found is None:
        return None
    _settle([(record, found)])
    return found.message


def take_group(records: Sequence[InboundRecord]) -> None:
    """Take in several stored parts that are tried for the first time.

    One that fails is put aside and stops no other. Raises where the database is away; then each is
    tried again by itself.
    """
    pages: dict[str, FacebookPage] = {}
    done: list[tuple[InboundRecord, Result]] = []
    with live.gathered(), _flushed_together():
        for record in records:
            try:
                found = _taken(record, raw.read(record.sha256), pages)
                if found is not None:
                    done.append((record, found))
            except NothingToTakeInError as settled:
                done.append((record, Result(settled.status, None, settled.reason)))
            except Exception as error:
                # As in intake: whatever one message does, the next one is not stopped.
                if isinstance(error, OperationalError | InterfaceError) and not has_database():
                    raise
                logger.exception("Inbound message %s could not be processed", record.pk)
                intake.put_aside(record, error)
    _settle(done)


def _taken(record: InboundRecord, content: bytes, pages: dict[str, FacebookPage]) -> Result | None:
    """Take in the events of one part; None where it waits for its page.

    `pages` are those that were read already, by their ids.
    """
    events = parse(content)
    if record.attempts > 1 and len(events) > 1:
        # A worker has died over one of them: the others must not share its tries.
        set_apart(record, events)
        raise NothingToTakeInError(Status.PROCESSED, "each event goes on by itself")
    ids = {event.page_id for event in events}
    page = _page(ids, pages) or parking.park(record, ids)
    if page is None:
        return None
    if len(events) == 1:
        return _result([_outcome(page, events[0], record.received_at)])
    return _result([_among_others(record, page, event) for event in events])


def _page(ids: set[str], known: dict[str, FacebookPage]) -> FacebookPage | None:
    for page_id in ids:
        if page_id in known:
            return known[page_id]
    page = FacebookPage.objects.all().connected().filter(page_id__in=ids).first()
    if page is not None:
        known[page.page_id] = page
    return page


@contextmanager
def _flushed_together() -> Iterator[None]:
    """Commit without waiting for the disk: the records' own commit, after them, flushes them all.

    Until then they count as not processed, and taking them in again changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if has_database():
            with connection.cursor() as cursor:
                cursor.execute("RESET synchronous_commit")


def _among_others(record: InboundRecord, page: FacebookPage, event: Event) -> Outcome:
    try:
        return _outcome(page, event, record.received_at)
    except Exception as error:
        # As in intake: whatever one event does, the next one is not stopped.
        if isinstance(error, OperationalError | InterfaceError) and not has_database():
            raise
        logger.exception("An event of record %s is set apart", record.pk)
        set_apart(record, [event])
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


def set_apart(record: InboundRecord, events: Iterable[Event]) -> None:
    """Make each of these events a record of its own, with the moment at which it came."""
    arrivals.accept_each(
        (
            connection.schema_name,
            Arrival(record.channel, event.alone(), record.received_at),
            record.recipients,
        )
        for event in events
    )


def _result(outcomes: list[Outcome]) -> Result:
    """What became of a part: the best of its events says it, each reason once."""
    found = {outcome.status for outcome in outcomes}
    order = (Status.PROCESSED, Status.DUPLICATE, Status.IGNORED)
    message = next((one.message for one in outcomes if one.message is not None), None)
    reasons = dict.fromkeys(one.reason for one in outcomes if one.reason)
    status = next((status for status in order if status in found), Status.IGNORED)
    return Result(status, message, "; ".join(reasons))


def _settle(done: Sequence[tuple[InboundRecord, Result]]) -> None:
    """Write down what became of parts, in one statement."""
    rows = [
        {
            "id": record.pk,
            "status": result.status,
            "message": result.message.pk if result.message is not None else None,
            "subject": result.message.ticket.subject if result.message is not None else "",
            # What Meta calls a thing may hold what no database takes.
            "error": result.error[:2000].replace("\0", "").encode("utf-8", "replace").decode(),
        }
        for record, result in done
    ]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [now(), json.dumps(rows)])


HANDLERS: dict[str, Handler] = {
    "message_edit": revisions.edit,
    "reaction": revisions.reaction,
    "postback": direct.postback,
    "feed": wall.change,
    "mention": wall.change,
}
