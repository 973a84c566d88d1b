"""What we may do on a page, one by one: Meta's names, and what each is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

# Without the first there is no channel; the others open parts of it.
NEEDED = ("pages_messaging", "pages_manage_metadata")
WANTED = (
    *NEEDED,
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
)

FOR_WHAT: dict[str, Lazy] = {
    "pages_messaging": _("Read direct messages and answer them"),
    "pages_manage_metadata": _("Be told at once of what happens on the page"),
    "pages_show_list": _("Show your pages, so that you can choose"),
    "pages_read_engagement": _("Read the page's posts, and look up what was missed"),
    "pages_read_user_content": _("Read posts and comments of visitors on the wall"),
    "pages_manage_engagement": _("Comment as the page, hide and delete comments"),
}
# Needed while pages are chosen, and by no page afterwards.
OF_THE_CHOICE = "pages_show_list"


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission, and whether it was granted."""

    name: str
    for_what: str | Lazy
    is_granted: bool
    is_needed: bool


def asked() -> list[str]:
    """What the sign-in at Facebook asks for."""
    return list(dict.fromkeys([*WANTED, *settings.FACEBOOK_EXTRA_PERMISSIONS]))


def compared(granted: Collection[str], *, is_choice: bool = False) -> list[Permission]:
    """Every permission, the needed ones first; that of the choice only while pages are chosen."""
    names = [name for name in WANTED if is_choice or name != OF_THE_CHOICE]
    return [
        Permission(
            name,
            FOR_WHAT[name],
            is_granted=name in granted,
            is_needed=name in NEEDED or name == OF_THE_CHOICE,
        )
        for name in names
    ]


def missing(granted: Collection[str]) -> list[Permission]:
    """What a page lacks, the needed ones first."""
    return [one for one in compared(granted) if not one.is_granted]
