"""What becomes of a message later: more files, another text, taken back by its writer.

Where a channel lets people change what they have said, the ticket shows what counts now; its
history says that it was changed, and the channel keeps every version.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tenants.acts import act
from tickets import recording
from tickets.models import Event, Message
from tickets.recording import File


@act()
def add_files(message: Message, files: Iterable[File], *, at: datetime) -> None:
    """Add files that arrived after the message."""
    ticket = recording.locked(message.ticket)
    for file in files:
        recording.attach(message, file)
    recording.touch(ticket, at)


@act()
def change_text(message: Message, text: str, *, reply_text: str = "", at: datetime) -> None:
    """Show another text, as its writer has changed it."""
    ticket = recording.locked(message.ticket)
    before = message.shown_text
    recording.rewrite(message, text, reply_text)
    recording.event(
        ticket,
        Event.Kind.MESSAGE,
        message.author,
        at,
        message=message,
        what="edited",
        before=before,
        after=message.shown_text,
    )
    recording.touch(ticket, at)


@act()
def remark(message: Message, words: str, *, at: datetime) -> None:
    """Add a line of our own below what was said, e.g. that a file could not be fetched."""
    ticket = recording.locked(message.ticket)
    text = f"{message.text}\n{words}".strip()
    reply_text = f"{message.reply_text}\n{words}".strip() if message.reply_text else ""
    recording.rewrite(message, text, reply_text)
    recording.touch(ticket, at)


@act()
def take_back(message: Message, *, words: str, at: datetime) -> None:
    """Its writer has taken a message back: its files are gone, `words` stand in its place."""
    ticket = recording.locked(message.ticket)
    recording.rewrite(message, words, "")
    for attachment in message.attachments.all():
        attachment.discard()
    recording.event(
        ticket, Event.Kind.MESSAGE, message.author, at, message=message, what="taken_back"
    )
    recording.touch(ticket, at)


@act()
def note_reaction(message: Message, words: str, *, at: datetime) -> None:
    """Somebody reacted to a message, e.g. with a heart; no message of its own."""
    ticket = recording.locked(message.ticket)
    recording.event(
        ticket, Event.Kind.MESSAGE, None, at, message=message, what="reaction", after=words
    )
    recording.touch(ticket, at)
