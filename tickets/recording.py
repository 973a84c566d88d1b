"""Writing down what was said and done; always inside the act that causes it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core.files.base import ContentFile

from accounts.models import User
from tenants import live
from tenants.plans import Statement
from tenants.prepared import Prepared
from tickets import search
from tickets.models import Attachment, Event, Message, Ticket
from tickets.states import State

FILENAME_LENGTH = 200
EVENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class File:
    """A file on its way into a message."""

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What somebody wrote, whichever way it came."""

    text: str
    reply_text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()
    from_address: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: str = ""
    is_automatic: bool = False


_locked = Prepared(
    lambda pk: (
        Ticket.objects.select_for_update(of=("self",))
        .select_related("requester", "organisation", "assignee")
        .filter(pk=pk)
    ),
    -1,
)


_touch = Statement(
    "UPDATE tickets_ticket SET updated_at = GREATEST(updated_at, %s) WHERE id = %s RETURNING id",
    name="touch",
)


def locked(ticket: Ticket) -> Ticket:
    """Lock a ticket and read it again: every act takes its locks in this order, the sweep too.

    Where it goes on in another ticket, that one is meant, and locked.
    """
    found = locked_itself(ticket.pk)
    return locked_itself(found.merged_into_id) if found.merged_into_id else found


def locked_itself(pk: int) -> Ticket:
    """Lock just this ticket, merged or not."""
    found = _locked.first(pk)
    if found is None:
        raise Ticket.DoesNotExist
    return found


def touch(ticket: Ticket, at: datetime) -> None:
    """Note when something last happened to a ticket, and tell open pages once it is committed."""
    _touch.rows(at, ticket.pk)
    live.announce("queue")
    live.announce("ticket", ticket.number)


def touch_quietly(ticket: Ticket) -> None:
    """Tell open pages of what is no news in the conversation: no list is ordered by it."""
    live.announce("ticket", ticket.number)


def set_state(ticket: Ticket, state: State, *, by: User | None, at: datetime) -> str:
    """Write a ticket's new state with its line in the history; returns the old one."""
    before, ticket.state = ticket.state, state
    ticket.closed_at = at if ticket.is_closed else None
    ticket.save(update_fields=["state", "closed_at"])
    event(ticket, Event.Kind.STATE, by, at, before=before, after=state)
    return before


def message(
    ticket: Ticket,
    kind: str,
    author: User | None,
    content: Content,
    at: datetime,
    **more: object,
) -> Message:
    """Store a message with its files, ready to be searched for."""
    values: dict[str, object] = {
        "channel": ticket.channel,
        "status": Message.Status.RECEIVED,
        **more,
    }
    stored = Message(
        ticket=ticket,
        kind=kind,
        author=author,
        from_address=content.from_address[:320],
        text=content.text,
        reply_text=content.reply_text,
        html=content.html,
        sent_at=at,
        message_id=content.message_id[:255],
        in_reply_to=content.in_reply_to[:255],
        references=content.references,
        is_automatic=content.is_automatic,
        **values,
    )
    stored.search = _document(stored)
    stored.save(force_insert=True)
    for file in content.files:
        attach(stored, file)
    return stored


def rewrite(message: Message, text: str, reply_text: str) -> None:
    """Put another text in a message's place, and let the search find it."""
    message.text, message.reply_text = text, reply_text
    message.search = _document(message)
    message.save(update_fields=["text", "reply_text", "search"])


def _document(message: Message) -> search.Document:
    """What a message is found by."""
    ticket = message.ticket
    names = f"{message.author or ''} {message.from_address} {ticket.organisation}"
    return search.Document(ticket.subject, names, message.text)


def event(
    ticket: Ticket,
    kind: str,
    actor: User | None,
    at: datetime,
    *,
    message: Message | None = None,
    what: str = "",
    before: str = "",
    after: str = "",
) -> None:
    """Add a line to the ticket's history; `actor` None is the system on a rule of its own."""
    Event.objects.create(
        ticket=ticket,
        kind=kind,
        actor=actor,
        at=at,
        message=message,
        what=what,
        before=before[:EVENT_LENGTH],
        after=after[:EVENT_LENGTH],
    )


def attach(message: Message, file: File) -> None:
    """Store a file with its message."""
    attachment = Attachment(
        message=message,
        filename=file.filename[:FILENAME_LENGTH] or "unnamed",
        content_type=file.content_type[:127],
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        content_id=file.content_id[:255],
        is_inline=file.is_inline,
    )
    attachment.file.save(attachment.filename, ContentFile(file.content), save=False)
    attachment.save(force_insert=True)
