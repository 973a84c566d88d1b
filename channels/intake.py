"""The one way in: what `arrivals` has stored raw becomes a ticket's message, whatever its channel.

`process` runs as often as needed, and takes a record in exactly once.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType

from django.db import InterfaceError, OperationalError
from django.utils.timezone import now

from accounts.models import User
from channels import acknowledgement, people, raw, threads
from channels.models import FacebookObject, FacebookPage, InboundRecord
from tenants import wakeups
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Wakeup
from tenants.queue import enqueue
from tickets import changing, opening, writing
from tickets.models import Message, Ticket
from tickets.opening import NewTicket
from tickets.recording import Content

logger = logging.getLogger(__name__)

# After this many failures a message goes to quarantine; nothing behind it waits meanwhile.
MOST_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """The one shape every channel turns its raw form into."""

    channel: str
    subject: str
    content: Content
    received_at: datetime
    external_id: str = ""
    from_name: str = ""
    # Who wrote, when the channel knows (a signed-in customer); else found by the address.
    author: User | None = None
    # The channel has locked them already, in the act that this is part of.
    is_author_locked: bool = False
    # The ticket a proof leads to: a signed address, or a form on the ticket's own page.
    ticket_number: int | None = None
    # The same, where the channel has just read it.
    ticket: Ticket | None = None
    # Message ids it answers to, the strongest first.
    answers_to: tuple[str, ...] = ()
    # A ticket's number that it names without any proof.
    named_number: int | None = None
    # What an agent should know about how it came, e.g. that parts could not be read.
    remark: str = ""
    mailbox: str = ""
    is_verified: bool = True
    # Why nobody may be answered automatically (law 9); empty: a confirmation is sent.
    silence: str = ""
    # Probably a robot's: kept as spam, and nobody is written to.
    is_suspect: bool = False
    # The language a stranger wrote in, as far as the channel knows.
    language: str = ""
    # What the channel does with its message in the same transaction.
    then: Callable[[Ticket, Message], None] | None = None

    @property
    def digest(self) -> str:
        """What it says, independent of the way it came: the second guard against doubles."""
        said = hashlib.sha256()
        for part in (self.content.from_address.lower(), self.subject, self.content.text):
            said.update(part.encode("utf-8", "surrogatepass") + b"\0")
        said.update(self.content.html.encode("utf-8", "surrogatepass") + b"\0")
        for file in self.content.files:
            said.update(hashlib.sha256(file.content).digest())
        return said.hexdigest()


class NothingToTakeInError(Exception):
    """The message is settled without a ticket's message: a bounce, or our own mail come back."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class WorkerKillerError(RuntimeError):
    """Every process that tried to take the message in ended before it could say why."""


def process(record_id: int, *, is_due: bool = True) -> Message | None:
    """Take a stored message in; running this twice, or at the same time, takes it in once.

    What fails is tried again after a growing pause and then quarantined with its error. While the
    database is away nothing is written down and its error raised: the try is made again.
    """
    record = InboundRecord.objects.all().claim(record_id, is_due=is_due)
    if record is None:
        return None
    try:
        if record.attempts > MOST_ATTEMPTS:
            raise WorkerKillerError("The processing ended without a word, several times.")
        return _take(record, _way(record.channel), raw.read(record.sha256))
    except NothingToTakeInError as settled:
        _settle(record, settled)
    except Exception as error:
        # The outermost edge of intake: whatever one message does, the next one is not stopped.
        if isinstance(error, OperationalError | InterfaceError) and not has_database():
            raise
        logger.exception("Inbound message %s could not be processed", record.pk)
        put_aside(record, error)
    return None


def _take(record: InboundRecord, way: ModuleType, content: bytes) -> Message | None:
    """One message, or all that a channel stores together."""
    if hasattr(way, "take_all"):
        message: Message | None = way.take_all(record, content)
        return message
    return _take_in_once(record, way.read(record, content))


def take_in(inbound: InboundMessage) -> tuple[Ticket, Message, bool]:
    """Find the person and the ticket; returns (ticket, message, whether the ticket is new).

    The same function serves every door and the demo; `inbound.received_at` is the moment that
    counts, however late this runs.
    """
    author = _author(inbound)
    thread = threads.find(
        author,
        proven=inbound.ticket,
        ticket_number=inbound.ticket_number,
        answers_to=inbound.answers_to,
        named_number=inbound.named_number,
        is_verified=inbound.is_verified,
    )
    if thread.ticket is not None:
        message = writing.add_customer_message(
            thread.ticket,
            author=author,
            content=inbound.content,
            channel=inbound.channel,
            received_at=inbound.received_at,
        )
        return thread.ticket, message, False
    ticket, message = opening.open_ticket(
        NewTicket(
            requester=author,
            subject=inbound.subject,
            channel=inbound.channel,
            received_at=inbound.received_at,
            mailbox=inbound.mailbox,
            hint=" ".join(filter(None, (thread.hint, inbound.remark))),
            is_verified=inbound.is_verified,
        ),
        inbound.content,
    )
    if inbound.is_suspect:
        changing.hold_as_spam(ticket, at=inbound.received_at)
    elif not inbound.silence:
        acknowledgement.send(ticket, is_verified=inbound.is_verified)
    return ticket, message, True


def _author(inbound: InboundMessage) -> User:
    """Who wrote, locked: one person's messages are taken in one by one, whichever way they come."""
    if inbound.author is not None:
        return inbound.author if inbound.is_author_locked else people.locked(inbound.author)
    return people.sender(
        inbound.content.from_address,
        inbound.from_name,
        is_verified=inbound.is_verified,
        language=inbound.language,
    )


def put_aside(record: InboundRecord, error: BaseException) -> None:
    """Write down why a try failed: another one later, or quarantine, to be seen and replayed."""
    status, waiting = InboundRecord.Status.RECEIVED, InboundRecord.objects.filter(pk=record.pk)
    if record.attempts >= MOST_ATTEMPTS:
        status = InboundRecord.Status.QUARANTINED
    with act():
        waiting.filter(status=InboundRecord.Status.RECEIVED).update(
            status=status, error=_writable(f"{type(error).__name__}: {error}")
        )
        if status == InboundRecord.Status.RECEIVED:
            # The claim has put the next try off already.
            wakeups.ask(Wakeup.Kind.INBOX, record.next_try_at)


def _writable(text: str) -> str:
    """A reason as the database takes it: what somebody sent may stand in it."""
    return text[:2000].replace("\0", "").encode("utf-8", "replace").decode()


def next_moment() -> datetime | None:
    """When something that came to this tenant next wants work: a message, or a file of one."""
    moments = [
        InboundRecord.objects.all().next_moment(),
        FacebookObject.objects.all().next_moment(),
        FacebookPage.objects.all().next_check(),
    ]
    return min((moment for moment in moments if moment), default=None)


def replay(record: InboundRecord) -> None:
    """Give a quarantined message another chance, with its old moment of arrival."""
    with act():
        InboundRecord.objects.filter(pk=record.pk, status=InboundRecord.Status.QUARANTINED).update(
            status=InboundRecord.Status.RECEIVED, attempts=0, next_try_at=now()
        )
        wakeups.ask(Wakeup.Kind.INBOX, now())
        enqueue("channels.process_inbound", record.pk)


@act()
def _take_in_once(record: InboundRecord, inbound: InboundMessage) -> Message | None:
    external_id, digest = inbound.external_id[:255], inbound.digest
    is_double = InboundRecord.objects.all().lock(record.pk, external_id, digest)
    if is_double is None:
        return None
    status, message = InboundRecord.Status.DUPLICATE, None
    if not is_double:
        ticket, message, _is_new = take_in(inbound)
        if inbound.then is not None:
            inbound.then(ticket, message)
        status = InboundRecord.Status.PROCESSED
    InboundRecord.objects.filter(pk=record.pk).update(
        status=status,
        message=message,
        external_id=external_id,
        content_sha256=digest,
        subject=inbound.subject[:250],
        processed_at=now(),
        error="",
    )
    return message


def _settle(record: InboundRecord, settled: NothingToTakeInError) -> None:
    InboundRecord.objects.filter(pk=record.pk).update(
        status=settled.status, error=settled.reason[:2000], processed_at=now()
    )


def has_database() -> bool:
    """Whether the connection still works; if not, it was the database's fault, not a message's."""
    return connection.connection is not None and connection.is_usable()


def _way(channel: str) -> ModuleType:
    """The package of a channel; nothing else in the system knows it."""
    return importlib.import_module(f"channels.{channel}.inbound")
