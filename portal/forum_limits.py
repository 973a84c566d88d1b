"""How much one person, and one place, may write in the forum; beyond it they are asked to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import ngettext

from helpdesk import limits
from helpdesk.http import Request


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so many seconds: per person, and three times as many per place."""

    name: str
    most: int
    seconds: int


TOPICS = Limit("topic", most=5, seconds=3600)
POSTS = Limit("post", most=15, seconds=600)
REPORTS = Limit("report", most=20, seconds=3600)
VOTES = Limit("vote", most=120, seconds=600)
SIMILAR = Limit("similar", most=240, seconds=600)


def refusal(request: Request, limit: Limit) -> str:
    """Count one more; why it is too much, or nothing when it is not."""
    if request.user.is_agent:
        return ""
    person = f"forum.{limit.name}.person:{request.user.pk}"
    place = f"forum.{limit.name}.place:{limits.place(request)}"
    is_allowed = limits.allowed(person, limit.most, limit.seconds)
    # Both are counted: what one person has too much of shows at their place too.
    is_allowed &= limits.allowed(place, 3 * limit.most, limit.seconds)
    if is_allowed:
        return ""
    return said(limits.wait(limit.seconds))


def said(seconds: int) -> str:
    """That it was too much, for who may go on after so many seconds."""
    minutes = max(1, math.ceil(seconds / 60))
    return ngettext(
        "That was a lot in a short time. Nothing is lost: please try again in %(n)d minute.",
        "That was a lot in a short time. Nothing is lost: please try again in %(n)d minutes.",
        minutes,
    ) % {"n": minutes}
