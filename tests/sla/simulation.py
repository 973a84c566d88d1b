"""The clock of a simulated year, its beat, and the file of what could be seen from outside.

The clock jumps from event to event; in between, beat wakes the sweep at its next half minute
whenever a Wakeup is due, unless beat is down. What a person outside would have seen goes into an
event file, and nothing else: no promise, no due moment, nothing that the project computed.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import time_machine
from django.db import connection

from sla import sweep
from tenants.models import Wakeup
from tests.sla.moments import BERLIN, berlin

BEAT = timedelta(seconds=30)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WORKDAYS = {day: ["09:00-17:00"] for day in WEEK[:5]}

NEXT_LOOK = "SELECT next_at FROM public.tenants_wakeup WHERE schema_name = %s AND kind = %s"

Hours = dict[str, list[str]]
Span = tuple[str, str]


@dataclass(frozen=True)
class Plan:
    """What a simulation contains; moments are local."""

    start: str
    end: str
    tickets: int
    customers: int = 40
    # How often customers change their tier in this time, all together.
    bookings: int = 60
    # Hours as they are announced: (moment, week, days with other hours).
    hours: tuple[tuple[str, Hours, Hours], ...] = (("2026-01-01 00:00", WORKDAYS, {}),)
    beat_is_down: tuple[Span, ...] = ()
    # What arrives by mail in this time is taken in at its end.
    intake_is_down: tuple[Span, ...] = ()
    # How much likelier than in an ordinary year everything is that goes wrong.
    trouble: float = 1


SUMMER: Hours = {f"2026-08-{day:02d}": [] for day in range(3, 8)}
CHRISTMAS: Hours = {"2026-12-24": ["09:00-12:00"], "2026-12-31": []}
YEAR = Plan(
    start="2026-01-01 00:00",
    end="2027-01-01 00:00",
    tickets=700,
    hours=(
        ("2026-01-01 00:00", WORKDAYS, {}),
        ("2026-07-15 11:20", WORKDAYS, SUMMER),
        ("2026-10-06 14:00", WORKDAYS | {"Saturday": ["10:00-14:00"]}, SUMMER | CHRISTMAS),
    ),
    beat_is_down=(
        ("2026-03-27 12:00", "2026-03-30 10:15"),
        ("2026-07-10 12:00", "2026-07-14 09:00"),
        ("2026-11-02 03:00", "2026-11-02 15:30"),
    ),
    intake_is_down=(("2026-05-12 08:00", "2026-05-12 15:00"),),
)
# Few customers, who change their minds all the time, and most that can go wrong does.
TROUBLE = Plan(
    start="2026-03-23 00:00",
    end="2026-04-20 00:00",
    tickets=100,
    customers=6,
    bookings=25,
    hours=(
        ("2026-03-23 00:00", WORKDAYS, {}),
        ("2026-03-31 12:00", WORKDAYS, {"2026-04-07": []}),
        ("2026-04-09 12:00", WORKDAYS | {"Saturday": ["10:00-14:00"]}, {"2026-04-07": []}),
    ),
    beat_is_down=(("2026-04-01 12:00", "2026-04-03 00:00"),),
    trouble=4,
)


class Clock:
    """Runs a plan: what is on the agenda, in order, with beat between."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at, self.end = berlin(plan.start), berlin(plan.end)
        self.events: list[tuple[datetime, int, dict[str, object]]] = []
        self.intake_is_down = [(berlin(start), berlin(end)) for start, end in plan.intake_is_down]
        self._beat_is_down = [(berlin(start), berlin(end)) for start, end in plan.beat_is_down]
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()

    def schedule(self, at: datetime, act: Callable[[], object]) -> None:
        """Put something on the agenda, for now at the earliest."""
        at = max(at.replace(microsecond=0), self.at)
        heapq.heappush(self._agenda, (at, next(self._order), act))

    def run(self) -> None:
        """Let everything happen that happens before the end."""
        while self._agenda and self._agenda[0][0] < self.end:
            at, _number, act = heapq.heappop(self._agenda)
            self._beat_until(at)
            self.at = at
            with time_machine.travel(at, tick=False):
                act()
        self._beat_until(self.end)
        self.at = self.end
        self.see("end")

    def see(self, what: str, *, at: datetime | None = None, **more: object) -> None:
        """Note what happened as somebody outside saw it."""
        moment = at or self.at
        event = {"at": moment.astimezone(BERLIN).isoformat(), "what": what, **more}
        self.events.append((moment, next(self._order), event))

    def seen(self) -> list[str]:
        """The event file, line by line, in the order of time."""
        ordered = sorted(self.events, key=lambda event: event[:2])
        return [json.dumps(event, ensure_ascii=False) for _at, _number, event in ordered]

    def write(self, path: Path) -> None:
        path.write_text("\n".join(self.seen()) + "\n", encoding="utf-8")

    def _beat_until(self, at: datetime) -> None:
        """Sweep as beat does, each half minute; where no Wakeup is due, time just passes."""
        while (next_at := self._wakeup()) is not None:
            tick = self._tick_after(max(next_at, self.at))
            if tick > at:
                return
            self.at = tick
            with time_machine.travel(tick, tick=False):
                sweep.sweep()

    def _wakeup(self) -> datetime | None:
        # Asked before every event: the ORM would take longer to build it than all else takes.
        with connection.cursor() as cursor:
            cursor.execute(NEXT_LOOK, [connection.schema_name, Wakeup.Kind.PROMISES])
            found = cursor.fetchone()
        return found[0] if found else None

    def _tick_after(self, at: datetime) -> datetime:
        """The next half minute at which beat is up."""
        tick = EPOCH + ((at - EPOCH) // BEAT + 1) * BEAT
        for start, end in self._beat_is_down:
            if start <= tick < end:
                return end
        return tick
