"""How long answers took, in business minutes: counted in the database, for many promises at once.

What `Calendar.elapsed` does with pre-summed days is done here in SQL with the same days: of each
calendar version in use, the ends of all its open stretches and the business time up to each. A
year's 200,000 promises take a fraction of what fetching them would.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, Max, Min, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Least

from sla.calendar import Calendar
from sla.models import CalendarVersion, Promise
from sla.timeline import micros

MINUTE = timedelta(minutes=1)
Reason = Promise.Reason
# These begin with the message they answer; the others carry an earlier wait on.
OF_THEIR_OWN = (
    Reason.OPENED,
    Reason.REOPENED,
    Reason.FOLLOW_UP,
    Reason.KEPT_OPEN,
    Reason.MERGED,
)
# The key of the times of all promises together.
ALL = object()


@dataclass(frozen=True, slots=True)
class Times:
    """How many answers there were, and within how many business minutes they came."""

    count: int
    median: int | None
    percentile_90: int | None


NO_TIMES = Times(0, None, None)


def waited_since() -> Case:
    """The moment from which a promise's response time counts, as SQL."""
    earlier = Promise.objects.filter(
        ticket=OuterRef("ticket"), started_at__lte=OuterRef("started_at")
    )
    reopened = earlier.filter(
        reason__in=[Reason.REOPENED, Reason.MERGED], kind=Promise.Kind.FIRST
    ).exclude(replaced_by__lt=F("pk"))  # a merge that was undone
    begun = reopened.order_by("-started_at").values("started_at")[:1]
    arrived = Coalesce(Subquery(begun), F("ticket__opened_at"))
    return Case(
        When(reason__in=OF_THEIR_OWN, then=F("started_at")),
        When(kind=Promise.Kind.NEXT, then=F("started_at")),
        default=Least(F("started_at"), arrived),
    )


def minutes(hours: Calendar, since: datetime, answered_at: datetime) -> int:
    """The begun business minutes between two moments."""
    return math.ceil(hours.elapsed(since, answered_at) / MINUTE)


# `base` and `slope` have one entry more than `edges`, for the time before the first: the business
# time at a moment is base + slope * moment, where slope is 1 inside a stretch and 0 outside. All
# are whole microseconds, which double precision holds exactly until the year 2255. OFFSET 0 keeps
# PostgreSQL from computing what stands before it anew wherever it is used.
TIMES = """
WITH version AS MATERIALIZED (
    SELECT id, edges::float8[], base::float8[], slope::float8[]
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS v (id, edges, base, slope)
), answered AS (
    SELECT key, version, round(date_part('epoch', since) * 1e6) AS since,
           round(date_part('epoch', until) * 1e6) AS until
    FROM ({promises}) AS promise (version, until, since, key)
    OFFSET 0
), placed AS (
    SELECT key, base, slope, since, until,
           width_bucket(since, edges) + 1 AS first, width_bucket(until, edges) + 1 AS last
    FROM answered JOIN version ON version.id = answered.version
    OFFSET 0
), taken AS (
    SELECT key, greatest(0, ceil(
        (base[last] + slope[last] * until - base[first] - slope[first] * since) / 6e7
    ))::int AS minutes
    FROM placed
)
SELECT grouping(key), key, count(*),
       percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY minutes)
FROM taken GROUP BY GROUPING SETS ((), (key))
"""


def times(answered: QuerySet[Promise], key: Any) -> dict[Any, Times]:
    """The times of answered promises by an expression, and of all of them (`ALL`)."""
    versions = list(_versions(answered.order_by()))
    if not versions:
        return {}
    listed = answered.annotate(since=waited_since(), key=key).order_by()
    rows = listed.values_list("calendar_version_id", "answered_at", "since", "key")
    sql, params = rows.query.sql_with_params()
    arrays = [list(column) for column in zip(*versions, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(TIMES.format(promises=sql), [*arrays, *params])
        return {
            ALL if is_all else key: Times(count, *(percentiles or (None, None)))
            for is_all, key, count, percentiles in cursor.fetchall()
        }


def _versions(answered: QuerySet[Promise]) -> Iterator[tuple[int, str, str, str]]:
    """The calendar versions in use, as far as their promises reach: (id, edges, base, slope)."""
    carried = answered.exclude(reason__in=OF_THEIR_OWN).aggregate(first=Min(waited_since()))
    earliest = carried["first"]
    reach = answered.values_list("calendar_version_id").annotate(
        Min("started_at"), Max("answered_at")
    )
    spans = {pk: (min(first, earliest or first), last) for pk, first, last in reach}
    for version in CalendarVersion.objects.filter(pk__in=spans):
        yield version.pk, *_line(version.hours, *spans[version.pk])


def _line(hours: Calendar, first: datetime, last: datetime) -> tuple[str, str, str]:
    edges: list[int] = []
    base, slope, before = [0], [0], 0
    for step in hours.explain(first, last):
        if step.from_ and step.to:
            start, end = micros(step.from_), micros(step.to)
            edges += [start, end]
            base.append(before - start)
            before += end - start
            base.append(before)
            slope += [1, 0]
    return _array(edges), _array(base), _array(slope)


def _array(numbers: list[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
