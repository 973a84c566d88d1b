"""The desk's frame around pages that are not the desk's own, such as an agent's profile."""

from __future__ import annotations

from django import template

from accounts.models import User
from desk.page import navigation

register = template.Library()


@register.simple_tag
def desk_navigation(user: User) -> dict[str, object]:
    """The numbers beside the views, for a page whose view knows nothing of the desk."""
    return navigation(user)
