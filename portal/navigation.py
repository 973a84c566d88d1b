"""The links at the top of every page of the portal: who sees which, and where they are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Link:
    """A link at the top. `is_wide` leaves it out where there is little room."""

    url: str
    label: str
    is_current: bool
    is_wide: bool = False


def links(request: HttpRequest) -> list[Link]:
    """Asks the database for nothing: every page has them."""
    return [
        Link(
            reverse(name),
            label,
            is_current=_is_at(request, name, below),
            is_wide=name in {"portal:settings", "account_signup"},
        )
        for name, label, below in _known(request)
    ]


def _known(request: HttpRequest) -> Iterator[tuple[str, str, bool]]:
    """Names of addresses with their words, and whether all below them belongs to them."""
    yield "portal:faq", _("FAQ"), True
    yield "portal:forum", _("Forum"), True
    user = request.user
    if not isinstance(user, User):
        yield "portal:levels", _("Support levels"), False
        yield "account_login", _("Sign in"), False
        yield "account_signup", _("Sign up"), False
    elif user.is_agent:
        yield "desk:queue", _("Desk"), False
    else:
        yield "portal:tickets", _("My tickets"), True
        yield "portal:new_ticket", _("New ticket"), False
        yield "portal:settings", _("Settings"), True


def _is_at(request: HttpRequest, name: str, has_below: bool) -> bool:
    path = reverse(name)
    if not has_below:
        return request.path == path
    # The form for a new ticket stands below the list, and has a link of its own.
    is_other = path != request.path == reverse("portal:new_ticket")
    return request.path.startswith(path) and not is_other
