"""python -m helpdesk.mail_sink: a local mail server that sends nothing on.

Every mail becomes one .eml file under the data folder's mail/, to be opened with any mail program.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

LARGEST_MAIL = 50 * 1024 * 1024  # bytes; as much as a ticket's answer with attachments may have
LONGEST_NAME = 80


class Sink:
    """The handler of aiosmtpd that stores what it is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        path = self.store(envelope)
        return f"250 Stored as {path.name}"

    def store(self, envelope: Envelope) -> Path:
        """Write one mail with its envelope on top; the file appears complete or not at all."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        recipients = ", ".join(envelope.rcpt_tos)
        name = re.sub(r"[^A-Za-z0-9@.+-]", "_", recipients)[:LONGEST_NAME]
        path = self.folder / f"{moment}_{name}.eml"
        top = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {recipients}\r\n"
        draft = path.with_suffix(f".{os.getpid()}.draft")
        content = envelope.original_content or b""
        draft.write_bytes(top.encode("utf-8", "replace") + content)
        draft.rename(path)
        return path


async def serve(folder: Path, host: str, port: int) -> None:
    """Take mails until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sink = Sink(folder)
    server = await loop.create_server(
        lambda: SMTP(sink, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True), host, port
    )
    async with server:
        await stop.wait()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    asyncio.run(serve(settings.DATA_DIR / "mail", "127.0.0.1", settings.SINK_PORT))


if __name__ == "__main__":
    main()
