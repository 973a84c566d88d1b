"""What people do to messages that are there: edit them, take them back, react to them.

Each may arrive before the message itself; then it is kept for it.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now
from django.utils.translation import gettext as _

from channels.facebook import direct, people
from channels.facebook.events import Event, number_of, text_of
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.intake import NothingToTakeInError
from channels.models import InboundRecord
from tenants.acts import act
from tickets import recording, revising
from tickets.models import Message

Status = InboundRecord.Status
State = FacebookObject.State
EMOJI = {
    "smile": "😆",
    "angry": "😠",
    "sad": "😢",
    "wow": "😮",
    "love": "❤",
    "like": "👍",
    "dislike": "👎",
}


def edit(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """A message says something else now; every version is kept, and the latest is shown."""
    message = _edit(page, event)
    if message is None:
        raise NothingToTakeInError(Status.IGNORED, "edit: kept for a message that is not there yet")
    return message


def unsend(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """A message was taken back by its writer; never a new message."""
    message = _unsend(page, event)
    if message is None:
        raise NothingToTakeInError(Status.IGNORED, "taken back: there is no such message")
    return message


def reaction(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """A person reacted to a message; it opens the time for answers and is no message."""
    message = _react(page, event)
    if message is None:
        raise NothingToTakeInError(Status.IGNORED, "reaction: to nothing we know, or repeated")
    return message


@act()
def _edit(page: FacebookPage, event: Event) -> Message | None:
    said, mid, psid = event.value, _mid(event), direct.psid_of(event)
    known = _of(people.locked(page, psid), mid)
    number, text = number_of(said, "num_edit"), text_of(said, "text")
    if known.state == State.DELETED or number in {version[0] for version in known.edits}:
        raise NothingToTakeInError(Status.DUPLICATE, "edit: known, or taken back since")
    if known.message is not None and not known.edits:
        known.edits = [[0, _milliseconds(known.at or event.at), known.text]]
    known.edits = sorted([*known.edits, [number, _milliseconds(event.at), text]])
    is_latest = known.edits[-1][0] == number
    if is_latest:
        known.text = text
    # What is fetched meanwhile is not touched.
    known.save(update_fields=["edits", "text"] if known.pk else None)
    if known.message is not None and is_latest:
        answered = direct.known(page, known.parent_id)
        shown, reply_text = direct.composed(text, answered.message if answered else None)
        revising.change_text(known.message, shown, reply_text=reply_text, at=_at(event))
    return known.message


@act()
def _unsend(page: FacebookPage, event: Event) -> Message | None:
    known = _of(people.locked(page, direct.psid_of(event)), _mid(event))
    if known.state == State.DELETED:
        raise NothingToTakeInError(Status.DUPLICATE, "taken back before")
    known.state, known.text, known.edits = State.DELETED, "", []
    known.files, known.fetch_at = [], None
    known.save()
    if known.message is not None:
        words = _("(The writer has taken this message back.)")
        revising.take_back(known.message, words=words, at=_at(event))
    return known.message


@act()
def _react(page: FacebookPage, event: Event) -> Message | None:
    said, psid = event.value, direct.psid_of(event)
    is_taken_back = text_of(said, "action") == "unreact"
    people.locked(page, psid, at=None if is_taken_back else event.at)
    known = direct.known(page, _mid(event))
    if known is None or known.message is None:
        return None
    known = _locked(known)
    if known.message is None:
        return None
    _before, reacted_at = known.reactions.get(psid, ["", 0])
    if _milliseconds(event.at) <= reacted_at:
        return None
    word = text_of(said, "reaction")
    emoji = "" if is_taken_back else text_of(said, "emoji")[:16] or EMOJI.get(word, "👍")
    known.reactions = {**known.reactions, psid: [emoji, _milliseconds(event.at)]}
    known.save(update_fields=["reactions"])
    revising.note_reaction(known.message, emoji, at=_at(event))
    return known.message


def _mid(event: Event) -> str:
    mid = text_of(event.value, "mid")[:255]
    if not mid:
        raise NothingToTakeInError(Status.IGNORED, f"{event.kind}: without an id")
    return mid


def _of(person: FacebookPerson, mid: str) -> FacebookObject:
    """A person's own message, or what is kept for one that is not there yet."""
    known = direct.known(person.page, mid)
    if known is None:
        return FacebookObject(
            page=person.page, kind=FacebookObject.Kind.MESSAGE, external_id=mid, person=person
        )
    if known.is_own or known.person_id != person.pk:
        raise NothingToTakeInError(Status.IGNORED, "somebody else's message")
    return _locked(known)


def _locked(known: FacebookObject) -> FacebookObject:
    """Read again behind its ticket's lock, as whoever fetches its files takes it first."""
    if known.message is None:
        return known
    recording.locked(known.message.ticket)
    return FacebookObject.objects.select_related("message__ticket").get(pk=known.pk)


def _at(event: Event) -> datetime:
    return min(event.at, now())


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
