"""What everything that leaves has in common: a status, tries, and the claim of one worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

# A worker that has not reported back after this long is taken for dead.
CLAIM_LASTS = timedelta(minutes=10)


class Status(models.TextChoices):
    RECEIVED = "received", _("Received")
    QUEUED = "queued", _("Is being sent")
    SENDING = "sending", _("Is being sent now")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not delivered")
    UNCLEAR = "unclear", _("Delivery unclear")


# Nobody knows yet whether the first hop took it.
UNDECIDED = (Status.QUEUED, Status.SENDING, Status.UNCLEAR)

D = TypeVar("D", bound="Delivery")


class DeliveryQuerySet(models.QuerySet[D]):
    def pending(self) -> DeliveryQuerySet[D]:
        """Not yet sent, not yet failed."""
        return self.filter(status__in=[Status.QUEUED, Status.SENDING])

    def unsent(self, at: datetime | None = None) -> DeliveryQuerySet[D]:
        """What should leave now: queued and due for a try, or claimed by a worker that died."""
        moment = at or now()
        return self.filter(
            Q(status=Status.QUEUED, next_try_at__lte=moment)
            | Q(status=Status.SENDING, claimed_at__lte=moment - CLAIM_LASTS)
        )

    def claim(self, pk: int) -> D | None:
        """Take one for sending; None when another worker has it or it is not due."""
        taken = self.unsent().filter(pk=pk)
        if taken.update(status=Status.SENDING, claimed_at=now(), attempts=F("attempts") + 1):
            return self.get(pk=pk)
        return None

    def next_moment(self) -> datetime | None:
        """When the sweep must next look: the earliest try, or the end of a dead worker's claim."""
        found = self.pending().aggregate(
            queued=models.Min("next_try_at", filter=Q(status=Status.QUEUED)),
            claimed=models.Min("claimed_at", filter=Q(status=Status.SENDING)),
        )
        moments = [found["queued"], found["claimed"] and found["claimed"] + CLAIM_LASTS]
        return min((moment for moment in moments if moment), default=None)


class Delivery(models.Model):
    """The outcome of an attempt to send something."""

    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    claimed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    delivered_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    error = models.TextField(blank=True)

    class Meta:
        abstract = True
