"""A form that was sent, to its ticket or back to its sender: for the page and the widget alike."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts.models import User
from channels.contact_form import inbound, limits
from channels.contact_form.forms import ContactForm
from channels.contact_form.limits import Refusal
from channels.posted import NotTakenInError
from channels.raw import StorageFullError
from tickets.models import Ticket

TAKEN_IN, KEPT, TOO_BIG, REFUSED, TOO_MUCH, NOT_STORED = 200, 202, 413, 422, 429, 503


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a form: `ticket` once it is taken in; else `form` says what is wrong.

    KEPT is stored safely and becomes a ticket in a few minutes.
    """

    status: int
    form: ContactForm
    ticket: Ticket | None = None
    refusal: Refusal | None = None


def receive(
    request: HttpRequest,
    refusal: Refusal | None,
    *,
    author: User | None = None,
    is_verified: bool = False,
) -> Received:
    """Take a form in, unless something is wrong with it; what was written is in `form` again.

    `refusal` is what `limits.at_the_door` said; `author` a signed-in customer, whose address
    counts as theirs if `is_verified`.
    """
    form = ContactForm(request, author=author)
    is_valid = form.is_valid()
    if refusal is None and is_valid:
        refusal = limits.of_address(author.email if author else form.cleaned_data["email"])
    if refusal is not None:
        form.add_error(None, too_much(refusal))
        return Received(TOO_MUCH, form, refusal=refusal)
    if not is_valid:
        return Received(TOO_BIG if form.refused_files else REFUSED, form)
    return _take_in(form, is_verified=is_verified)


def too_much(refusal: Refusal) -> str:
    """What somebody reads who has to wait."""
    return ngettext(
        "Very many messages are coming in right now. Yours was not sent yet, and your text is "
        "kept: please try again in %(n)d minute.",
        "Very many messages are coming in right now. Yours was not sent yet, and your text is "
        "kept: please try again in %(n)d minutes.",
        refusal.minutes,
    ) % {"n": refusal.minutes}


def _take_in(form: ContactForm, *, is_verified: bool) -> Received:
    sent = form.sent(is_verified=is_verified, language=(get_language() or "")[:2])
    try:
        message = inbound.submit(sent, form.cleaned_data["files"])
    except NotTakenInError:
        return Received(KEPT, form)
    except StorageFullError:
        form.add_error(
            None,
            _(
                "We could not store your message just now. Your text is kept here; please try "
                "again."
            ),
        )
        return Received(NOT_STORED, form)
    return Received(TAKEN_IN, form, ticket=message.ticket)
