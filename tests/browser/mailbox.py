"""The mails that left: one .eml file each in the local sink's folder."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from pathlib import Path

PATIENCE_SECONDS = 60.0


class Mailbox:
    """What a recipient would have in their mail program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mails(self, to: str) -> list[EmailMessage]:
        """All mails to one address, the oldest first."""
        found = [_read(path) for path in sorted(self.folder.glob("*.eml"))]
        return [mail for mail in found if to in str(mail["X-Envelope-To"])]

    def wait(
        self,
        to: str,
        fits: Callable[[EmailMessage], bool] = lambda mail: True,
        seconds: float = PATIENCE_SECONDS,
    ) -> EmailMessage:
        """The first mail to this address that fits, as soon as it is there."""
        end = time.monotonic() + seconds
        while True:
            for mail in self.mails(to):
                if fits(mail):
                    return mail
            if time.monotonic() > end:
                subjects = [str(mail["Subject"]) for mail in self.mails(to)]
                raise AssertionError(f"No such mail to {to} within {seconds:.0f} s: {subjects}")
            time.sleep(0.1)


def letter(sender: str, to: str, subject: str, text: str, **more: str) -> EmailMessage:
    """A mail as a mail program writes it, with a Message-ID of its own."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = localtime()
    mail["Message-ID"] = make_msgid(domain="kunde.example")
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(mail: EmailMessage) -> str:
    """The one address a mail asks its reader to open."""
    found = re.findall(r"https?://\S+", text_of(mail))
    assert len(found) == 1, found
    return str(found[0])


def _read(path: Path) -> EmailMessage:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
