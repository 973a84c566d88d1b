"""Answers over Meta's Send API: in parts, each sent at most once.

The API is not idempotent and knows no key of ours. So a part is written down as `sending` before
the call and as `sent` after it; one that is found `sending` is in doubt and never sent again,
until its echo, a look at the conversation or an agent has settled it (`settling`).
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.timezone import now
from django.utils.translation import gettext as _

from channels.facebook import pages, parts, settling, wall_answers, window
from channels.facebook.conversation import found_at_facebook
from channels.facebook.errors import (
    OF_THE_PAGE,
    WORDS,
    GraphError,
    Meaning,
    NoAnswerError,
    NotReachedError,
    NotSetUpError,
)
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.facebook.settling import look_again, settle
from channels.outbox import RefusedError, TryLaterError, UnclearError
from tickets.models import Attachment, Message

__all__ = ["deliver", "look_again", "settle"]

Delivery = FacebookObject.Delivery
# Meta's kinds of attachments, by the main type of a file; everything else is a file.
KINDS = {"image": "image", "audio": "audio", "video": "video"}
LARGEST_IMAGE = 8 * 1024 * 1024
LARGEST_FILE = 25 * 1024 * 1024


def deliver(message: Message) -> None:
    """Send a message's parts in their order, those that are not sent yet.

    Raises RefusedError, TryLaterError or UnclearError. Never inside a transaction.
    """
    person = wall_answers.recipient_of(message) or recipient_of(message)
    if person is None:
        raise RefusedError(_("Nobody is known on Facebook to whom this could go."))
    page = person.page
    _check_page(page)
    for part in _parts(message, person):
        if part.delivery == Delivery.SENDING:
            _settle_doubt(page, person, part)
        elif part.delivery == Delivery.WAITING:
            _check(page, person, message, part)
            _send(page, person, message, part)


def recipient_of(message: Message) -> FacebookPerson | None:
    """Whom an answer on this ticket goes to: who wrote last in it, else its requester."""
    people = FacebookPerson.objects.select_related("page", "user").exclude(psid="")
    written = FacebookObject.objects.filter(
        message__ticket=message.ticket, is_own=False, kind=FacebookObject.Kind.MESSAGE
    )
    last = written.filter(at__isnull=False, person__isnull=False).order_by("-at")
    found = people.filter(pk__in=last.values("person")[:1]).first()
    if found is not None:
        return found
    of_requester = people.filter(user=message.ticket.requester, last_inbound_at__isnull=False)
    return of_requester.order_by("-last_inbound_at").first()


def _check_page(page: FacebookPage) -> None:
    """Whether the page may send at all now."""
    if page.state == FacebookPage.State.DISCONNECTED:
        raise RefusedError(_("The page %(page)s is no longer connected.") % {"page": page})
    if page.state == FacebookPage.State.FAILING:
        reason = page.error_message or str(WORDS[Meaning.PERMISSION])
        raise TryLaterError(_("The page %(page)s cannot send: %(reason)s") % _named(page, reason))
    if page.paused_until is not None and page.paused_until > now():
        raise TryLaterError(str(WORDS[Meaning.RATE]), page.paused_until)


def _check(
    page: FacebookPage, person: FacebookPerson, message: Message, part: FacebookObject
) -> None:
    """Whether Meta takes this part now, as far as that can be known before."""
    if not part.is_on_wall:
        _check_window(message, person)
        return
    try:
        wall_answers.check(page, part)
    except (NotReachedError, NotSetUpError, NoAnswerError) as error:
        raise TryLaterError(str(error)) from error
    except GraphError as error:
        raise _outcome(error, page, person, message) from error


def _check_window(message: Message, person: FacebookPerson) -> None:
    """Whether Meta's rules let this message go now: looked at for each part, when it is sent."""
    if _window(message, person) == window.Kind.CLOSED:
        raise RefusedError(_arrived_so_far(message) + str(WORDS[Meaning.WINDOW]))


def _window(message: Message, person: FacebookPerson) -> window.Kind:
    return window.kind(person.last_inbound_at, now(), is_human=not message.is_automatic)


def _parts(message: Message, person: FacebookPerson) -> list[FacebookObject]:
    """The parts of a message, written down once, before the first is sent: text, then files."""
    known = FacebookObject.objects.filter(message=message, part__isnull=False)
    found = list(known.select_related("attachment").order_by("part"))
    if found:
        return found
    texts: list[tuple[str, Attachment | None]] = [(one, None) for one in parts.split(message.text)]
    said = texts + [("", one) for one in message.attachments.order_by("pk")]
    for _text, attachment in said:
        _check_size(attachment)
    FacebookObject.objects.bulk_create(
        FacebookObject(
            page=person.page,
            kind=FacebookObject.Kind.MESSAGE,
            person=person,
            message=message,
            is_own=True,
            part=number,
            text=text,
            attachment=attachment,
            delivery=Delivery.WAITING,
        )
        for number, (text, attachment) in enumerate(said)
    )
    return list(known.select_related("attachment").order_by("part"))


def too_large(filename: str, content_type: str, size: int) -> str:
    """Why Facebook will not take a file of so many bytes; empty where it will."""
    largest = LARGEST_IMAGE if _kind_of(content_type) == "image" else LARGEST_FILE
    if size <= largest:
        return ""
    words = _("%(file)s is too large for Facebook (at most %(most)d MB).")
    return words % {"file": filename, "most": largest // (1024 * 1024)}


def _check_size(attachment: Attachment | None) -> None:
    if attachment is None:
        return
    if reason := too_large(attachment.filename, attachment.content_type, attachment.size):
        raise RefusedError(reason)


def _send(
    page: FacebookPage, person: FacebookPerson, message: Message, part: FacebookObject
) -> None:
    """One part, once: written down, sent, written down."""
    if not _claim(part):
        raise UnclearError(_("Another worker is sending this part."))
    try:
        body = _call(page, person, message, part)
    except (NotReachedError, NotSetUpError) as error:
        _put_back(part)
        raise TryLaterError(str(error)) from error
    except NoAnswerError as error:
        # It may have been sent: the part stays in doubt.
        raise UnclearError(_doubt(str(error))) from error
    except GraphError as error:
        if error.meaning == Meaning.REPEATED and wall_answers.is_there(page, part):
            return
        _put_back(part)
        raise _outcome(error, page, person, message) from error
    external_id = str(body.get("message_id") or body.get("id") or "")[:255]
    settling.confirm(part, external_id, at=now())


def _call(
    page: FacebookPage, person: FacebookPerson, message: Message, part: FacebookObject
) -> dict[str, Any]:
    if part.is_on_wall:
        return wall_answers.send(page, part, metadata=parts.mark(part.pk))
    asked = _request(message, person, part)
    return pages.call(page, "POST", f"{page.page_id}/messages", **asked)


def _settle_doubt(page: FacebookPage, person: FacebookPerson, part: FacebookObject) -> None:
    """A worker ended while it was sending: look whether the part is there; raises UnclearError."""
    if part.is_on_wall and wall_answers.is_there(page, part):
        return
    mid = "" if part.is_on_wall else found_at_facebook(page, person, part)
    if not mid:
        raise UnclearError(_doubt(_("The sending was cut off")))
    settling.confirm(part, mid, at=now())


def _claim(part: FacebookObject) -> bool:
    """Write down that the part is being sent, committed before the call."""
    waiting = FacebookObject.objects.filter(pk=part.pk, delivery=Delivery.WAITING)
    return bool(waiting.update(delivery=Delivery.SENDING, at=now()))


def _put_back(part: FacebookObject) -> None:
    """It has certainly not been sent."""
    sending = FacebookObject.objects.filter(pk=part.pk, delivery=Delivery.SENDING)
    sending.update(delivery=Delivery.WAITING, at=None)


def _request(message: Message, person: FacebookPerson, part: FacebookObject) -> dict[str, Any]:
    """What is sent: JSON for a text, a form with the bytes for a file."""
    kind = _window(message, person)
    said: dict[str, Any] = {"recipient": {"id": person.psid}, "messaging_type": "RESPONSE"}
    if kind == window.Kind.HUMAN_AGENT:
        said |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    content: dict[str, Any] = {"metadata": parts.mark(part.pk)}
    if part.attachment is None:
        return {"body": {**said, "message": {**content, "text": part.text}}}
    attachment = part.attachment
    content["attachment"] = {
        "type": _kind_of(attachment.content_type),
        "payload": {"is_reusable": False},
    }
    form = {**said, "recipient": json.dumps(said["recipient"]), "message": json.dumps(content)}
    with attachment.file.open("rb") as file:
        upload = (attachment.filename, file.read(), attachment.content_type)
    return {"form": form, "files": {"filedata": upload}}


def _kind_of(content_type: str) -> str:
    if content_type == "image/svg+xml":
        return "file"
    return KINDS.get(content_type.partition("/")[0], "file")


def _outcome(
    error: GraphError, page: FacebookPage, person: FacebookPerson, message: Message
) -> Exception:
    """What a refusal of Meta's means for the message."""
    if error.meaning in OF_THE_PAGE:
        words = _("The page %(page)s cannot send: %(reason)s")
        return TryLaterError(words % _named(page, str(error)))
    if error.meaning in {Meaning.RATE, Meaning.RESTRICTED}:
        return TryLaterError(str(error), page.paused_until)
    if error.meaning == Meaning.TEMPORARY:
        return TryLaterError(str(error))
    if error.meaning == Meaning.UNREACHABLE:
        FacebookPerson.objects.filter(pk=person.pk).update(unreachable_at=now())
    return RefusedError(_arrived_so_far(message) + str(error))


def _arrived_so_far(message: Message) -> str:
    """What of a long answer has arrived before it was refused."""
    of_message = FacebookObject.objects.filter(message=message, part__isnull=False)
    sent = of_message.filter(delivery=Delivery.SENT).count()
    if not sent:
        return ""
    words = _("%(sent)d of %(all)d parts have arrived. ")
    return words % {"sent": sent, "all": of_message.count()}


def _doubt(reason: str) -> str:
    words = _("%(reason)s: nobody knows whether it arrived. It is not sent again by itself.")
    return words % {"reason": reason.rstrip(".")}


def _named(page: FacebookPage, reason: str) -> dict[str, str]:
    return {"page": str(page), "reason": reason}
