"""The name under which somebody writes in the forum; it need not be the real one."""

from __future__ import annotations

import unicodedata

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from forum.people import NAME_LENGTH, Profile
from forum.posts import Post
from helpdesk.texts import one_line
from tenants.models import Tenant

SHORTEST = 3
# Whoever bears one of these is taken for somebody of the tenant.
RESERVED = frozenset(
    ["admin", "administrator", "moderator", "support", "kundenservice", "team", "system", "forum"]
)


class NameRefusedError(ValueError):
    """Nobody may bear this name; the text says why, for the person who asked for it."""


def clean(name: str) -> str:
    """The name as it is stored; raises NameRefusedError.

    Compatible forms of letters become one (NFKC), so that two names that look alike are the same.
    """
    name = one_line(unicodedata.normalize("NFKC", name))
    if not SHORTEST <= len(name) <= NAME_LENGTH:
        said = _("A name has %(least)d to %(most)d characters.")
        raise NameRefusedError(said % {"least": SHORTEST, "most": NAME_LENGTH})
    if "@" in name or "://" in name:
        raise NameRefusedError(_("Please choose a name without an address in it."))
    if not any(char.isalnum() for char in name):
        raise NameRefusedError(_("A name needs at least one letter or digit."))
    if _is_ours(name):
        raise NameRefusedError(_("This name belongs to the support team."))
    return name


def choose(user: User, name: str) -> Profile:
    """Give somebody their public name, or another one; raises NameRefusedError."""
    name = clean(name)
    try:
        with transaction.atomic():
            profile, _is_new = Profile.objects.update_or_create(
                user=user, defaults={"public_name": name}
            )
    except IntegrityError:
        raise NameRefusedError(_("Somebody else has this name already.")) from None
    return profile


def of(user: User | None) -> str:
    """What the forum calls a person; never the real name, the address or the organisation."""
    if user is None:
        return _("Deleted member")
    if user.is_agent:
        return Tenant.current().name
    profile = getattr(user, "forum_profile", None)
    return profile.public_name if profile else _("Member")


def of_post(post: Post) -> str:
    """Who says what a post says."""
    return Tenant.current().name if post.is_official else of(post.author)


def _is_ours(name: str) -> bool:
    plain = _plain(name)
    own = _plain(Tenant.current().name)
    return (
        plain in RESERVED or plain.startswith(own) or any(plain == own + word for word in RESERVED)
    )


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
