"""What the customer thought of the answer: one rating for each ticket that is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.db.models import Count, Q
from django.utils.timezone import now

from accounts.models import Organisation, User

# So long somebody may think better of it.
CHANGE_FOR = timedelta(days=14)
COMMENT_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Share:
    """How many of an organisation's ratings were good."""

    good: int
    all: int

    @property
    def percent(self) -> int:
        return round(100 * self.good / self.all) if self.all else 0


class RatingQuerySet(models.QuerySet["Rating"]):
    def share_of(self, organisation: Organisation) -> Share:
        """The good ones among all that an organisation gave."""
        found = self.filter(ticket__organisation=organisation).aggregate(
            good=Count("pk", filter=Q(is_good=True)), all=Count("pk")
        )
        return Share(found["good"], found["all"])


class Rating(models.Model):
    """Whether an answer was good, with the customer's own words."""

    ticket = models.OneToOneField("tickets.Ticket", models.CASCADE, related_name="rating")
    is_good = models.BooleanField()
    comment = models.TextField(blank=True)
    rated_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    rated_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    objects = RatingQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.ticket}: {'good' if self.is_good else 'not good'}"

    @property
    def can_change(self) -> bool:
        """Whether its author may still think better of it."""
        return now() - self.rated_at < CHANGE_FOR
