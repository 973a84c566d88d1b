"""Who takes part in a ticket besides the person who opened it: colleagues of the organisation.

A row is a right only while its person belongs to the ticket's organisation; `in_force` asks that.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.timezone import now

from accounts.models import User


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def in_force(self) -> ParticipantQuerySet:
        """Those who belong to the ticket's organisation now: whoever leaves it is out at once."""
        return self.filter(
            user__is_active=True, user__membership__organisation=F("ticket__organisation")
        )

    def for_list(self) -> ParticipantQuerySet:
        """In the order in which they came, with what a list shows."""
        return self.select_related("user", "added_by").order_by("added_at", "pk")


class Participant(models.Model):
    """A colleague who reads and writes on a ticket, and gets copies of its answers."""

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, models.CASCADE, related_name="participations")
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=now)
    # The ticket that brought them along when it was merged into this one.
    merged_from = models.ForeignKey(
        "tickets.Ticket",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="participant_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.ticket}"
