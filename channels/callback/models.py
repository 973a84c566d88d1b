"""Agreed calls, the attempts at them, and how a tenant offers them."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from channels.callback.numbers import Number
from channels.callback.slots import Slot
from tickets.models import Ticket


class CallSettings(models.Model):
    """How a tenant offers calls: one row."""

    slot_minutes = models.PositiveSmallIntegerField(default=30)
    # Calls in one slot; a call in the last slot before a due moment is taken beyond it.
    capacity = models.PositiveSmallIntegerField(default=2)
    # How far ahead a slot may be chosen, and how long before its start at the latest.
    days_ahead = models.PositiveSmallIntegerField(default=7)
    lead_minutes = models.PositiveSmallIntegerField(default=15)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="call_settings_one_row"),
            models.CheckConstraint(
                condition=Q(slot_minutes__gte=5, capacity__gte=1, days_ahead__gte=1),
                name="call_settings_offer_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capacity} × {self.slot_minutes} min"

    @classmethod
    def current(cls) -> CallSettings:
        return cls.objects.get_or_create(pk=1)[0]

    @classmethod
    def locked(cls) -> CallSettings:
        """The settings, locked: places in slots are given one by one until the act ends."""
        cls.current()
        return cls.objects.select_for_update().get(pk=1)


class CallBackQuerySet(models.QuerySet["CallBack"]):
    def of(self, ticket: Ticket) -> CallBackQuerySet:
        """The calls of a ticket, those of tickets merged into it among them."""
        return self.filter(Q(ticket=ticket) | Q(ticket__merged_into=ticket))

    def open(self) -> CallBackQuerySet:
        """Agreed, and still to be made."""
        return self.filter(state=CallBack.State.AGREED)

    def within(self, start: datetime, end: datetime) -> CallBackQuerySet:
        """Open calls whose slot has a part of a stretch of time."""
        return self.open().filter(slot_start__lt=end, slot_end__gt=start)

    def in_order(self) -> CallBackQuerySet:
        """The most urgent first: by the moment at which the customer should have been called.

        That is the next attempt, the end of the slot, or the ticket's due moment without one.
        """
        until = Coalesce(
            "next_attempt_at",
            "slot_end",
            "ticket__due_at",
            "ticket__merged_into__due_at",
            "created_at",
        )
        return self.annotate(until=until).order_by("until", "pk")

    def for_list(self) -> CallBackQuerySet:
        """Load what a row of the list shows."""
        people = self.select_related(
            "ticket__requester", "ticket__organisation", "ticket__assignee"
        )
        return people.select_related("ticket__merged_into").prefetch_related("attempts__by")


class CallBack(models.Model):
    """A call that was agreed with a customer."""

    class State(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="call_backs")
    e164 = models.CharField(max_length=16)
    extension = models.CharField(max_length=8, blank=True)
    topic = models.CharField(max_length=250)
    # Empty: as soon as possible, by the ticket's due moment.
    slot_start: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    slot_end: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # What the latest calendar entry that was mailed shows, and how many there were.
    entry_start: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    entry_end: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    entry_sequence = models.PositiveIntegerField(default=0)
    # Chosen by the customer knowing that it comes after what had been promised.
    is_wish = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.AGREED)
    # After an attempt that failed.
    next_attempt_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    created_at = models.DateTimeField(default=now)
    # Who agreed it: the customer, or an agent to whom they spoke.
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = CallBackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state="agreed"), name="call_one_open"
            ),
            models.CheckConstraint(
                condition=Q(slot_start=None, slot_end=None) | Q(slot_end__gt=F("slot_start")),
                name="call_slot_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state="agreed", ended_at=None)
                | (~Q(state="agreed") & Q(ended_at__isnull=False)),
                name="call_ended_or_open",
            ),
        ]
        indexes = [
            models.Index(fields=["slot_start"], name="call_open_slot", condition=Q(state="agreed")),
            models.Index(fields=["ticket", "-id"], name="call_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket}: {self.e164}"

    @property
    def number(self) -> Number:
        return Number(self.e164, self.extension)

    @property
    def slot(self) -> Slot | None:
        if self.slot_start is None or self.slot_end is None:
            return None
        return Slot(self.slot_start, self.slot_end)

    @property
    def entry(self) -> Slot | None:
        """When the customer's calendar says that the call is."""
        if self.entry_start is None or self.entry_end is None:
            return None
        return Slot(self.entry_start, self.entry_end)

    @property
    def is_open(self) -> bool:
        return self.state == self.State.AGREED

    @property
    def here(self) -> Ticket:
        """The ticket in which its own goes on."""
        return self.ticket.merged_into or self.ticket

    @property
    def last_attempt(self) -> CallAttempt | None:
        """The latest one; reads what `for_list` has loaded."""
        return max(self.attempts.all(), key=lambda one: one.pk, default=None)


class CallAttempt(models.Model):
    """One try to reach a customer, as the agent logged it."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("Reached")
        NOT_REACHED = "not_reached", _("Not reached")
        VOICEMAIL = "voicemail", _("Spoke to the voicemail")
        WRONG_NUMBER = "wrong_number", _("Wrong number")

    call = models.ForeignKey(CallBack, models.CASCADE, related_name="attempts")
    outcome = models.CharField(max_length=12, choices=Outcome)
    seconds = models.PositiveIntegerField(default=0)
    note = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
    next_attempt_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        indexes = [models.Index(fields=["call", "id"], name="attempt_of_call")]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} · {self.call}"
