"""What becomes of posts and comments later: changed, hidden, shown again, removed.

Texts stay: on the wall it does not say who removed something, and the ticket must still tell what
it was about. Each may arrive before the post or comment itself; then it is kept for it.
"""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db.models import Q
from django.utils.timezone import now

from accounts.models import User
from channels.facebook import direct
from channels.facebook.models import FacebookObject, FacebookPage
from channels.facebook.wall_changes import Act, Change
from channels.intake import NothingToTakeInError
from channels.models import InboundRecord
from tenants.acts import act
from tickets import recording, revising
from tickets.models import Event, Message

Status = InboundRecord.Status
State = FacebookObject.State
STATES = {Act.REMOVE: State.DELETED, Act.HIDE: State.HIDDEN, Act.UNHIDE: State.VISIBLE}
# As the history calls it.
WORDS = {State.DELETED: "removed", State.HIDDEN: "hidden", State.VISIBLE: "shown"}


def note(page: FacebookPage, told: Change) -> Message:
    """It was hidden, shown or removed; raises NothingToTakeInError where no ticket has it."""
    message = _note(page, told)
    if message is None:
        raise NothingToTakeInError(Status.IGNORED, f"wall: {told.act}, of no ticket")
    return message


def edit(page: FacebookPage, told: Change) -> Message:
    """It says something else now; every version is kept, and the latest is shown."""
    message = _edit(page, told)
    if message is None:
        raise NothingToTakeInError(Status.IGNORED, "wall: changed, of no ticket")
    return message


@act()
def set_state(stored: FacebookObject, state: State, *, by: User | None, at: datetime) -> bool:
    """Write down whether it can be seen, with a line in its ticket's history; False: it was so."""
    current = locked(stored)
    if current.state in {state, State.DELETED}:
        return False
    current.state = state
    current.save(update_fields=["state"])
    if current.message is not None:
        ticket = current.message.ticket
        what = WORDS[state]
        recording.event(ticket, Event.Kind.MESSAGE, by, at, message=current.message, what=what)
        recording.touch(ticket, at)
    return True


def locked(stored: FacebookObject) -> FacebookObject:
    """Read again and locked, its ticket first, as every act on a ticket does."""
    if stored.message is not None:
        recording.locked(stored.message.ticket)
    found = FacebookObject.objects.select_related("message__ticket", "message__author", "page")
    return found.select_for_update(of=("self",)).get(pk=stored.pk)


@act()
def _note(page: FacebookPage, told: Change) -> Message | None:
    state, at = STATES[told.act], now()
    stored = direct.known(page, told.external_id)
    if stored is None:
        FacebookObject.objects.create(
            page=page,
            kind=told.kind,
            external_id=told.external_id,
            post_id=told.post_id,
            parent_id=told.parent_id,
            state=state,
        )
        return None
    if not set_state(stored, state, by=None, at=at):
        raise NothingToTakeInError(Status.DUPLICATE, f"wall: {told.act}, known before")
    if state == State.DELETED:
        for below in _below(stored):
            set_state(below, state, by=None, at=at)
    return stored.message


def _below(stored: FacebookObject) -> list[FacebookObject]:
    """What vanishes with a post or comment: all that hangs on it."""
    hanging = Q(parent_id=stored.external_id)
    if stored.kind == FacebookObject.Kind.POST:
        hanging |= Q(post_id=stored.external_id)
    found = FacebookObject.objects.filter(hanging, page=stored.page).exclude(pk=stored.pk)
    on_wall = found.exclude(kind=FacebookObject.Kind.MESSAGE).exclude(external_id="")
    return list(on_wall.select_related("message__ticket").order_by("message__ticket", "pk"))


@act()
def _edit(page: FacebookPage, told: Change) -> Message | None:
    stored = direct.known(page, told.external_id)
    if stored is None:
        raise FacebookObject.DoesNotExist
    current = locked(stored)
    at = _milliseconds(told.at)
    if told.text == current.text or [at, told.text] in [one[1:] for one in current.edits]:
        raise NothingToTakeInError(Status.DUPLICATE, "wall: this version is known")
    if current.edits and at < current.edits[-1][1]:
        # An older version came late: it only belongs into the history.
        _keep(current, sorted([*current.edits, [0, at, told.text]], key=itemgetter(1)))
        return current.message
    first = current.edits or [[0, _milliseconds(current.at or told.at), current.text]]
    current.text = told.text
    _keep(current, [*first, [0, at, told.text]])
    if current.message is not None and current.part is None:
        revising.change_text(current.message, told.text, at=min(told.at, now()))
    return current.message


def _keep(current: FacebookObject, versions: list[list[Any]]) -> None:
    current.edits = [[number, *version[1:]] for number, version in enumerate(versions)]
    current.save(update_fields=["text", "edits"])


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
