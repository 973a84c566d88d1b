"""The report "Zusagen": what was promised in a period, and what became of it.

A promise belongs to the local day on which it began (`started_at`), in the zone of the tenant's
default calendar; each one falls into exactly one class:

- kept: answered in time, and the first hop took the answer;
- broken: its due moment passed unanswered, whether or not the sweep has flagged it yet;
- open: neither yet; also while the first hop has not taken an answer that was in time;
- without outcome: withdrawn by the customer in time, spam, gone on in another ticket before it was
  due, or replaced (it lives on in its successor, which is counted where that began).

The share kept is kept / (kept + broken). Guarantees and targets are counted apart.

The response time of an answered promise is the business time, in its own calendar version, from
the ticket's arrival (after a withdrawal: from the message that opened it again) to the answer, in
begun minutes; for a follow-up it counts from the promise's start. Median and 90th percentile are
the shortest of these times within which half and nine tenths of all answers came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncWeek
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from sla import report_times
from sla.models import WITHOUT_OUTCOME, Promise
from sla.report_times import NO_TIMES, Times

# Stands in a filter for "no team" and "nobody".
NOBODY = "none"
# Who answered, else who is to answer.
AGENT = Coalesce("answer__author_id", "ticket__assignee_id")
WEEK = timedelta(days=7)


class Outcome(models.TextChoices):
    KEPT = "kept", _("Kept")
    BROKEN = "broken", _("Broken")
    OPEN = "open", _("Open")
    NONE = "none", _("Without outcome")


class Dimension(models.TextChoices):
    TIER = "tier", _("Support level")
    CHANNEL = "channel", _("Channel")
    TEAM = "team", _("Team")
    AGENT = "agent", _("Agent")
    ORGANISATION = "organisation", _("Customer account")


KEYS: dict[str, Any] = {
    Dimension.TIER: F("tier_id"),
    Dimension.CHANNEL: F("ticket__channel"),
    Dimension.TEAM: F("ticket__team_id"),
    Dimension.AGENT: AGENT,
    Dimension.ORGANISATION: F("ticket__organisation_id"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """The local days from `first` up to, not including, `end`."""

    first: date
    end: date
    zone: ZoneInfo

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.end, time(), self.zone)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which promises a report is about; what is empty or None filters nothing."""

    period: Period
    kind: str = Promise.Kind.FIRST
    is_guaranteed: bool | None = None
    tier: int | None = None
    channel: str = ""
    # An id as text, or NOBODY.
    team: str = ""
    agent: str = ""
    organisation: int | None = None
    # A part of the organisation's name.
    customer: str = ""
    outcome: str = ""

    @property
    def condition(self) -> Q:
        given = {
            "kind": self.kind,
            "is_guaranteed": self.is_guaranteed,
            "tier": self.tier,
            "ticket__channel": self.channel,
            "ticket__organisation": self.organisation,
            "ticket__organisation__name__icontains": self.customer,
            "outcome": self.outcome,
        }
        condition = Q(**{name: value for name, value in given.items() if value not in ("", None)})
        return condition & _is_one("ticket__team", self.team) & _is_one("agent", self.agent)


@dataclass(slots=True)
class Counts:
    """How many promises fell into each class."""

    kept: int = 0
    broken: int = 0
    open: int = 0
    none: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.kept + other.kept,
            self.broken + other.broken,
            self.open + other.open,
            self.none + other.none,
        )

    @property
    def all(self) -> int:
        return self.kept + self.broken + self.open + self.none

    @property
    def decided(self) -> int:
        return self.kept + self.broken

    @property
    def share(self) -> float | None:
        """The share kept, 0 to 1; None while nothing is decided."""
        return self.kept / self.decided if self.decided else None


@dataclass(slots=True)
class Tally:
    """The counts of guarantees and of targets."""

    guarantees: Counts = field(default_factory=Counts)
    targets: Counts = field(default_factory=Counts)

    @property
    def both(self) -> Counts:
        return self.guarantees + self.targets

    def note(self, *, is_guaranteed: bool, outcome: str, number: int) -> None:
        counts = self.guarantees if is_guaranteed else self.targets
        setattr(counts, outcome, getattr(counts, outcome) + number)


@dataclass(slots=True)
class Report:
    """One period's promises: by week (its Monday), and by the value of one dimension."""

    weeks: dict[date, Tally]
    rows: dict[Any, Tally]
    times: Times
    times_of: dict[Any, Times]

    @property
    def total(self) -> Tally:
        total = Tally()
        for tally in self.weeks.values():
            total = Tally(total.guarantees + tally.guarantees, total.targets + tally.targets)
        return total


def outcome(at: datetime) -> Case:
    """The class of a promise at a moment, as SQL; the first that fits counts."""
    is_late = Q(breached_at__isnull=False) | Q(answered_at__gt=F("due_at"))
    return Case(
        When(end_cause__in=WITHOUT_OUTCOME, then=Value(Outcome.NONE.value)),
        When(is_late, then=Value(Outcome.BROKEN.value)),
        When(accepted_at__isnull=False, then=Value(Outcome.KEPT.value)),
        When(ended_at__isnull=False, then=Value(Outcome.NONE.value)),
        When(answered_at=None, due_at__lt=at, then=Value(Outcome.BROKEN.value)),
        default=Value(Outcome.OPEN.value),
    )


def promises(filters: Filters, at: datetime | None = None) -> QuerySet[Promise]:
    """The promises a report is about, each with its `outcome` at a moment, now unless given."""
    period = filters.period
    found = Promise.objects.filter(
        started_at__gte=period.starts_at, started_at__lt=period.ends_at
    ).annotate(outcome=outcome(at or now()))
    if filters.agent:
        found = found.alias(agent=AGENT)
    return found.filter(filters.condition)


def report(filters: Filters, by: str, at: datetime | None = None) -> Report:
    """Count the promises of a period by week and by one dimension, and time their answers."""
    found = promises(filters, at)
    kind = filters.kind or Promise.Kind.FIRST
    answered = found.filter(kind=kind, answered_at__isnull=False).exclude(Q(outcome=Outcome.NONE))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ROOM)
        weeks, rows = _count(found, by, filters.period)
        times_of = report_times.times(answered, KEYS[by])
    return Report(weeks, rows, times_of.pop(report_times.ALL, NO_TIMES), times_of)


# A year of promises is sorted in memory; with the usual 4 MB it goes through files.
ROOM = "SET LOCAL work_mem = '64MB'"
# One pass over the promises for both tables.
COUNT = """
SELECT grouping(week), week, key, is_guaranteed, outcome, count(*)
FROM ({promises}) AS promise (is_guaranteed, outcome, week, key)
GROUP BY GROUPING SETS ((week, is_guaranteed, outcome), (key, is_guaranteed, outcome))
"""


def _count(
    found: QuerySet[Promise], by: str, period: Period
) -> tuple[dict[date, Tally], dict[Any, Tally]]:
    week = TruncWeek("started_at", tzinfo=period.zone, output_field=models.DateTimeField())
    listed = found.annotate(week=week, key=KEYS[by]).order_by()
    columns = listed.values_list("is_guaranteed", "outcome", "week", "key")
    sql, params = columns.query.sql_with_params()
    weeks: defaultdict[date, Tally] = defaultdict(Tally)
    rows: defaultdict[Any, Tally] = defaultdict(Tally)
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(promises=sql), params)
        for is_row, monday, key, is_guaranteed, outcome, number in cursor.fetchall():
            tally = rows[key] if is_row else weeks[monday.date()]
            tally.note(is_guaranteed=is_guaranteed, outcome=outcome, number=number)
    return {day: weeks[day] for day in _mondays(period)}, dict(rows)


def _mondays(period: Period) -> Iterable[date]:
    """The Mondays of all weeks that the period touches, those without a promise too."""
    monday = period.first - timedelta(days=period.first.weekday())
    while monday < period.end:
        yield monday
        monday += WEEK


def _is_one(name: str, value: str) -> Q:
    if not value:
        return Q()
    return Q(**{f"{name}__isnull": True}) if value == NOBODY else Q(**{name: int(value)})
