"""What is said on the wall as the page: posts, our own answers, and comments from elsewhere.

A comment does not say whether a human wrote it or a program, nor which one. So what was written
elsewhere is shown and keeps no promise by itself (law 3): programs that answer comments are common.
Once an agent has said that a human wrote it, it counts from the moment it was written.
"""

from __future__ import annotations

from accounts.models import User
from channels.facebook import direct, settling
from channels.facebook.models import FacebookObject, FacebookPage
from channels.facebook.wall_changes import Change
from channels.intake import NothingToTakeInError
from channels.models import InboundRecord
from sla.models import Promise
from sla.services import open_promise
from tenants.acts import act
from tickets import elsewhere, recording
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content
from tickets.states import State

Status = InboundRecord.Status
Kind = FacebookObject.Kind


def take(page: FacebookPage, told: Change) -> Message:
    """Take in what the page said; raises NothingToTakeInError where it is of no ticket."""
    if told.is_comment and (own := _own_part(page, told)) is not None and own.message is not None:
        settling.confirm(own, told.external_id, at=told.at)
        return own.message
    message = _take(page, told)
    if message is None:
        raise NothingToTakeInError(Status.IGNORED, f"wall: the page's own {told.kind}, remembered")
    return message


def can_vouch(stored: FacebookObject, promise: Promise | None) -> bool:
    """Whether a comment from elsewhere would keep the open promise if a human wrote it."""
    is_from_elsewhere = stored.is_own and stored.part is None and stored.kind == Kind.COMMENT
    if stored.message is None or promise is None or not is_from_elsewhere:
        return False
    return promise.is_open and promise.started_at <= stored.message.sent_at


@act()
def vouch(stored: FacebookObject, *, by: User) -> bool:
    """An agent says that a human wrote it: it counts from its moment. False: nothing waits."""
    if stored.message is None:
        return False
    ticket = recording.locked(stored.message.ticket)
    if not can_vouch(stored, open_promise(ticket)):
        return False
    at = stored.message.sent_at
    said = ticket.messages.filter(kind=Message.Kind.INBOUND, sent_at__gt=at)
    elsewhere.count_as_answer(stored.message, at=at, is_last=not said.exists(), by=by)
    return True


def _own_part(page: FacebookPage, told: Change) -> FacebookObject | None:
    """The part of an answer that we were sending just now, or when a worker ended."""
    if direct.known(page, told.external_id) is not None:
        return None
    sending = FacebookObject.objects.select_related("message__ticket").filter(
        page=page,
        kind=Kind.COMMENT,
        post_id=told.post_id,
        external_id="",
        delivery=FacebookObject.Delivery.SENDING,
    )
    return next((one for one in sending.order_by("pk") if is_same(one.text, told.text)), None)


def is_same(text: str, other: str) -> bool:
    """Whether two texts say the same; Facebook may change the space between words."""
    return text.split() == other.split()


@act()
def _take(page: FacebookPage, told: Change) -> Message | None:
    stored = direct.known(page, told.external_id)
    if stored is not None and stored.at is not None:
        raise NothingToTakeInError(Status.DUPLICATE, "wall: the page's own, known")
    stored = stored or FacebookObject(page=page, external_id=told.external_id)
    stored.kind, stored.is_own, stored.text, stored.at = told.kind, True, told.text, told.at
    stored.author_id, stored.author_name = told.author_id, told.author_name
    stored.post_id = told.post_id or told.parent_id or told.external_id
    stored.parent_id = (told.parent_id or stored.post_id) if told.is_comment else ""
    stored.permalink = told.permalink
    ticket = _answered(stored) if told.is_comment else None
    if ticket is not None:
        # By our clock an answer cannot be older than what it answers.
        stored.message = elsewhere.record_answer(
            ticket,
            Content(text=told.text),
            channel=Channel.FACEBOOK,
            at=max(told.at, ticket.opened_at),
            is_answer=False,
            is_last=False,
            is_by_human=False,
        )
    stored.save()
    return stored.message


def _answered(stored: FacebookObject) -> Ticket | None:
    """The ticket that a comment of the page answers to: of whom it hangs below, else the latest.

    Facebook hangs every reply below the top comment, so it may be meant for another one there.
    """
    above = FacebookObject.objects.filter(
        page=stored.page, is_own=False, message__isnull=False, post_id=stored.post_id
    ).select_related("message__ticket__merged_into")
    parent = above.filter(external_id=stored.parent_id).first()
    latest = above.filter(parent_id=stored.parent_id).exclude(parent_id=stored.post_id)
    found = parent or latest.order_by("-at").first()
    if found is None or found.message is None:
        return None
    ticket = found.message.ticket.merged_into or found.message.ticket
    return None if ticket.state == State.SPAM else ticket
