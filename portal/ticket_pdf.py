"""The PDF of a ticket for its customer: what was said in public; files by their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.timezone import now
from django.utils.translation import get_language, gettext

from billing.models import Supplier
from helpdesk import typesetting
from helpdesk.templatetags.moments import exact_long
from helpdesk.typesetting import breakable, printable
from portal.states import words_of
from tenants.models import Tenant
from tickets.models import Message, Ticket

TEMPLATE = Path(__file__).with_name("ticket.typ")
ACCENT = "#0b6168"
# Longer words may be broken anywhere, or they would run out of the page.
LONG_WORD = 60
# Characters and messages of one document: setting takes its time, one document after the other.
MOST_CHARACTERS = 150_000
MOST_MESSAGES = 400


def render(ticket: Ticket) -> bytes:
    """The ticket in the language that is active; raises TypesettingError."""
    supplier = Supplier.current()
    document = _document(ticket, supplier)
    return typesetting.pdf(TEMPLATE, document, now(), logo=supplier.logo)


def _document(ticket: Ticket, supplier: Supplier) -> dict[str, Any]:
    tenant = Tenant.current()
    brand = _line(tenant.name)
    thread = list(ticket.messages.public().filter(is_automatic=False).thread())
    shown = list(_messages(thread[:MOST_MESSAGES], brand))
    subject = _line(ticket.subject) or gettext("(no subject)")
    is_cut = len(shown) < len(thread) or any(one["is_cut"] for one in shown)
    return {
        "language": (get_language() or "de")[:2],
        "title": subject,
        "short": f"#{ticket.number} {subject}"[:90],
        "author": brand,
        "accent": supplier.accent or ACCENT,
        "brand": brand,
        "kind": gettext("Ticket #%(number)s") % {"number": ticket.number},
        "facts": _facts(ticket),
        "attachments": gettext("Attachments:"),
        "messages": shown,
        "rest": gettext("This is not all: the rest stands in the portal.") if is_cut else "",
        "made": gettext("As of %(moment)s") % {"moment": exact_long(now())},
        "page": gettext("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
    }


def _facts(ticket: Ticket) -> list[tuple[str, str]]:
    organisation = str(ticket.organisation)
    who = str(ticket.requester)
    return [
        (gettext("Opened"), exact_long(ticket.opened_at)),
        (gettext("By"), _line(who if organisation == who else f"{who}, {organisation}")),
        (gettext("State"), words_of(ticket)),
    ]


def _messages(thread: list[Message], brand: str) -> Iterator[dict[str, Any]]:
    left = MOST_CHARACTERS
    for message in thread:
        if left <= 0:
            return
        text = (message.shown_text or gettext("(no text)")).strip()
        is_ours = message.kind == Message.Kind.OUTBOUND
        author = str(message.author) if message.author else message.from_address
        yield {
            "ours": is_ours,
            "who": _line(author) or brand,
            "role": brand if is_ours and author else "",
            "at": exact_long(message.sent_at),
            "lines": [_line(line) for line in text[:left].splitlines()],
            "files": [
                f"{_line(one.filename)} ({filesizeformat(one.size)})"
                for one in message.attachments.all()
            ],
            "is_cut": len(text) > left,
        }
        left -= len(text)


def _line(typed: str) -> str:
    """What a person typed, in one line, without what no letter of our fonts stands for."""
    return breakable(printable(" ".join(typed.split())), LONG_WORD)
