"""A look at a conversation as Facebook has it, for what we do not know ourselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from channels.facebook import pages
from channels.facebook.errors import FacebookError
from channels.facebook.events import inner, text_of
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson

# Our clock and Meta's may differ by as much.
CLOCK_SKEW = timedelta(minutes=5)
LOOKED_AT = 50
FIELDS = f"messages.limit({LOOKED_AT}){{id,created_time,from,message}}"


def found_at_facebook(page: FacebookPage, person: FacebookPerson, part: FacebookObject) -> str:
    """The id under which a part that we may have sent is there; empty where it is not found.

    Found is the same text, written as the page since we began to send it, that no other part is.
    Not found proves nothing. A file has no text to find it by.
    """
    if not part.text or part.at is None:
        return ""
    try:
        messages = _latest(page, person)
    except FacebookError:
        return ""
    since = part.at - CLOCK_SKEW
    found = [
        text_of(one, "id")[:255]
        for one in messages
        if text_of(one, "message") == part.text
        and text_of(inner(one, "from"), "id") == page.page_id
        and _time(text_of(one, "created_time"), since) >= since
    ]
    known = set(
        FacebookObject.objects.filter(page=page, external_id__in=found).values_list(
            "external_id", flat=True
        )
    )
    # The earliest: of two with the same text the other one may be of a later part.
    return next((one for one in reversed(found) if one and one not in known), "")


def _latest(page: FacebookPage, person: FacebookPerson) -> list[dict[str, Any]]:
    """The latest messages with a person, the newest first; raises FacebookError."""
    params = {"platform": "messenger", "user_id": person.psid, "fields": FIELDS}
    body = pages.call(page, "GET", f"{page.page_id}/conversations", params=params)
    rows = body.get("data")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and _is_with(row, person):
            listed = inner(row, "messages").get("data")
            found = listed if isinstance(listed, list) else []
            return [one for one in found if isinstance(one, dict)]
    return []


def _is_with(row: dict[str, Any], person: FacebookPerson) -> bool:
    """Whether a conversation is with this person; asked for one, Meta may name no participants."""
    listed = inner(row, "participants").get("data")
    if not isinstance(listed, list):
        return True
    return any(isinstance(one, dict) and text_of(one, "id") == person.psid for one in listed)


def _time(text: str, otherwise: datetime) -> datetime:
    """2026-11-27T09:00:00+0000, as the Graph API writes moments."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if found.tzinfo else otherwise
