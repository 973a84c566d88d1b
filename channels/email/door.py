"""The SMTP door: takes mail for the tenants' addresses, makes it durable, and only then says 250.

It is meant to stand behind an edge such as Postfix, which speaks TLS and turns spam away. It knows
no sign-in and sends nothing on. Whatever cannot be kept now is answered with a temporary failure,
so that the sender's server keeps it and comes again (RFC 5321 §4.2.1).
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils.timezone import now

from channels import arrivals
from channels.email import recipients
from channels.email.content import Content, Memory, NoRoomError, TooLargeError
from channels.raw import StorageFullError
from tenants.connection import connection
from tenants.models import without_extension
from tickets.models import Channel

logger = logging.getLogger(__name__)

LARGEST_MAIL = 40 * 1024 * 1024  # bytes
MOST_RECIPIENTS = 100  # of one mail; RFC 5321 §4.5.3.1.8 asks for as many
MOST_CONNECTIONS = 100
# What all mails on their way in may hold in memory together.
MOST_BYTES_AT_ONCE = 400 * 1024 * 1024
# Between two commands, and for the whole of a mail's content (RFC 5321 §4.5.3.2).
IDLE_SECONDS = 300
DATABASE_SECONDS = 60
# A stop waits this long for mails in flight; the process manager grants two seconds.
LAST_SECONDS = 1.5
DATABASE_THREADS = 4
SPACE_LEFT_FREE = 50 * 1024 * 1024

TAKEN = "250 2.0.0 Taken"
TOO_LARGE = f"552 5.3.4 A mail may have {LARGEST_MAIL} bytes"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients: send the rest in another mail"
NO_SUCH_ADDRESS = "550 5.1.1 No such address here"
AWAY = "451 4.3.0 Not possible just now, try again later"
FULL = "452 4.3.1 No space just now, try again later"
CLOSING = b"421 4.3.2 Closing, try again later\r\n"
TOO_MANY_CONNECTIONS = b"421 4.3.2 Too many connections, try again later\r\n"

T = TypeVar("T")


class Transaction(Envelope):
    """One mail on its way in, and the tenants it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: dict[str, list[str]] = {}
        # Whose the mailboxes are that were asked about so far.
        self.owners: dict[str, str | None] = {}

    def add(self, address: str, schema: str | None) -> str:
        """Add a recipient of a tenant, and return the answer."""
        if schema is None:
            return NO_SUCH_ADDRESS
        self.rcpt_tos.append(address)
        self.recipients.setdefault(schema, []).append(address)
        return "250 2.1.5 Ok"


class Conversation(SMTP):
    """One connection."""

    def __init__(self, door: Door) -> None:
        super().__init__(
            door,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident="ESMTP",
            timeout=IDLE_SECONDS,
        )
        self.door = door
        self.is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.door.enter(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.door.leave(self)
        super().connection_lost(error)

    def close(self) -> None:
        """Say that the door closes, and close."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(CLOSING)
            self.transport.close()

    def _create_envelope(self) -> Envelope:
        return Transaction()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 (aiosmtpd's name)
        """Take a mail's content; its moment is the door's clock at the end of it."""
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
        elif not isinstance(self.envelope, Transaction) or not self.envelope.recipients:
            await self.push("503 5.5.1 Need RCPT command")
        else:
            self.is_busy = True
            try:
                await self.push(await self._take(self.envelope))
            finally:
                self.is_busy = False
        if self.door.is_closing:
            self.close()

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802 (aiosmtpd's name)
        await self.push("502 5.5.1 Nobody signs in here")

    async def _take(self, transaction: Transaction) -> str:
        await self.push("354 End with a dot on a line of its own")
        content = Content(self.door.memory, LARGEST_MAIL)
        with content.held():
            try:
                raw = await content.read(self._reader)
            except TooLargeError:
                return TOO_LARGE
            except NoRoomError:
                return FULL
            finally:
                self.envelope = self._create_envelope()
            return await self.door.take(transaction, raw, now())


class Refusal(asyncio.Protocol):
    """The answer to one connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(TOO_MANY_CONNECTIONS)
            transport.close()


class Door:
    """What aiosmtpd asks about each command, and the state all connections share."""

    def __init__(self) -> None:
        # One line for each mail is enough; aiosmtpd would write one for each command.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.hostname = socket.gethostname()
        self.conversations: set[Conversation] = set()
        self.is_closing = False
        self.is_empty = asyncio.Event()
        self.is_empty.set()
        self.memory = Memory(MOST_BYTES_AT_ONCE)
        self._threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="door")

    def answer(self) -> asyncio.Protocol:
        """The protocol for a new connection."""
        if self.is_closing or len(self.conversations) >= MOST_CONNECTIONS:
            return Refusal()
        return Conversation(self)

    def enter(self, conversation: Conversation) -> None:
        self.conversations.add(conversation)
        self.is_empty.clear()

    def leave(self, conversation: Conversation) -> None:
        self.conversations.discard(conversation)
        if not self.conversations:
            self.is_empty.set()

    async def handle_MAIL(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if _is_disk_full():
            return FULL
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not isinstance(envelope, Transaction) or len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY_RECIPIENTS
        mailbox = without_extension(address)
        try:
            if mailbox not in envelope.owners:
                schema = await self._in_thread(lambda: recipients.schema_of(address))
                envelope.owners[mailbox] = schema
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            return _away(error)
        return envelope.add(address, envelope.owners[mailbox])

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours: the sender keeps the mail."""
        logger.error("The SMTP door failed", exc_info=error)
        return AWAY

    async def take(self, transaction: Transaction, content: bytes, received_at: datetime) -> str:
        """Make a mail durable for all its tenants, and return the answer to its sender."""
        arrival = arrivals.Arrival(
            Channel.EMAIL, content, received_at, _return_path(transaction.mail_from)
        )
        wanted = transaction.recipients
        try:
            await self._in_thread(lambda: arrivals.accept(arrival, wanted))
        except StorageFullError as error:
            logger.error("No space for a mail of %d bytes: %s", len(content), error)
            return FULL
        except (DatabaseError, InterfaceError, TimeoutError) as error:
            return _away(error)
        logger.info("Took a mail of %d bytes for %s", len(content), ", ".join(sorted(wanted)))
        return TAKEN

    async def close(self) -> None:
        """End idle connections now, those with a mail in flight when it is answered."""
        self.is_closing = True
        for conversation in list(self.conversations):
            if not conversation.is_busy:
                conversation.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self.is_empty.wait()
        for conversation in list(self.conversations):
            conversation.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(DATABASE_SECONDS):
            return await loop.run_in_executor(self._threads, _with_database, work)


async def serve(host: str, port: int, stop: asyncio.Event) -> None:
    """Take mails on host:port until `stop` is set."""
    door = Door()
    server = await asyncio.get_running_loop().create_server(door.answer, host, port)
    async with server:
        await stop.wait()
        server.close()
        await door.close()


def _with_database(work: Callable[[], T]) -> T:
    """Run in a thread of the pool; a connection that a restart of PostgreSQL broke is replaced."""
    close_old_connections()
    connection.set_schema_to_public()
    try:
        return work()
    finally:
        close_old_connections()


def _return_path(mail_from: str | None) -> str:
    """The envelope sender; empty for the null return path, which aiosmtpd keeps as "<>"."""
    return "" if mail_from in {None, "<>"} else str(mail_from)


def _is_disk_full() -> bool:
    """Whether the data folder has too little space for the largest mail."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free < LARGEST_MAIL + SPACE_LEFT_FREE
    except OSError:
        return False


def _away(error: Exception) -> str:
    reason = " ".join(str(error).split())
    logger.warning("A mail was put off: %s: %s", type(error).__name__, reason)
    return AWAY
