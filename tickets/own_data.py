"""What tickets keep of a person: to hand out, and to erase (DSGVO Art. 15, 17).

Erasing leaves the shell: number, times, state, and what became of the promise, so that reports and
the proof of kept promises still add up. Who was alone in their organisation takes every word along;
in an organisation with others the conversation is theirs too, and only says no more whose it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import privacy
from accounts.models import Membership, User
from tenants.acts import act
from tickets import changing, drafts, recording
from tickets.models import (
    Attachment,
    DraftFile,
    Event,
    Message,
    Participant,
    Rating,
    Ticket,
    TicketQuerySet,
)
from tickets.states import QUEUED, State

# Shorter names are words like any other.
SHORTEST_NAME = 4


def register() -> None:
    privacy.register(
        privacy.Section(
            "tickets", gettext_lazy("Tickets"), export=_export, files=_files, erase=erase
        )
    )


@act()
def erase(user: User) -> None:
    """Take a person out of every ticket; running it twice erases them once."""
    with translation.override(settings.LANGUAGE_CODE):
        tickets = Ticket.objects.filter(
            Q(requester=user) | Q(messages__author=user) | Q(participants__user=user)
        )
        for pk in list(tickets.order_by("pk").values_list("pk", flat=True).distinct()):
            _erase_from(recording.locked_itself(pk), user)
    Participant.objects.filter(user=user).delete()
    drafts.erase(user)


def _export(user: User) -> dict[str, object]:
    """Their requests with all that was said in public, and what they wrote on others' requests."""
    own = _own(user)
    elsewhere = Message.objects.public().filter(author=user).exclude(ticket__in=own)
    shared = Participant.objects.filter(user=user).select_related("ticket").order_by("pk")
    return {
        "requests": [_told(ticket) for ticket in own.order_by("pk")],
        "written_elsewhere": [
            {"request": message.ticket.number, **_said(message)}
            for message in elsewhere.select_related("ticket").thread()
        ],
        "shared_with_me": [
            {"request": one.ticket.number, "since": one.added_at.isoformat()} for one in shared
        ],
        "not_sent_yet": [
            {
                "request": one.ticket.number if one.ticket else None,
                "file": one.filename,
                "bytes": one.size,
            }
            for one in _unsent(user)
        ],
    }


def _files(user: User) -> Iterator[privacy.File]:
    readable = Message.objects.public().filter(Q(ticket__in=_own(user)) | Q(author=user))
    attachments = Attachment.objects.filter(message__in=readable).select_related("message__ticket")
    for attachment in attachments.order_by("pk").iterator():
        try:
            with attachment.file.open("rb") as file:
                yield f"{attachment.message.ticket.number}/{attachment.filename}", file.read()
        except FileNotFoundError:
            continue
    for unsent in _unsent(user):
        try:
            yield f"not_sent_yet/{unsent.filename}", drafts.read(unsent).content
        except FileNotFoundError:
            continue


def _unsent(user: User) -> QuerySet[DraftFile]:
    return DraftFile.objects.filter(person=user).select_related("ticket").order_by("pk")


def _own(user: User) -> TicketQuerySet:
    return Ticket.objects.visible_to(user).filter(requester=user)


def _told(ticket: Ticket) -> dict[str, object]:
    rating = Rating.objects.filter(ticket=ticket).first()
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "state": ticket.state,
        "channel": ticket.channel,
        "opened_at": ticket.opened_at.isoformat(),
        "closed_at": ticket.closed_at.isoformat() if ticket.closed_at else None,
        "rating": {"is_good": rating.is_good, "comment": rating.comment} if rating else None,
        "messages": [_said(message) for message in ticket.messages.public().thread()],
    }


def _said(message: Message) -> dict[str, Any]:
    return {
        "at": message.sent_at.isoformat(),
        "kind": message.kind,
        "by": str(message.author or message.from_address),
        "text": message.text,
        "attachments": [one.filename for one in message.attachments.all()],
    }


def _erase_from(ticket: Ticket, user: User) -> None:
    is_own = ticket.requester_id == user.pk
    if is_own and _is_alone(ticket, user):
        _withdraw(ticket, user)
        _empty(ticket)
    else:
        _make_nameless(ticket, user)
        if is_own and ticket.state in QUEUED and ticket.merged_into_id is None:
            ticket.hint = _("Whoever asked has had their account deleted: no answer reaches them.")
            ticket.save(update_fields=["hint"])
    recording.event(ticket, Event.Kind.MESSAGE, None, now(), what="erased")
    recording.touch_quietly(ticket)


def _is_alone(ticket: Ticket, user: User) -> bool:
    others = Membership.objects.filter(
        organisation=ticket.organisation_id, user__is_active=True
    ).exclude(user=user)
    return not others.exists()


def _withdraw(ticket: Ticket, user: User) -> None:
    """Nobody waits for an answer any more."""
    if ticket.state in QUEUED and ticket.merged_into_id is None:
        changing.change_state(ticket, State.CLOSED, by=user)
        ticket.refresh_from_db()


def _empty(ticket: Ticket) -> None:
    words = _("Deleted at the person's request.")
    ticket.subject, ticket.hint = words, ""
    ticket.save(update_fields=["subject", "hint"])
    # It was opened in their name, and loses it with the account: nothing is to be found by it.
    ticket.organisation.name = ""
    for message in ticket.messages.select_related("author"):
        message.ticket = ticket
        _rewrite(message, words, "")
        for attachment in message.attachments.all():
            attachment.discard()
    Rating.objects.filter(ticket=ticket).update(comment="")
    ticket.events.filter(kind__in=NAMING).update(before="", after="")


# Lines of the history that say who somebody is.
NAMING = (Event.Kind.LINKED, Event.Kind.CONFIRMED, Event.Kind.SHARED)


def _make_nameless(ticket: Ticket, user: User) -> None:
    """The words stay, without the person's name and address."""
    known = _known_as(user)
    ticket.subject = known.sub("…", ticket.subject)
    ticket.save(update_fields=["subject"])
    for message in ticket.messages.select_related("author"):
        message.ticket = ticket
        is_theirs = message.author_id == user.pk
        if is_theirs or known.search(f"{message.text} {message.html} {message.from_address}"):
            _rewrite(message, known.sub("…", message.text), known.sub("…", message.reply_text))
    for line in ticket.events.filter(kind__in=NAMING):
        line.before, line.after = known.sub("…", line.before), known.sub("…", line.after)
        line.save(update_fields=["before", "after"])


def _rewrite(message: Message, text: str, reply_text: str) -> None:
    """Another text in its place; it is found by its writer's name no more."""
    if message.author is not None and not message.author.is_agent:
        message.author.name = message.author.email = ""
    message.html = message.from_address = ""
    message.save(update_fields=["html", "from_address"])
    recording.rewrite(message, text, reply_text)


def _known_as(user: User) -> re.Pattern[str]:
    words = [user.email, user.name.strip()]
    parts = [re.escape(word) for word in words if len(word) >= SHORTEST_NAME]
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)
