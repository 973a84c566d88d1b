"""Whether a tenant asks by mail, and which tickets are to be asked about."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Min, Q
from django.utils.timezone import now

from tickets.models import Ticket

# Hours after which it is asked, as an admin may choose.
SOONEST, LATEST = 1, 14 * 24


class RatingSettings(models.Model):
    """One row, and none where nobody has ever switched it on."""

    is_mailed = models.BooleanField(default=False)
    after_hours = models.PositiveSmallIntegerField(default=24)

    class Meta:
        app_label = "channels"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="rating_settings_one_row"),
            models.CheckConstraint(
                condition=Q(after_hours__gte=SOONEST, after_hours__lte=LATEST),
                name="rating_settings_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.after_hours} h" if self.is_mailed else "off"

    @classmethod
    def current(cls) -> RatingSettings:
        """The tenant's row; one that is switched off, not stored yet, where there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class RatingMailQuerySet(models.QuerySet["RatingMail"]):
    def due(self, at: datetime | None = None) -> RatingMailQuerySet:
        return self.filter(mail_at__lte=at or now()).order_by("mail_at")

    def next_moment(self) -> datetime | None:
        found: datetime | None = self.aggregate(next=Min("mail_at"))["next"]
        return found


class RatingMail(models.Model):
    """The question about one ticket: a row before it is mailed, and mailed once at most."""

    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="rating_mail")
    mail_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    mailed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = RatingMailQuerySet.as_manager()

    class Meta:
        app_label = "channels"
        indexes = [
            models.Index(
                fields=["mail_at"],
                name="rating_mail_waiting",
                condition=Q(mail_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticket}"
