"""A ticket's history."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Event(models.Model):
    """One line of a ticket's history: who changed what, when, from what, to what."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        MESSAGE = "message", _("Message")
        STATE = "state", _("State")
        ASSIGNED = "assigned", _("Assignment")
        PROMISE = "promise", _("Promise")
        DELIVERY = "delivery", _("Delivery")
        CONFIRMED = "confirmed", _("Sender confirmed")
        LINKED = "linked", _("Customer")
        CHANNEL = "channel", _("Channel")
        MERGED = "merged", _("Merge")
        CALL = "call", _("Call")
        SHARED = "shared", _("Shared")
        RATED = "rated", _("Rating")

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField(default=now)
    # Empty: the system, on a rule of its own.
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    # What happened in one word, e.g. "kept", "breached", "refused"; shown translated.
    what = models.CharField(max_length=40, blank=True)
    message = models.ForeignKey(
        "tickets.Message", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["ticket", "at", "id"], name="event_history")]

    def __str__(self) -> str:
        return f"{self.kind} {self.what} {self.before} → {self.after}"
