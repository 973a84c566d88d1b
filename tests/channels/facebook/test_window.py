"""How long an answer may still leave: the boundaries to the microsecond, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.facebook.window import Kind, Window

OPENED = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
DAY, WEEK = timedelta(hours=24), timedelta(days=7)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("after", "kind", "ends_after"),
    [
        (timedelta(0), Kind.RESPONSE, DAY),
        (DAY - TICK, Kind.RESPONSE, DAY),
        (DAY, Kind.RESPONSE, DAY),
        (DAY + TICK, Kind.HUMAN_AGENT, WEEK),
        (WEEK - TICK, Kind.HUMAN_AGENT, WEEK),
        (WEEK, Kind.HUMAN_AGENT, WEEK),
        (WEEK + TICK, Kind.CLOSED, None),
    ],
)
def test_window_at_its_boundaries(after, kind, ends_after):
    window = Window(OPENED, OPENED + after)

    assert window.kind == kind
    assert window.ends_at == (None if ends_after is None else OPENED + ends_after)
    assert window.closed_at == OPENED + WEEK


def test_nobody_may_be_written_to_who_never_wrote():
    window = Window(None, OPENED)

    assert window.is_closed
    assert (window.ends_at, window.closed_at, window.used_percent) == (None, None, 100)


@pytest.mark.parametrize(
    ("after", "used"),
    [(timedelta(0), 0), (DAY / 2, 50), (DAY, 100), (WEEK / 2, 50), (WEEK + TICK, 100)],
)
def test_ring_drains_with_what_may_leave_now(after, used):
    assert Window(OPENED, OPENED + after).used_percent == pytest.approx(used)


@pytest.mark.parametrize(
    ("due", "is_early"),
    [(DAY - TICK, False), (DAY, False), (DAY + TICK, True), (-TICK, False)],
)
def test_a_window_that_ends_before_the_due_moment_is_told(due, is_early):
    assert Window(OPENED, OPENED).ends_before(OPENED + due) is is_early


def test_a_closed_window_ends_before_nothing_any_more():
    assert not Window(OPENED, OPENED + WEEK + TICK).ends_before(OPENED + WEEK + DAY)
    assert not Window(OPENED, OPENED).ends_before(None)


@given(st.timedeltas(min_value=-timedelta(minutes=5), max_value=timedelta(days=10)))
def test_what_may_leave_never_comes_back_by_waiting(after):
    order = [Kind.RESPONSE, Kind.HUMAN_AGENT, Kind.CLOSED]
    now, later = Window(OPENED, OPENED + after), Window(OPENED, OPENED + after + TICK)

    assert order.index(now.kind) <= order.index(later.kind)
    assert 0 <= now.used_percent <= 100
