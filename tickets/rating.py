"""Rating an answer, and thinking better of it."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import now

from accounts.models import User
from tenants.acts import act
from tickets import recording
from tickets.models import Event, Rating, Ticket
from tickets.ratings import CHANGE_FOR, COMMENT_LENGTH
from tickets.states import DONE


class NotRatableError(ValueError):
    """The ticket is not done, or nobody has answered it."""


class RatingFinalError(ValueError):
    """The rating is too old to be changed."""


def rating_of(ticket: Ticket) -> Rating | None:
    """The rating of a ticket, if it has one."""
    return Rating.objects.filter(ticket=ticket).first()


def is_ratable(ticket: Ticket) -> bool:
    """Whether there is an answer that settled something, to be judged now."""
    return ticket.state in DONE and ticket.merged_into_id is None and ticket.has_been_answered


@act()
def rate(
    ticket: Ticket, *, is_good: bool, comment: str = "", by: User, at: datetime | None = None
) -> Rating:
    """Give a ticket's rating, or change it. Raises NotRatableError and RatingFinalError."""
    ticket, moment = recording.locked(ticket), at or now()
    if not is_ratable(ticket):
        raise NotRatableError
    found = rating_of(ticket)
    if found is not None and moment - found.rated_at >= CHANGE_FOR:
        raise RatingFinalError
    said = (is_good, comment.strip()[:COMMENT_LENGTH])
    if found is not None and (found.is_good, found.comment) == said:
        # Pressed twice: nothing has happened that the history would tell.
        return found
    rating = found or Rating(ticket=ticket, rated_at=moment)
    rating.is_good, rating.comment = said
    rating.rated_by, rating.changed_at = by, moment
    rating.save()
    what = "good" if is_good else "not_good"
    recording.event(ticket, Event.Kind.RATED, by, moment, what=what)
    recording.touch_quietly(ticket)
    return rating
