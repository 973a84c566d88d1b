"""The wall: what people post and comment becomes tickets, as the page's settings say.

One person below one post is one ticket: their post or first comment, and what they write there
later. Somebody else below the same post has a ticket of their own. What becomes no ticket is
remembered all the same: it is the context of what does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from channels import intake
from channels.facebook import (
    contents,
    direct,
    questions,
    wall_changes,
    wall_lookup,
    wall_own,
    wall_people,
    wall_revisions,
)
from channels.facebook.contents import Said
from channels.facebook.events import Event
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.facebook.wall_changes import Act, Change
from channels.intake import InboundMessage, NothingToTakeInError
from channels.models import InboundRecord
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content

Status = InboundRecord.Status
State = FacebookObject.State
TicketsFrom = FacebookPage.TicketsFrom


class TakenAlreadyError(ValueError):
    """What was to become a ticket is one, or is gone."""


def change(page: FacebookPage, event: Event, received_at: datetime) -> Message:
    """Something happened on the wall; raises NothingToTakeInError where it makes no message.

    Raises FacebookError where Facebook must be asked first and cannot be: it is tried again.
    """
    told = wall_changes.read(event)
    if told.act not in {Act.ADD, Act.EDIT}:
        return wall_revisions.note(page, told)
    told = wall_lookup.completed(page, told)
    known = direct.known(page, told.external_id)
    if known is not None and known.at is not None and told.act == Act.EDIT:
        return wall_revisions.edit(page, told)
    if told.author_id == page.page_id:
        return wall_own.take(page, told)
    return _add(page, told, received_at)


def take_up(pk: int, *, by: User) -> Message:
    """An agent makes a ticket of what became none; what is promised begins with that.

    Raises TakenAlreadyError.
    """
    with act():
        stored = FacebookObject.objects.select_for_update(of=("self",)).get(pk=pk)
        is_there = stored.message_id is None and stored.state != State.DELETED
        if stored.is_own or not is_there:
            raise TakenAlreadyError(stored.external_id)
        author = wall_people.author_of(stored.author_id, stored.author_name, stored.external_id)
        person = wall_people.locked(stored.page, author, is_made=True)
        said = Said(text=stored.text, files=list(stored.files))
        return _write(stored, person, said, now(), remark=_("Taken up by %(name)s.") % {"name": by})


def _add(page: FacebookPage, told: Change, received_at: datetime) -> Message:
    """A person said something. Raises NothingToTakeInError where no ticket comes of it."""
    taken = _take_in(page, told, received_at)
    if isinstance(taken, NothingToTakeInError):
        # Outside of the act: what was written down of it stays.
        raise taken
    return taken


@act()
def _take_in(
    page: FacebookPage, told: Change, received_at: datetime
) -> Message | NothingToTakeInError:
    said = Said(text=told.text, files=[{"type": "image", "url": url} for url in told.files])
    reason = _why_no_ticket(page, said)
    author = wall_people.author_of(told.author_id, told.author_name, told.external_id)
    person = wall_people.locked(page, author, is_made=not reason)
    stored = direct.known(page, told.external_id) or FacebookObject(
        page=page, external_id=told.external_id
    )
    if stored.at is not None:
        return _keep_first_version(stored, told)
    is_gone = stored.state == State.DELETED
    _describe(stored, told, author.name, said)
    if is_gone:
        return _nothing("removed before it came")
    ticket = _open_ticket(page, person, stored) if person is not None else None
    if reason and ticket is None:
        wall_lookup.ask_for_context(stored)
        return _nothing(reason)
    remark = _("Names the page on another wall.") if told.is_mention else ""
    return _write(stored, person, said, received_at, ticket=ticket, remark=remark)


def _nothing(reason: str) -> NothingToTakeInError:
    return NothingToTakeInError(Status.IGNORED, reason)


def _why_no_ticket(page: FacebookPage, said: Said) -> str:
    """Why what a stranger says makes no ticket here; empty where it does."""
    if page.tickets_from == TicketsFrom.NONE:
        return "wall: the page takes no tickets from its wall"
    if page.tickets_from == TicketsFrom.QUESTIONS and not questions.is_question(said.text):
        return "wall: no question"
    return ""


def _keep_first_version(stored: FacebookObject, told: Change) -> NothingToTakeInError:
    """It is known: taken in before, or it was edited before it came."""
    if told.text != stored.text and not stored.edits:
        milliseconds = int(told.at.timestamp() * 1000)
        stored.edits = [[0, milliseconds, told.text]]
        stored.save(update_fields=["edits"])
    return NothingToTakeInError(Status.DUPLICATE, "taken in before")


def _describe(stored: FacebookObject, told: Change, name: str, said: Said) -> None:
    stored.kind, stored.text, stored.at = told.kind, said.text, told.at
    stored.author_id, stored.author_name = told.author_id, name
    stored.post_id = told.post_id or told.parent_id or told.external_id
    stored.parent_id = (told.parent_id or stored.post_id) if told.is_comment else ""
    stored.permalink = told.permalink
    stored.files = list[dict[str, Any]](said.files)
    stored.save()


def _open_ticket(
    page: FacebookPage, person: FacebookPerson, stored: FacebookObject
) -> Ticket | None:
    """The ticket in which this person's words below this post go on."""
    said = FacebookObject.objects.filter(
        person=person, post_id=stored.post_id, at__isnull=False, message__isnull=False
    )
    last = said.select_related("message__ticket__merged_into").order_by("-at").first()
    ticket = last.message.ticket if last is not None and last.message is not None else None
    if ticket is not None:
        ticket = ticket.merged_into or ticket
    return direct.goes_on_in(page, person, ticket, stored.at or now())


def _write(
    stored: FacebookObject,
    person: FacebookPerson | None,
    said: Said,
    received_at: datetime,
    *,
    ticket: Ticket | None = None,
    remark: str = "",
) -> Message:
    """Write it into the person's ticket, or into a new one; inside an act."""
    if person is None:
        raise FacebookPerson.DoesNotExist
    _ticket, message, _is_new = intake.take_in(
        InboundMessage(
            channel=Channel.FACEBOOK,
            subject=contents.subject_of(said, str(person.user)),
            content=Content(text=said.text),
            received_at=received_at,
            author=person.user,
            is_author_locked=True,
            ticket=ticket,
            remark=remark,
            silence="nothing is confirmed in public",
        )
    )
    stored.person, stored.message = person, message
    stored.fetch_at = now() if said.files else None
    stored.save(update_fields=["person", "message", "fetch_at"])
    if stored.fetch_at is not None:
        wakeups.ask(Wakeup.Kind.INBOX, stored.fetch_at)
        enqueue("channels.facebook_files", stored.pk)
    wall_lookup.ask_for_context(stored)
    return message
