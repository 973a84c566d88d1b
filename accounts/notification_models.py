"""What somebody wants to be told about, and what the portal's list tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from datetime import datetime


class NotificationChoice(models.Model):
    """One event that somebody does not want to be told about on one channel.

    Everything else they are told: without a row they want it.
    """

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="notification_choices")
    event = models.CharField(max_length=30)
    channel = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "event", "channel"], name="notification_choice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.event}, {self.channel}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def shown(self) -> NotificationQuerySet:
        return self.filter(is_hidden=False)

    def unread(self) -> NotificationQuerySet:
        return self.shown().filter(read_at=None)

    def newest_first(self) -> NotificationQuerySet:
        return self.order_by("-at", "-pk")


class Notification(models.Model):
    """That there is something new for a person; the portal's list says it in words when asked.

    One row for each thing, however often something happens there: it is counted until it is read.
    """

    user = models.ForeignKey(
        "accounts.User", models.CASCADE, related_name="notifications", db_index=False
    )
    event = models.CharField(max_length=30)
    # A ticket's number or a topic's id, as the event says; what it is called is asked of it.
    about = models.BigIntegerField()
    # The first message or post that was new; None when it is the whole.
    first: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    read_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # Its topic is held back or hidden for now, from all but its author.
    is_hidden = models.BooleanField(default=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "event", "about"], name="notification_once")
        ]
        indexes = [
            models.Index(
                fields=["user"],
                name="notification_unread",
                condition=models.Q(read_at=None, is_hidden=False),
            ),
            models.Index(fields=["about", "event"], name="notification_about"),
            models.Index(fields=["at"], name="notification_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.event}, {self.about}"
