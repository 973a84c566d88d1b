"""The contact form as people fill it in, for tests."""

from __future__ import annotations

import re
import time
import uuid

import time_machine
from django.core.cache import cache

from channels.contact_form import inbound, stamp
from channels.contact_form.inbound import Sent
from tests.channels.mail import EVA
from tickets.models import Ticket


def sent(**values) -> Ticket:
    """The ticket of a form, past the page and the widget."""
    form = {
        "form_id": uuid.uuid4().hex,
        "subject": "Wo ist meine Rechnung?",
        "text": "Guten Tag, ich finde sie nicht.",
        "email": EVA,
        "name": "Eva Kunz",
    }
    files = values.pop("files", ())
    return inbound.submit(Sent(**{**form, **values}), files).ticket


def opened(seconds: float = 30) -> str:
    """The stamp of a form that was opened so long ago."""
    with time_machine.travel(time.time() - seconds, tick=False):
        return stamp.new()


def filled_in(**values) -> dict[str, object]:
    """What a browser sends."""
    return {
        "name": "Eva Kunz",
        "email": EVA,
        "subject": "Wo ist meine Rechnung?",
        "text": "Guten Tag, ich finde sie nicht.",
        "stamp": opened(),
        **values,
    }


def link_in(text: str) -> str:
    """The path behind a mail's confirmation link."""
    found = re.search(r"http://[^/\s]+(/kontakt/bestaetigung/\S+)", text)
    assert found, text
    return found[1]


def forget_limits() -> None:
    cache.clear()
