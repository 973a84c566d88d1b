"""What a message of a Facebook wall is to be marked with."""

from __future__ import annotations

from django import template

from desk.facebook_wall import Mark, Wall
from tickets.models import Message

register = template.Library()


@register.filter
def mark_of(wall: Wall | None, message: Message) -> Mark | None:
    """The mark of one message; None where it has nothing to do with Facebook."""
    return wall.marks.get(message.pk) if wall else None
