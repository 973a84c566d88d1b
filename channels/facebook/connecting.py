"""Connecting a page by a token that Meta confirms, and disconnecting it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from channels.facebook import door, graph, pages, sealing
from channels.facebook.errors import FacebookError, GraphError, Meaning
from channels.facebook.events import number_of, text_of
from channels.facebook.models import FacebookPage
from channels.facebook.permissions import NEEDED
from tenants import wakeups
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Wakeup

# What Meta is to tell us of; a field it does not know is left out.
FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_reads",
    "message_deliveries",
    "message_reactions",
    "message_edits",
    "messaging_handovers",
    "standby",
    "feed",
    "mention",
)
# Meta spells some of them in two ways.
OTHER_SPELLING = {"message_edits": "message_edit", "messaging_handovers": "messaging_handover"}
CHECK_EVERY = timedelta(days=1)


class ForeignPageError(ValueError):
    """Another tenant of this installation has the page."""


class NotAPageTokenError(ValueError):
    """The token is no valid token of a page for our app; the text says why.

    `subcode` is Meta's own for a token that has died.
    """

    def __init__(self, words: str, subcode: int = 0) -> None:
        super().__init__(words)
        self.subcode = subcode


class PermissionMissingError(ValueError):
    """Without these permissions the page cannot be used."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(_("Permissions are missing: %(names)s.") % {"names": ", ".join(names)})
        self.names = names


def connect(token: str, *, by: User | None = None) -> FacebookPage:
    """Connect the page that a token speaks for: checked, sealed, subscribed; what waited comes in.

    Connecting it again replaces the token. Raises NotAPageTokenError, PermissionMissingError,
    ForeignPageError, or what `graph.call` raises; then nothing has changed here.
    """
    found = checked(token)
    if is_foreign(found["page_id"]):
        raise ForeignPageError(found["page_id"])
    lacking = [name for name in NEEDED if name not in found["permissions"]]
    if lacking:
        raise PermissionMissingError(lacking)
    page = graph.call("GET", found["page_id"], token, params={"fields": "id,name"}).body
    subscribed = subscribe(found["page_id"], token)
    stored = _store(found, text_of(page, "name"), token, subscribed, by)
    door.adopt(stored.page_id)
    pages.mark_well(stored)
    return stored


def checked(token: str) -> dict[str, Any]:
    """What Meta says about a token: page_id, permissions, who gave it, and when it ends.

    Raises NotAPageTokenError, or what `graph.call` raises.
    """
    asked = {"input_token": token}
    data = graph.call("GET", "debug_token", graph.app_token(), params=asked).body.get("data")
    data = data if isinstance(data, dict) else {}
    if data.get("is_valid") is not True:
        error = data.get("error")
        words = text_of(error, "message") if isinstance(error, dict) else ""
        subcode = number_of(error, "subcode") if isinstance(error, dict) else 0
        raise NotAPageTokenError(graph.masked(words) or _("The token is not valid."), subcode)
    if text_of(data, "app_id") != settings.FACEBOOK_APP_ID:
        raise NotAPageTokenError(_("The token belongs to another app."))
    page_id = text_of(data, "profile_id")
    if text_of(data, "type") != "PAGE" or not page_id:
        raise NotAPageTokenError(_("This is no token of a page."))
    scopes = data.get("scopes")
    return {
        "page_id": page_id,
        "permissions": [str(one) for one in scopes] if isinstance(scopes, list) else [],
        "granted_by": text_of(data, "user_id")[:64],
        "token_expires_at": _ends(data.get("expires_at")),
    }


def subscribe(page_id: str, token: str) -> list[str]:
    """Have Meta tell us of what happens on a page; returns the fields it took.

    It refuses all of them for one that it does not know: then each is tried in its other spelling
    and left out after that.
    """
    fields, path = list(FIELDS), f"{page_id}/subscribed_apps"
    for field in FIELDS:
        try:
            graph.call("POST", path, token, form={"subscribed_fields": ",".join(fields)})
        except GraphError as error:
            if error.meaning != Meaning.INVALID:
                raise
            fields = _without_unknown(fields, field, error)
        else:
            return fields
    raise NotAPageTokenError(_("Facebook takes none of the fields."))


def is_foreign(page_id: str) -> bool:
    """Whether another tenant of this installation has the page; never says which."""
    return door.owners_of([page_id]).get(page_id, connection.schema_name) != connection.schema_name


def disconnect(page: FacebookPage) -> None:
    """The page is ours no longer: its token is forgotten, and Meta is told, if it still listens."""
    # Whatever Meta says: here it is disconnected.
    with suppress(FacebookError):
        graph.call("DELETE", f"{page.page_id}/subscribed_apps", pages.token_of(page))
    with act():
        door.release(page.page_id)
        FacebookPage.objects.filter(pk=page.pk).update(
            state=FacebookPage.State.DISCONNECTED,
            sealed_token="",
            subscribed_fields=[],
            granted_by="",
            failed_at=None,
            next_check_at=None,
        )
    page.refresh_from_db()
    cache.delete(pages.IS_THERE)


@act()
def _store(
    found: Mapping[str, Any], name: str, token: str, subscribed: list[str], by: User | None
) -> FacebookPage:
    if not door.claim(found["page_id"], name):
        raise ForeignPageError(found["page_id"])
    page, _is_new = FacebookPage.objects.update_or_create(
        page_id=found["page_id"],
        defaults={
            "name": name[:200],
            "sealed_token": sealing.seal(token),
            "permissions": found["permissions"],
            "granted_by": found["granted_by"],
            "token_expires_at": found["token_expires_at"],
            "subscribed_fields": subscribed,
            "checked_at": now(),
            "next_check_at": now() + CHECK_EVERY,
            "connected_at": now(),
            "connected_by": by,
            "state": FacebookPage.State.ACTIVE,
        },
    )
    wakeups.ask(Wakeup.Kind.INBOX, now() + CHECK_EVERY)
    return page


def _without_unknown(fields: list[str], tried: str, error: GraphError) -> list[str]:
    """The fields without the one that the refusal names, or that one in its other spelling."""
    named = [one for one in fields if f'"{one}"' in error.words]
    unknown = named[0] if named else tried
    other = OTHER_SPELLING.get(unknown)
    return [other if one == unknown and other else one for one in fields if one != unknown or other]


def _ends(value: object) -> datetime | None:
    """When a token ends; 0 is never."""
    if not isinstance(value, int) or value <= 0:
        return None
    return datetime.fromtimestamp(min(value, 4_000_000_000), UTC)
