"""Forgetting a person of Facebook: who they are and what was written, in the current tenant.

What stays is the shell of their tickets: number, times, state, and what became of the promise, so
that reports and the proof of kept promises still add up. Nothing in it names anybody.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from channels import people, raw
from channels.facebook import events, inbound, pages, wall_people
from channels.facebook.errors import GraphError
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.models import InboundRecord
from tenants.acts import act
from tickets import recording
from tickets.models import Channel, Event, Message, Ticket

# A webhook comes after what it tells of; Meta repeats it for 36 hours.
BEFORE, AFTER = timedelta(hours=1), timedelta(hours=37)
APP_REMOVED = 458
Status = InboundRecord.Status
# Stored and not taken in, until somebody connects the page or tries it again.
LEFT_OUT = (Status.PARKED, Status.QUARANTINED)


def erase(user_id: str) -> bool:
    """Forget whoever has this id, as a customer or as who connected a page; False: nobody has."""
    persons = list(FacebookPerson.objects.filter(Q(psid=user_id) | Q(author_id=user_id)))
    for person in persons:
        erase_person(person)
    on_wall = FacebookObject.objects.filter(author_id=user_id, is_own=False)
    is_stored = _forget_raw([user_id], on_wall)
    is_on_wall = wall_people.forget(user_id) > 0
    granted = list(FacebookPage.objects.all().connected().filter(granted_by=user_id))
    for page in granted:
        _forget_token(page)
    return bool(persons or granted or is_on_wall or is_stored)


def erase_person(person: FacebookPerson) -> None:
    """Forget one person of one page. Running it twice, or after it broke off, forgets them once."""
    # The raw batches first: they are found by what is forgotten next.
    ids = [one for one in (person.psid, person.author_id) if one]
    _forget_raw(ids, FacebookObject.objects.filter(person=person))
    with translation.override(settings.LANGUAGE_CODE):
        _forget(person)


@act()
def _forget(person: FacebookPerson) -> None:
    user = people.locked(person.user)
    is_own = not user.has_address
    messages = list(_messages_of(person, user, is_own=is_own).values_list("pk", flat=True))
    tickets = Ticket.objects.filter(messages__in=messages).distinct().order_by("pk")
    for ticket in tickets:
        _empty(ticket, messages)
    objects = FacebookObject.objects.filter(person=person)
    objects.update(
        state=FacebookObject.State.DELETED,
        text="",
        permalink="",
        edits=[],
        reactions={},
        files=[],
        fetch_at=None,
    )
    person.delete()
    if is_own and not user.facebook_people.exists():
        _make_nameless(user)


def _messages_of(person: FacebookPerson, user: User, *, is_own: bool) -> QuerySet[Message]:
    """What was said on Facebook in both directions: an answer quotes and names who asked."""
    said = Q(facebook_objects__person=person)
    if is_own:
        said |= Q(channel=Channel.FACEBOOK, recipient=user)
        # What was written elsewhere, nobody knows by whom.
        elsewhere = Q(kind=Message.Kind.OUTBOUND, recipient=None, ticket__requester=user)
        said |= Q(channel=Channel.FACEBOOK) & elsewhere
    return Message.objects.filter(said)


def _empty(ticket: Ticket, messages: list[int]) -> None:
    ticket = recording.locked_itself(ticket.pk)
    words = _("Deleted at the person's request.")
    if ticket.channel == Channel.FACEBOOK:
        ticket.subject, ticket.hint = words, ""
        ticket.save(update_fields=["subject", "hint"])
    found = ticket.messages.filter(pk__in=messages).select_related("author", "ticket__organisation")
    for message in found:
        message.html = message.from_address = ""
        message.save(update_fields=["html", "from_address"])
        recording.rewrite(message, words, "")
        for attachment in message.attachments.all():
            attachment.discard()
    # The history keeps earlier versions, names, and reasons of refusals.
    lines = ticket.events.filter(
        Q(message__in=messages) | Q(kind__in=[Event.Kind.LINKED, Event.Kind.CONFIRMED])
    )
    lines.update(before="", after="")
    recording.event(ticket, Event.Kind.MESSAGE, None, now(), what="erased")
    recording.touch(ticket, now())


def _make_nameless(user: User) -> None:
    """Nobody is left behind the tickets; their organisation was opened for this person alone."""
    name = _("Deleted person")
    user.name, user.email = name, f"{uuid.uuid4().hex}@facebook.invalid"
    user.save(update_fields=["name", "email"])
    organisation = user.organisation
    if organisation is not None and organisation.memberships.count() == 1:
        organisation.name = name
        organisation.save(update_fields=["name"])
    for message in Message.objects.filter(author=user).select_related(
        "author", "ticket__organisation"
    ):
        recording.rewrite(message, message.text, message.reply_text)


def _forget_raw(ids: list[str], said: QuerySet[FacebookObject]) -> bool:
    """Delete the stored batches with what a person said; True if there were any.

    Others' events in them are taken in, or go on waiting.
    """
    marks = [one.encode() for one in ids]
    has_found = False
    for record in _stored(said):
        path = raw.path_of(record.sha256)
        content = path.read_bytes() if path.exists() else b""
        if not any(one in content for one in marks):
            continue
        if record.status == Status.PARKED:
            others = [one for one in events.parse(content) if not _names(one, marks)]
            inbound.set_apart(record, others)
        path.unlink(missing_ok=True)
        found = InboundRecord.objects.filter(pk=record.pk)
        found.update(subject="", error="deleted at the person's request")
        # Nothing is there any more that could be taken in.
        found.filter(status__in=LEFT_OUT).update(status=Status.IGNORED)
        has_found = True
    return has_found


def _stored(said: QuerySet[FacebookObject]) -> Iterator[InboundRecord]:
    """The batches that may hold what a person said; what still is to be taken in stays."""
    stored = InboundRecord.objects.filter(channel=Channel.FACEBOOK)
    # Whose they are left no trace yet that would say when they came.
    yield from stored.filter(status__in=LEFT_OUT).iterator()
    done = stored.exclude(status__in=[Status.RECEIVED, *LEFT_OUT])
    # By Meta's clock and by our door's: one of them may be far off.
    pairs = said.values_list("at", "message__sent_at")
    moments = {moment for pair in pairs for moment in pair if moment is not None}
    for since, until in _spans(sorted(moments)):
        yield from done.filter(received_at__range=(since, until)).iterator()


def _names(event: events.Event, marks: Iterable[bytes]) -> bool:
    content = event.alone()
    return any(one in content for one in marks)


def _spans(moments: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """When webhooks about these moments (in order) can have come; overlapping times joined."""
    spans: list[tuple[datetime, datetime]] = []
    for moment in moments:
        since, until = moment - BEFORE, moment + AFTER
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], until)
        else:
            spans.append((since, until))
    return spans


def _forget_token(page: FacebookPage) -> None:
    """What somebody allowed us as a page's administrator goes with them; the page needs another."""
    FacebookPage.objects.filter(pk=page.pk).update(sealed_token="", granted_by="")
    pages.mark_failing(page, GraphError(code=190, subcode=APP_REMOVED))
