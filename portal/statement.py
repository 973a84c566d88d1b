"""What was promised to a customer in one month, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateField, Min, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.timezone import localdate

from accounts.models import User
from sla import report
from sla.models import Promise
from sla.report import Counts, Filters, Outcome, Period
from sla.report_times import waited_since
from tickets.models import Ticket

# As many as a page lists; the sums always count all.
MOST_LINES = 1000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a customer's promises, and how many of them became what."""

    first: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class Statement:
    period: Period
    lines: list[Promise]
    guarantees: Counts
    targets: Counts

    @property
    def counts(self) -> Counts:
        return self.guarantees + self.targets

    @property
    def unlisted(self) -> int:
        return self.counts.all - len(self.lines)


def months(user: User, at: datetime, zone: ZoneInfo) -> list[Month]:
    """Every month from the first ticket that this customer sees until now, the latest first."""
    first = _tickets(user).aggregate(first=Min("opened_at"))["first"]
    if first is None:
        return []
    period = Period(_month(localdate(first, zone)), localdate(at, zone) + DAY, zone)
    month = TruncMonth("started_at", tzinfo=zone, output_field=DateField())
    found: dict[date, Counts] = {day: Counts() for day in _firsts(period)}
    grouped = promises(user, period, at).annotate(month=month)
    for day, outcome, number in _sums(grouped, "month"):
        setattr(found[day], outcome, number)
    return [Month(day, counts) for day, counts in reversed(found.items())]


def statement(user: User, first: date, at: datetime, zone: ZoneInfo) -> Statement:
    """The month that begins with `first`, in the order of arrival."""
    period = Period(first, _month(first + 31 * DAY), zone)
    found = promises(user, period, at)
    counts = {True: Counts(), False: Counts()}
    for is_guaranteed, outcome, number in _sums(found, "is_guaranteed"):
        setattr(counts[is_guaranteed], outcome, number)
    shown = found.select_related("tier", "ticket__requester").annotate(since=waited_since())
    lines = shown.order_by("started_at", "pk")
    return Statement(period, list(lines[:MOST_LINES]), counts[True], counts[False])


def promises(user: User, period: Period, at: datetime) -> QuerySet[Promise]:
    """The first answers promised for this customer's tickets.

    What was replaced stands in its successor's month; spam was promised nothing.
    """
    found = report.promises(Filters(period), at).filter(ticket__in=_tickets(user))
    return found.exclude(end_cause__in=[Promise.End.REPLACED, Promise.End.SPAM])


def outcome_of(promise: Promise) -> Outcome:
    """The class of a promise that was read with it."""
    return Outcome(promise.outcome)  # type: ignore[attr-defined]  # an annotation


def _tickets(user: User) -> QuerySet[Ticket]:
    """Nothing is said about tickets whose sender nobody has confirmed."""
    return Ticket.objects.visible_to(user).filter(is_verified=True)


def _sums(found: QuerySet[Promise], by: str) -> Iterator[tuple[Any, str, int]]:
    """How many there are of each value of a column and of each class."""
    names = [by, "outcome"]
    return iter(found.order_by().values_list(*names).annotate(number=Count("pk")))


def _month(day: date) -> date:
    return day.replace(day=1)


def _firsts(period: Period) -> list[date]:
    firsts, day = [], period.first
    while day < period.end:
        firsts.append(day)
        day = _month(day + 31 * DAY)
    return firsts
