"""What is promised: tiers, business hours, and the promise made for each ticket."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from sla.calendar import Calendar
from tickets.models import Channel, Message, Ticket


class Priority(models.IntegerChoices):
    NORMAL = 1, _("normal")
    MIDDLE = 2, _("middle")
    HIGH = 3, _("high")
    HIGHEST = 4, _("highest")


@lru_cache(maxsize=256)
def calendar_from(spec: str) -> Calendar:
    """The calendar of a version's JSON text; equal texts share one object in this process."""
    return Calendar.from_spec(json.loads(spec))


class BusinessCalendar(models.Model):
    """Business hours; each edit is a new version, and a promise names the version it used."""

    name = models.CharField(_("Name"), max_length=80)
    is_default = models.BooleanField(default=False)
    # A guaranteed promise this close to its due moment moves up (business minutes).
    at_risk_minutes = models.PositiveSmallIntegerField(default=30)
    # Agents are warned at this share of the business time, and this close to the due moment
    # (business minutes); 0 is never.
    warn_percent = models.PositiveSmallIntegerField(default=75)
    warn_minutes = models.PositiveSmallIntegerField(default=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="calendar_one_default"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def current(self, at: datetime | None = None) -> CalendarVersion:
        """The version in force at a moment, now unless given; raises DoesNotExist without any."""
        return self.versions.in_force(at or now())


class CalendarVersionQuerySet(models.QuerySet["CalendarVersion"]):
    def in_force(self, at: datetime) -> CalendarVersion:
        """Which of a calendar's versions counts, at worst the first one; raises DoesNotExist."""
        return self.filter(valid_from__lte=at).order_by("number").last() or self.earliest("number")


class CalendarVersion(models.Model):
    """Hours, zone, holidays and closures as they stood; see `sla.calendar` for the form."""

    calendar = models.ForeignKey(BusinessCalendar, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateTimeField(default=now)
    spec = models.JSONField()
    # Who saved it; empty for the one a tenant starts with.
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = CalendarVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "number"], name="calendar_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"

    @cached_property
    def hours(self) -> Calendar:
        return calendar_from(json.dumps(self.spec, sort_keys=True))


class SupportTier(models.Model):
    """A level of support, as the tenant sells it: rows, never constants in code."""

    name = models.CharField(_("Name"), max_length=40, unique=True)
    # The look of its chip: basis, bronze, silber or gold.
    metal = models.CharField(max_length=10, default="basis")
    position = models.PositiveSmallIntegerField(unique=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    first_response_minutes = models.PositiveIntegerField()
    next_response_minutes = models.PositiveIntegerField(null=True, blank=True)
    is_guaranteed = models.BooleanField(default=True)
    # What customers read instead of a number, e.g. "in der Regel 1–2 Werktage".
    text = models.CharField(max_length=120, blank=True)
    guaranteed_channels = models.JSONField(default=list)
    allowed_channels = models.JSONField(default=list)
    is_default = models.BooleanField(default=False)
    # False once the tenant has withdrawn it: nobody new gets it, who has it keeps it.
    is_offered = models.BooleanField(default=True, db_default=True)
    calendar = models.ForeignKey(
        BusinessCalendar, models.PROTECT, null=True, blank=True, related_name="tiers"
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="tier_one_default"
            ),
            models.CheckConstraint(
                condition=Q(first_response_minutes__gt=0)
                & (Q(next_response_minutes=None) | Q(next_response_minutes__gt=0)),
                name="tier_has_minutes",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def guarantees(self, channel: str) -> bool:
        """True where a first answer is guaranteed: the guarantee covers a way that may be used."""
        is_covered = channel in self.guaranteed_channels and channel in self.allowed_channels
        return self.is_guaranteed and is_covered


class TierAssignment(models.Model):
    """The tier in force for an organisation since a moment, and who set it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="tier_assignments")
    tier = models.ForeignKey(SupportTier, models.PROTECT, related_name="assignments")
    valid_from = models.DateTimeField(default=now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-valid_from", "-id"], name="tier_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.tier}"


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> PromiseQuerySet:
        """Unanswered and not ended, whether or not the due moment has passed."""
        return self.filter(answered_at=None, ended_at=None)

    def broken(self, at: datetime | None = None) -> PromiseQuerySet:
        """Past due unanswered, flagged or not: a list never waits for the sweep."""
        past = ~Q(breached_at=None) | Q(answered_at=None, ended_at=None, due_at__lt=at or now())
        return self.filter(past).exclude(end_cause__in=WITHOUT_OUTCOME)

    def kept(self) -> PromiseQuerySet:
        return self.filter(accepted_at__isnull=False, breached_at=None)

    def with_terms(self) -> PromiseQuerySet:
        return self.select_related("tier", "calendar_version__calendar")


class Promise(models.Model):
    """What was promised for one ticket.

    The terms never change: a database trigger refuses it (law 2). Only the outcome is written:
    answered, accepted (then it is kept, unless breached), breached, ended.
    """

    class Kind(models.TextChoices):
        FIRST = "first", _("First response")
        NEXT = "next", _("Next response")

    class Reason(models.TextChoices):
        OPENED = "opened", _("Ticket opened")
        UPGRADED = "upgraded", _("Support level raised")
        FOLLOW_UP = "follow_up", _("Customer wrote again")
        KEPT_OPEN = "kept_open", _("Left open after an answer")
        REOPENED = "reopened", _("Ticket opened again")
        MERGED = "merged", _("Tickets merged")
        CHANNEL = "channel", _("Channel changed")
        CONFIRMED = "confirmed", _("Sender confirmed")
        LINKED = "linked", _("Sender joined their organisation")
        WISH = "wish", _("Call at a preferred time")

    class End(models.TextChoices):
        REPLACED = "replaced", _("Replaced by a new promise")
        WITHDRAWN = "withdrawn", _("Withdrawn by the customer")
        SPAM = "spam", _("Marked as spam")
        MERGED = "merged", _("Goes on in another ticket")

    # What is written after the terms.
    OUTCOME: ClassVar[list[str]] = [
        "answered_at",
        "answer",
        "accepted_at",
        "breached_at",
        "noticed_at",
        "ended_at",
        "end_cause",
        "replaced_by",
        "next_check_at",
    ]

    # The terms.
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="promises")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.FIRST)
    reason = models.CharField(max_length=10, choices=Reason)
    tier = models.ForeignKey(SupportTier, models.PROTECT, related_name="promises")
    minutes = models.PositiveIntegerField()
    calendar_version = models.ForeignKey(CalendarVersion, models.PROTECT, related_name="promises")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_guaranteed = models.BooleanField()
    priority = models.PositiveSmallIntegerField(choices=Priority)
    made_at = models.DateTimeField(default=now)

    # The outcome.
    answered_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    answer = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="answered_promises"
    )
    accepted_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    breached_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    noticed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    end_cause = models.CharField(max_length=10, choices=End, blank=True)
    # The promise that took its place.
    replaced_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replaces", db_index=False
    )

    # When it moves up in the queue, and when its agents are warned; both follow from the terms and
    # the settings at the time it was made.
    at_risk_at = models.DateTimeField()
    warn_percent_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    warn_minutes_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # The earliest moment at which anything about it changes; read by the sweep.
    next_check_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = PromiseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(answered_at=None, ended_at=None),
                name="promise_one_open",
            ),
            models.CheckConstraint(
                condition=Q(breached_at=None) | Q(breached_at=models.F("due_at")),
                name="promise_breached_when_due",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "id"], name="promise_of_ticket"),
            # What reports read: the promises that began in a period.
            models.Index(fields=["started_at"], name="promise_started"),
            # What the sweep reads; answered and settled promises stay out of it.
            models.Index(
                fields=["next_check_at"],
                name="promise_next_check",
                condition=Q(next_check_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket}: {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.ended_at is None

    @property
    def is_kept(self) -> bool:
        return self.accepted_at is not None and self.breached_at is None

    def is_broken(self, at: datetime | None = None) -> bool:
        """True once the due moment has passed unanswered, flagged or not."""
        is_past = self.breached_at is not None or (self.is_open and self.due_at < (at or now()))
        return is_past and self.end_cause not in WITHOUT_OUTCOME

    @property
    def is_escalated(self) -> bool:
        """True for a guarantee that is broken and still waits for its answer."""
        return self.is_guaranteed and self.is_open and self.is_broken()

    @property
    def hours(self) -> Calendar:
        return self.calendar_version.hours

    def explanation(self) -> list[Any]:
        """The days between start and due, with what each of them counted (`sla.calendar.Step`)."""
        return self.hours.explain(self.started_at, self.due_at)

    def used_percent(self, at: datetime | None = None) -> int:
        """How much of the promised business time is used, 0 to 100."""
        used = self.hours.elapsed(self.started_at, at or now()).total_seconds()
        total = self.hours.elapsed(self.started_at, self.due_at).total_seconds()
        return min(100, max(0, round(100 * used / total))) if total else 100


class NoticeQuerySet(models.QuerySet["Notice"]):
    def unseen(self) -> NoticeQuerySet:
        return self.filter(seen_at=None)

    def for_list(self) -> NoticeQuerySet:
        """The newest first, with what a list shows."""
        shown = self.select_related("promise__tier", "promise__ticket__organisation")
        return shown.order_by("-made_at", "-pk")

    def unmailed(self) -> NoticeQuerySet:
        """What is to be mailed, now or when business hours begin."""
        return self.filter(mail_at__isnull=False)


class Notice(models.Model):
    """What one agent was told about one promise: it runs out, or it has been missed.

    A row is written with the flag it tells of. The desk shows it at once; one mail collects all
    that a person has not been mailed yet.
    """

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Running out")
        MINUTES = "minutes", _("Due very soon")
        BREACHED = "breached", _("Guarantee missed")
        MISSED = "missed", _("Target missed")

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    promise = models.ForeignKey(Promise, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=8, choices=Kind)
    # The moment it tells of, e.g. the due moment; and when it was noticed.
    at = models.DateTimeField()
    made_at = models.DateTimeField(default=now)
    # When it may be mailed, in business hours only; empty once it has been handed over.
    mail_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    mailed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    seen_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "promise", "kind"], name="notice_once")
        ]
        indexes = [
            models.Index(fields=["user", "-made_at", "-id"], name="notice_of_user"),
            models.Index(fields=["user"], name="notice_unseen", condition=Q(seen_at=None)),
            models.Index(
                fields=["mail_at"], name="notice_to_mail", condition=Q(mail_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display()}"

    @property
    def is_miss(self) -> bool:
        """True for a due moment that has passed, not for a warning."""
        return self.kind in MISSES


MISSES = (Notice.Kind.BREACHED, Notice.Kind.MISSED)

# Spam was never owed an answer; what was replaced lives on in its successor.
WITHOUT_OUTCOME = (Promise.End.SPAM, Promise.End.REPLACED)
DEFAULT_CHANNELS = [Channel.EMAIL, Channel.PORTAL, Channel.CONTACT_FORM]
