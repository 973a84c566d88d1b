"""Echoes: what was written as the page, by us or elsewhere, comes back as an event.

Our own confirm that a part of an answer arrived. What an agent wrote in Meta's inbox is an answer;
what an automation wrote is written down and keeps no promise (law 3).
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils.timezone import now

from channels.facebook import contents, parts, people, settling, wall_people
from channels.facebook.contents import Said
from channels.facebook.events import Event, inner, text_of
from channels.facebook.models import (
    FacebookObject,
    FacebookObjectQuerySet,
    FacebookPage,
    FacebookPerson,
)
from channels.intake import NothingToTakeInError
from channels.models import InboundRecord
from sla.services import open_promise
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.prepared import Prepared
from tenants.queue import enqueue
from tickets import elsewhere
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content
from tickets.states import State

Status = InboundRecord.Status
Kind = FacebookObject.Kind
# Meta's own inbox: there, humans write.
PAGE_INBOX = "263902037430900"


def echo(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """Something was written as the page; raises NothingToTakeInError if it is of no ticket."""
    body = event.value
    app_id, mid = text_of(body, "app_id"), text_of(body, "mid")[:255]
    if not mid:
        raise NothingToTakeInError(Status.IGNORED, "echo: without an id")
    if app_id == settings.FACEBOOK_APP_ID:
        own = _own_part(page, text_of(body, "metadata"))
        if own is not None and own.message is not None:
            settling.confirm(own, mid, at=min(event.at, now()))
            if own.is_on_wall and own.person is not None:
                # Sent to the writer of a comment: now it is known who that is in Messenger.
                psid = text_of(inner(event.body, "recipient"), "id")
                wall_people.learn_psid(page, own.person, psid)
            return own.message
    message = _from_elsewhere(page, event, mid, app_id)
    if message is None:
        # Kept: the message that it answers to may come later.
        raise NothingToTakeInError(Status.IGNORED, "echo: there is no conversation here yet")
    return message


_waiting_for = Prepared(
    lambda person, since: FacebookObject.objects.filter(
        person=person, is_own=True, message=None, kind=Kind.MESSAGE, at__gte=since
    ).order_by("at", "pk"),
    -1,
    datetime(1970, 1, 1, tzinfo=UTC),
)


def take_waiting(person: FacebookPerson, ticket: Ticket, *, since: datetime) -> None:
    """Answers whose echo came before the message they answer to: now they have their ticket."""
    for one in _waiting_for.all(person.pk, since):
        _record(one, ticket, Said(text=one.text, files=one.files))


_written_since = Prepared(
    lambda person, since: (
        FacebookObject.objects.filter(
            person=person,
            is_own=True,
            part=None,
            kind=Kind.MESSAGE,
            app_id=PAGE_INBOX,
            message__isnull=False,
            at__gte=since,
        )
        .select_related("message__ticket")
        .order_by("at", "pk")
    ),
    -1,
    datetime(1970, 1, 1, tzinfo=UTC),
)


def count_early(person: FacebookPerson, ticket: Ticket, *, since: datetime) -> None:
    """Answers whose echo came before the message they answer to, and found an earlier ticket or
    nothing that waited: now they count, from the moment they were written.
    """
    for one in _written_since.all(person.pk, since):
        message = one.message
        if message is None or one.at is None or message.answered_promises.exists():
            continue
        if message.ticket_id != ticket.pk:
            elsewhere.move(message, ticket)
        started_at = _answered_promise_began(ticket, one.at)
        if started_at is not None:
            is_last = not _wrote_since(ticket, one.at)
            elsewhere.count_as_answer(message, at=max(one.at, started_at), is_last=is_last)


def _own_part(page: FacebookPage, metadata: str) -> FacebookObject | None:
    pk = parts.marked(metadata)
    if pk is None:
        return None
    own = FacebookObject.objects.select_related("message__ticket", "person")
    return own.filter(page=page, pk=pk, part__isnull=False).first()


@act()
def _from_elsewhere(page: FacebookPage, event: Event, mid: str, app_id: str) -> Message | None:
    psid = text_of(inner(event.body, "recipient"), "id")[:64]
    if not psid:
        raise NothingToTakeInError(Status.IGNORED, "echo: to nobody")
    if app_id != PAGE_INBOX and not people.is_known(page, psid):
        raise NothingToTakeInError(Status.IGNORED, "echo: an automation wrote to a stranger")
    person = people.locked(page, psid)
    if FacebookObject.objects.filter(page=page, external_id=mid).exists():
        raise NothingToTakeInError(Status.DUPLICATE, "taken in before")
    said = contents.read(event.value)
    stored = FacebookObject.objects.create(
        page=page,
        kind=Kind.MESSAGE,
        external_id=mid,
        person=person,
        is_own=True,
        app_id=app_id[:40],
        at=min(event.at, now()),
        text=said.text,
        files=said.files,
    )
    ticket = ticket_of(person)
    if ticket is None or ticket.state == State.SPAM:
        return None
    return _record(stored, ticket, said)


_latest_of = Prepared(
    lambda person: (
        FacebookObject.objects.filter(
            person=person, kind=Kind.MESSAGE, at__isnull=False, message__isnull=False
        )
        .select_related("message__ticket__merged_into")
        .order_by("-at")[:1]
    ),
    -1,
)


def ticket_of(person: FacebookPerson) -> Ticket | None:
    """The ticket that the person's last message is in, or where that one goes on."""
    last = _latest_of.first(person.pk)
    if last is None or last.message is None:
        return None
    return last.message.ticket.merged_into or last.message.ticket


def _record(stored: FacebookObject, ticket: Ticket, said: Said) -> Message:
    """Write it into the ticket, as an answer only if a human gave it to what is waiting."""
    is_human = stored.app_id == PAGE_INBOX
    written_at = stored.at or now()
    started_at = _answered_promise_began(ticket, written_at) if is_human else None
    # By our clock an answer cannot be older than what it answers.
    at = max(written_at, started_at or ticket.opened_at)
    message = elsewhere.record_answer(
        ticket,
        Content(text=said.text, is_automatic=not is_human),
        channel=Channel.FACEBOOK,
        at=at,
        is_answer=started_at is not None,
        is_last=not _wrote_since(ticket, written_at),
    )
    stored.message = message
    stored.fetch_at = now() if said.files else None
    stored.save(update_fields=["message", "fetch_at"])
    if stored.fetch_at is not None:
        wakeups.ask(Wakeup.Kind.INBOX, stored.fetch_at)
        enqueue("channels.facebook_files", stored.pk)
    return message


def _answered_promise_began(ticket: Ticket, written_at: datetime) -> datetime | None:
    """When the promise began that an answer of this moment keeps; None where it answers none.

    A late echo does not answer what was written after it: Meta's times are compared with each
    other, never with ours.
    """
    promise = open_promise(ticket)
    if promise is None:
        return None
    answers = ticket.promises.filter(answer__isnull=False).order_by("-answer")
    answered = answers.values_list("answer", flat=True).first() or 0
    # What was taken in since the last answer, whatever moment our clock gave it.
    first = _said_by_customer(ticket).filter(message__gt=answered).order_by("at").first()
    if first is None or first.at is None:
        # It began with something else, e.g. an agent opening the ticket again.
        return promise.started_at if promise.started_at <= written_at else None
    return promise.started_at if first.at <= written_at else None


def _wrote_since(ticket: Ticket, written_at: datetime) -> bool:
    return _said_by_customer(ticket).filter(at__gt=written_at).exists()


def _said_by_customer(ticket: Ticket) -> FacebookObjectQuerySet:
    return FacebookObject.objects.filter(message__ticket=ticket, is_own=False, kind=Kind.MESSAGE)
