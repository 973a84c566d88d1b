"""Mail servers in a thread of the test: our door, and a first hop with scripted answers."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.email import door

HOST = "127.0.0.1"
# A scripted answer: the connection breaks after the content.
LOST = "lost"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(serve: Callable[[asyncio.Event], Awaitable[None]], port: int) -> Iterator[None]:
    """Run an asyncio server in a thread until the block ends."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop)), daemon=True)
    thread.start()
    wait_for(port)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def wait_for(port: int, seconds: float = 4) -> None:
    for _ in range(int(seconds * 50)):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0:
                return
        threading.Event().wait(0.02)
    raise AssertionError(f"Nothing listens on port {port}.")


@contextmanager
def open_door() -> Iterator[int]:
    """Our SMTP door on a port of its own."""
    port = free_port()
    with running(lambda stop: door.serve(HOST, port, stop), port):
        yield port


@dataclass
class Taken:
    """A mail that the first hop has got."""

    envelope_from: str
    recipients: list[str]
    raw: bytes


@dataclass
class FirstHop:
    """A mail server that answers as its script says, "250" when it says nothing."""

    port: int = field(default_factory=free_port)
    mails: list[Taken] = field(default_factory=list)
    at_rcpt: deque[str] = field(default_factory=deque)
    at_data: deque[str] = field(default_factory=deque)
    seconds: float = 0.0
    extensions: bool = True

    async def handle_RCPT(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.at_rcpt.popleft() if self.at_rcpt else "250 Ok"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.seconds)
        answer = self.at_data.popleft() if self.at_data else "250 Ok"
        if answer == LOST or answer.startswith("250"):
            sender = "" if envelope.mail_from == "<>" else envelope.mail_from
            self.mails.append(Taken(sender, envelope.rcpt_tos, envelope.original_content))
        if answer == LOST:
            server.transport.abort()
            await asyncio.sleep(0.1)
        return answer

    async def serve(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=self.extensions, hostname="hop"), HOST, self.port
        )
        async with server:
            await stop.wait()
