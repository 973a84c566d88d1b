"""A proposal for an answer without its people; the editor has the last word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import phonenumbers
from django.utils.translation import gettext as _

from tickets.models import Ticket

_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_LEGAL_FORM = re.compile(
    r"(?:[\s,]+(?:gmbh|ag|kg|ohg|ug|gbr|e\.?\s?k\.?|e\.?\s?v\.?|se|&|co\.?))+$", re.I
)
# Parts of a name that are words of their own.
_COMMON = {"von", "van", "der", "den", "und", "the", "info", "mail", "team"}
_SHORTEST = 3
LONG_NUMBER = 1_000


class Piece(NamedTuple):
    """A piece of the text; `instead` is what takes its place where it is somebody's."""

    text: str
    instead: str | None = None


class _Find(NamedTuple):
    start: int
    end: int
    instead: str


def pieces(text: str, ticket: Ticket) -> list[Piece]:
    """Cut a text into what may stay and what is somebody's: both in order, nothing left out."""
    shown, end = [], 0
    # The longest first where two begin together: an address before the name in it.
    for find in sorted(_finds(text, ticket), key=lambda find: (find.start, -find.end)):
        if find.start < end:
            continue
        shown.append(Piece(text[end : find.start]))
        shown.append(Piece(text[find.start : find.end], find.instead))
        end = find.end
    shown.append(Piece(text[end:]))
    return [piece for piece in shown if piece.text]


def without_people(text: str, ticket: Ticket) -> str:
    """The text as it is proposed."""
    return "".join(
        piece.text if piece.instead is None else piece.instead for piece in pieces(text, ticket)
    )


def _finds(text: str, ticket: Ticket) -> Iterator[_Find]:
    yield from _all(_ADDRESS, text, _("[e-mail address]"))
    yield from _all(_IBAN, text, _("[account number]"))
    yield from _all(_number(ticket.number), text, _("[ticket number]"))
    for match in phonenumbers.PhoneNumberMatcher(text, "DE"):
        yield _Find(match.start, match.end, _("[phone number]"))
    for name in _names(ticket):
        yield from _all(_word(name), text, _("[name]"))
    for organisation in _organisations(ticket):
        yield from _all(_word(organisation), text, _("[company]"))


def _number(number: int) -> re.Pattern[str]:
    """With its sign always; alone only where it is too long to be an amount or a day."""
    alone = rf"|(?<![\w.,]){number}(?![\w,])" if number >= LONG_NUMBER else ""
    return re.compile(rf"#\s?{number}\b{alone}")


def _organisations(ticket: Ticket) -> set[str]:
    name = ticket.organisation.name.strip()
    return {one for one in (name, _LEGAL_FORM.sub("", name)) if len(one) >= _SHORTEST}


def _names(ticket: Ticket) -> set[str]:
    """Everybody's who wrote here or was written to, whole and in parts."""
    people = {ticket.requester.name}
    for message in ticket.messages.select_related("author", "recipient"):
        people |= {one.name for one in (message.author, message.recipient) if one}
    parts = {part for name in people for part in re.split(r"[\s,]+", name)}
    return {
        one.strip()
        for one in people | parts
        if len(one.strip()) >= _SHORTEST and one.strip().lower() not in _COMMON
    }


def _word(name: str) -> re.Pattern[str]:
    # A German genitive ends in s; anything longer is another word.
    return re.compile(rf"(?<!\w){re.escape(name)}(?:s|’s|'s)?(?!\w)", re.I)


def _all(pattern: re.Pattern[str], text: str, instead: str) -> Iterator[_Find]:
    for match in pattern.finditer(text):
        yield _Find(match.start(), match.end(), instead)
