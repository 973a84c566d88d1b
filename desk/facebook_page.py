"""What the settings pages about Facebook show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.functional import Promise as Lazy
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.facebook import advice, door, graph, login, permissions
from channels.facebook.connecting import (
    ForeignPageError,
    NotAPageTokenError,
    PermissionMissingError,
    is_foreign,
)
from channels.facebook.errors import FacebookError, GraphError, Meaning
from channels.facebook.login import Offered
from channels.models import FacebookPage

ENDS_SOON = timedelta(days=7)
# What the operator sets in the environment, and what it is.
VARIABLES: dict[str, Lazy] = {
    "FACEBOOK_APP_ID": gettext_lazy("the app's number"),
    "FACEBOOK_APP_SECRET": gettext_lazy("the app's secret"),
    "FACEBOOK_VERIFY_TOKEN": gettext_lazy("a word of your own for the webhook"),
}
WORDS_OF_TICKETS_FROM: dict[str, Lazy] = {
    FacebookPage.TicketsFrom.ALL: gettext_lazy("Every post and comment of visitors, and mentions."),
    FacebookPage.TicketsFrom.QUESTIONS: gettext_lazy(
        "Only what asks something: a question mark, or a word like “how”, “when” or “help”."
    ),
    FacebookPage.TicketsFrom.NONE: gettext_lazy(
        "The wall stays on Facebook; direct messages become tickets all the same."
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A page that was offered at Facebook, and how it stands here."""

    page: Offered
    state: str

    @property
    def is_free(self) -> bool:
        return self.state != "foreign" and self.page.may_write


def overview() -> dict[str, object]:
    """All pages of the tenant, the connected ones first."""
    pages = FacebookPage.objects.order_by("name", "pk")
    rows = [row(page) for page in pages]
    return {
        "is_set_up": graph.is_set_up(),
        "rows": [one for one in rows if one["is_connected"]],
        "former": [one for one in rows if not one["is_connected"]],
        **operator(),
    }


def row(page: FacebookPage) -> dict[str, object]:
    """How one page is."""
    ends_at = page.token_expires_at
    is_connected = page.state != FacebookPage.State.DISCONNECTED
    return {
        "page": page,
        "is_connected": is_connected,
        "trouble": advice.trouble_of(page) if is_connected else None,
        "missing": permissions.missing(page.permissions) if is_connected else [],
        "is_paused": page.paused_until is not None and page.paused_until > now(),
        "ends_soon": ends_at is not None and ends_at - now() < ENDS_SOON,
    }


def detail(page: FacebookPage) -> dict[str, object]:
    """Everything about the health of one page."""
    is_connected = page.state != FacebookPage.State.DISCONNECTED
    return {
        **row(page),
        "waiting": 0 if is_connected else door.count_waiting(page.page_id),
        "permissions": permissions.compared(page.permissions),
        "address": f"https://www.facebook.com/{page.page_id}",
        "words_of": WORDS_OF_TICKETS_FROM,
    }


def operator() -> dict[str, object]:
    """What whoever runs the installation has to set here, and at Meta."""
    base = settings.PUBLIC_URL
    return {
        "variables": [
            (name, words) for name, words in VARIABLES.items() if not getattr(settings, name)
        ],
        "addresses": [
            (_("Webhook"), f"{base}/hooks/facebook/"),
            (_("Redirect after sign-in"), login.callback_url()),
            (_("Deletion of data"), f"{base}/hooks/facebook/loeschung/"),
            (_("App removed"), f"{base}/hooks/facebook/abgemeldet/"),
        ],
    }


def choices(offered: list[Offered]) -> list[Choice]:
    """The offered pages, each with how it stands: free, connected here, or elsewhere."""
    here = set(FacebookPage.objects.all().connected().values_list("page_id", flat=True))
    return [Choice(one, _state(one, here)) for one in offered]


def _state(one: Offered, here: set[str]) -> str:
    if one.page_id in here:
        return "here"
    return "foreign" if is_foreign(one.page_id) else "free"


def words_for(error: Exception) -> str:
    """Why a page could not be connected, and what to do, for an admin."""
    if isinstance(error, ForeignPageError):
        return _(
            "This page is connected to another helpdesk already. Disconnect it there first, or ask "
            "the people who look after the page."
        )
    if isinstance(error, PermissionMissingError):
        named = [f"{name} ({permissions.FOR_WHAT[name]})" for name in error.names]
        return _("Permissions are missing: %(names)s.") % {"names": ", ".join(named)}
    if isinstance(error, NotAPageTokenError):
        return _("Facebook says that this is no valid token of a page for this app: %(words)s") % {
            "words": error
        }
    if isinstance(error, GraphError) and error.meaning in advice.TO_DO:
        return f"{error} {advice.TO_DO[Meaning(error.meaning)]}"
    if isinstance(error, FacebookError):
        return _("%(words)s Nothing has changed; please try again in a moment.") % {"words": error}
    raise error


EXPECTED = (ForeignPageError, PermissionMissingError, NotAPageTokenError, FacebookError)
