"""Hiding a comment on Facebook from everybody but its writer, and showing it again."""

from __future__ import annotations

from django.utils.timezone import now

from accounts.models import User
from channels.facebook import pages, wall_revisions
from channels.facebook.models import FacebookObject

State = FacebookObject.State


class CannotHideError(ValueError):
    """Only other people's comments can be hidden, and only while they are there."""


def can_hide(stored: FacebookObject) -> bool:
    """Whether the page may hide or show this."""
    is_comment = stored.kind == FacebookObject.Kind.COMMENT and not stored.is_own
    return is_comment and stored.state != State.DELETED


def hide(stored: FacebookObject, *, is_hidden: bool, by: User) -> None:
    """Hide or show a comment, at Facebook first; what is so already changes nothing.

    Raises CannotHideError, or FacebookError where Facebook does not do it. Never inside an act.
    """
    if not can_hide(stored):
        raise CannotHideError(stored.external_id)
    form = {"is_hidden": "true" if is_hidden else "false"}
    pages.call(stored.page, "POST", stored.external_id, form=form, is_needed=False)
    state = State.HIDDEN if is_hidden else State.VISIBLE
    wall_revisions.set_state(stored, state, by=by, at=now())
