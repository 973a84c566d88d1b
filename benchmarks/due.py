"""How fast deadlines are computed and explained: `python -m benchmarks.due`."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from benchmarks.scratch import Row
from sla.calendar import Calendar

OFFICE: dict[str, object] = {
    "zone": "Europe/Berlin",
    "country": "DE",
    "subdivision": "NW",
    "weekly": {str(day): [["09:00", "17:00"]] for day in range(5)},
    "recurring": {"12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]}},
}
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = 10
MOMENTS = 100_000
EXPLAINED = 5_000
ROUNDS = 3

Start = tuple[datetime, timedelta]


def measure() -> list[Row]:
    """Measure in this process and return one row per figure; takes some seconds."""
    calendar = Calendar.from_spec(OFFICE)
    starts = _starts()
    cold = _seconds(lambda: [calendar.add(start, amount) for start, amount in starts[:1000]])
    floor = MOMENTS / _best(lambda: _floor(starts))
    due = MOMENTS / _best(lambda: [calendar.add(start, amount) for start, amount in starts])
    stamps = [(int(start.timestamp()), int(amount.total_seconds())) for start, amount in starts]
    stamped = MOMENTS / _best(lambda: [calendar.add_timestamp(*stamp) for stamp in stamps])
    dues = [(start, calendar.add(start, amount)) for start, amount in starts[:EXPLAINED]]
    explained = _best(lambda: [calendar.explain(*pair) for pair in dues]) / EXPLAINED
    back = MOMENTS / _best(lambda: [calendar.subtract(start, amount) for start, amount in starts])
    against_floor = f"machine {floor:,.0f}/s (datetime addition + bisect)"
    return [
        Row("due moments", due, "1/s", f"aim ≥ 200,000/s; {against_floor}"),
        Row("due moments, as timestamps", stamped, "1/s", against_floor),
        Row("starts counted back from a moment", back, "1/s", against_floor),
        Row("explanation of a deadline", explained * 1e3, "ms", "aim ≤ 0.2 ms"),
        Row("first 1,000 due moments, ten years unseen", cold * 1e3, "ms", "once per process"),
    ]


def _starts() -> list[Start]:
    drawn = random.Random(2026)
    span = YEARS * 365 * 24 * 3600
    return [
        (
            FIRST + timedelta(seconds=drawn.randrange(span)),
            timedelta(hours=drawn.choice((4, 8, 12, 16))),
        )
        for _ in range(MOMENTS)
    ]


def _floor(starts: list[Start]) -> None:
    """Do what no due moment can do without: find a day among ten years' and add to a datetime."""
    days = [FIRST + timedelta(days=number) for number in range(YEARS * 365)]
    for start, amount in starts:
        bisect_right(days, start)
        _ = start + amount


def _best(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(ROUNDS))


def _seconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started


def main() -> None:
    for row in measure():
        digits = 0 if row.value >= 1000 else 3
        print(f"{row.name:<42} {row.value:>12,.{digits}f} {row.unit:<4} {row.limit}")


if __name__ == "__main__":
    main()
