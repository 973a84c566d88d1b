"""Direct messages: what a person writes becomes a message of their open ticket, or a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import now
from django.utils.translation import gettext as _

from channels import intake
from channels.facebook import contents, echoes, glance, linking, people, window
from channels.facebook.contents import Said
from channels.facebook.events import Event, Json, inner, text_of
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.intake import InboundMessage, NothingToTakeInError
from channels.models import InboundRecord
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.prepared import Prepared
from tenants.queue import enqueue, enqueue_once
from tickets.models import Channel, Message, Ticket
from tickets.models import Event as Line
from tickets.recording import Content
from tickets.states import DONE

Status = InboundRecord.Status
Kind = FacebookObject.Kind
# A button with this word opens the conversation; nobody has said anything yet.
GET_STARTED = "GET_STARTED"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One direct message: who, which, what, when by Meta's clock and when at our door (aware)."""

    psid: str
    mid: str
    body: Json
    at: datetime
    received_at: datetime
    is_standby: bool


def message(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """A person wrote. Raises NothingToTakeInError for what was taken in before."""
    arrived = _arrived(event, event.value, received_at)
    # First, and by itself: should the rest break off, the number is not lost, and the message
    # comes again.
    text = text_of(event.value, "text")
    is_proven = linking.take_number(page, arrived.psid, text, at=arrived.at)
    taken = _take_in(page, arrived)
    if is_proven and not arrived.is_standby:
        linking.thank(taken.ticket, page)
    return taken


def postback(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """A person pressed a button: its title is what they say."""
    if text_of(event.value, "payload") == GET_STARTED:
        note_action(page, event)
        raise NothingToTakeInError(Status.IGNORED, "postback: the conversation was opened")
    said = {**event.value, "text": text_of(event.value, "title")}
    return _take_in(page, _arrived(event, said, received_at))


@act()
def note_action(page: FacebookPage, event: Event) -> None:
    """A person did something that says nothing, and opens the time for answers."""
    people.locked(page, psid_of(event), at=event.at)


def psid_of(event: Event) -> str:
    """Who did it; raises NothingToTakeInError where it does not say."""
    psid = text_of(inner(event.body, "sender"), "id")[:64]
    if not psid or psid == event.page_id:
        raise NothingToTakeInError(Status.IGNORED, f"{event.kind}: no person did it")
    return psid


# That it is not empty is said so that a plan for any value can use the index.
_by_id = Prepared(
    lambda page, external_id: FacebookObject.objects.filter(
        page=page, external_id=external_id
    ).exclude(external_id=""),
    -1,
    "sample",
)


def known(page: FacebookPage, external_id: str) -> FacebookObject | None:
    """What we know under one of Facebook's ids."""
    return _by_id.first(page.pk, external_id) if external_id else None


def composed(said: str, quoted: Message | None) -> tuple[str, str]:
    """The text with what it answers to above it, and the new part alone."""
    if quoted is None or not said:
        return said, ""
    return f"{quoted.quoted_text}\n\n{said}", said


def _arrived(event: Event, body: Json, received_at: datetime) -> Arrived:
    psid = psid_of(event)
    mid = text_of(body, "mid")[:255] or f"{event.kind}:{psid}:{event.at.timestamp()}"
    return Arrived(psid, mid, body, min(event.at, now()), received_at, event.is_standby)


@act()
def _take_in(page: FacebookPage, arrived: Arrived) -> Message:
    person = people.locked(page, arrived.psid, at=arrived.at)
    around = glance.at_message(person, arrived.mid, arrived.at)
    before = known(page, arrived.mid) if around.is_known else None
    if before is not None:
        _refuse_known(before)
    said = contents.read(arrived.body)
    if before is not None and before.text:
        # It was edited before it came.
        before.edits = [[0, int(arrived.at.timestamp() * 1000), said.text], *before.edits]
        said.text = before.text
    answered = known(page, text_of(inner(arrived.body, "reply_to"), "mid"))
    ticket, taken, is_new = intake.take_in(
        _inbound(page, person, arrived, said, answered, around.ticket)
    )
    stored = before or FacebookObject(page=page, external_id=arrived.mid)
    _describe(stored, person, taken, arrived, said)
    if person.last_inbound_at is not None and person.last_inbound_at > arrived.at:
        _put_in_order(person, ticket, taken, arrived.at)
    _ask_for_more(stored, person)
    if around.has_answers_since:
        if is_new:
            echoes.take_waiting(person, ticket, since=arrived.at)
        echoes.count_early(person, ticket, since=arrived.at)
    return taken


def _refuse_known(before: FacebookObject) -> None:
    if before.message_id is not None:
        raise NothingToTakeInError(Status.DUPLICATE, "taken in before")
    if before.state == FacebookObject.State.DELETED:
        raise NothingToTakeInError(Status.IGNORED, "taken back before it came")


def _inbound(
    page: FacebookPage,
    person: FacebookPerson,
    arrived: Arrived,
    said: Said,
    answered: FacebookObject | None,
    ticket: Ticket | None,
) -> InboundMessage:
    text, reply_text = composed(said.text, answered.message if answered else None)
    remark = _("Another app holds this conversation. Take it over in Meta's inbox first.")
    return InboundMessage(
        channel=Channel.FACEBOOK,
        subject=contents.subject_of(said, str(person.user)),
        content=Content(text=text, reply_text=reply_text),
        received_at=arrived.received_at,
        author=person.user,
        is_author_locked=True,
        ticket=goes_on_in(page, person, ticket, arrived.at),
        remark=remark if arrived.is_standby else "",
        silence=_silence(page, arrived),
    )


def _silence(page: FacebookPage, arrived: Arrived) -> str:
    """Why no confirmation is sent (law 9), or an empty text."""
    if not page.acknowledges:
        return "switched off for this page"
    if arrived.is_standby:
        return "another app holds the conversation"
    is_open = window.kind(arrived.at, now(), is_human=False) == window.Kind.RESPONSE
    return "" if is_open else "the time for automatic answers is over"


def goes_on_in(
    page: FacebookPage, person: FacebookPerson, ticket: Ticket | None, at: datetime
) -> Ticket | None:
    """The ticket, if what this person says now goes on in it; else None.

    It does unless the ticket was done so long before that something new is meant; and only in the
    person's own (law 5).
    """
    if ticket is None or ticket.requester_id != person.user_id:
        return None
    done_at = _done_at(ticket)
    if done_at is not None and at > done_at + timedelta(hours=page.solved_hours):
        return None
    return ticket


def _done_at(ticket: Ticket) -> datetime | None:
    """When a ticket was solved or closed; None while it is not."""
    if ticket.state not in DONE:
        return None
    moves = ticket.events.filter(kind=Line.Kind.STATE).order_by("-pk")
    found: datetime | None = moves.values_list("at", flat=True).first()
    return found


def _describe(
    stored: FacebookObject, person: FacebookPerson, taken: Message, arrived: Arrived, said: Said
) -> None:
    stored.kind, stored.person, stored.message = Kind.MESSAGE, person, taken
    stored.at, stored.text = arrived.at, said.text
    stored.parent_id = text_of(inner(arrived.body, "reply_to"), "mid")[:255]
    stored.files = list[dict[str, Any]](said.files)
    stored.fetch_at = now() if said.files else None
    stored.save()


def _put_in_order(
    person: FacebookPerson, ticket: Ticket, taken: Message, written_at: datetime
) -> None:
    """Show a message that came late where it was written; what was promised counts as it came."""
    later = FacebookObject.objects.filter(
        person=person, message__ticket=ticket, is_own=False, at__gt=written_at
    ).exclude(message=taken)
    first = later.order_by("message__sent_at", "message").select_related("message").first()
    if first is not None and first.message is not None:
        sent_at = min(taken.sent_at, first.message.sent_at - timedelta(microseconds=1))
        Message.objects.filter(pk=taken.pk).update(sent_at=sent_at)


def _ask_for_more(stored: FacebookObject, person: FacebookPerson) -> None:
    """Attachments and the name come later: neither may keep a message waiting."""
    if stored.fetch_at is not None:
        wakeups.ask(Wakeup.Kind.INBOX, stored.fetch_at)
        enqueue("channels.facebook_files", stored.pk)
    if people.needs_name(person):
        enqueue_once("channels.facebook_name", person.pk)
