"""Due moments in words: what a page says at once, and what its countdown goes on saying."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils.html import strip_tags
from django.utils.translation import override

from helpdesk.templatetags import moments

# A Wednesday, 11:00 in Berlin.
NOON = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=30), "any moment"),
        (timedelta(minutes=42, seconds=59), "in 42 min"),
        (timedelta(hours=2, minutes=40), "in 2 h 40 min"),
        (timedelta(days=1), "tomorrow"),
        (timedelta(days=2), "Friday"),
        (timedelta(days=7), "2 Dec"),
        (timedelta(days=60), "24 Jan 2027"),
        (-timedelta(seconds=1), "just overdue"),
        (-timedelta(minutes=18), "18 min late"),
        (-timedelta(hours=3, minutes=5), "3 h 5 min late"),
        (-timedelta(days=1), "late since yesterday"),
        (-timedelta(days=3), "late since Sunday"),
    ],
)
def test_due_moment_is_said_in_the_unit_that_matters(away, words):
    with time_machine.travel(NOON, tick=False), override("en"):
        assert moments.due_words(NOON + away) == words


def test_last_hour_is_counted_in_minutes_across_midnight():
    before_midnight = datetime(2026, 11, 25, 22, 50, tzinfo=UTC)

    with time_machine.travel(before_midnight, tick=False), override("en"):
        assert moments.due_words(before_midnight + timedelta(minutes=20)) == "in 20 min"


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(hours=1), "12:00"),
        (timedelta(days=1), "Thu 11:00"),
        (timedelta(days=9), "4 Dec, 11:00"),
    ],
)
def test_exact_moment_is_as_short_as_it_stays_clear(away, text):
    with time_machine.travel(NOON, tick=False), override("en"):
        assert moments.exact(NOON + away) == text


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(hours=3), "in 3 h 0 min 14:00"),
        (timedelta(days=1), "tomorrow Thu 11:00"),
        (timedelta(days=2), "Friday 11:00"),
        (timedelta(days=9), "4 Dec 11:00"),
        (-timedelta(days=3), "late since Sunday 11:00"),
    ],
)
def test_a_due_moment_names_its_day_once(away, said):
    with time_machine.travel(NOON, tick=False), override("en"):
        assert strip_tags(moments.due(NOON + away)) == said


def test_moment_that_is_due_right_now_is_still_in_time():
    with time_machine.travel(NOON, tick=False):
        assert 'class="due soon"' in moments.due(NOON, used=100)


def test_missed_target_is_told_from_a_broken_guarantee():
    with time_machine.travel(NOON, tick=False):
        assert 'class="due late target"' in moments.due(NOON - timedelta(1), guaranteed=False)
        assert 'class="due late"' in moments.due(NOON - timedelta(1))


def test_ring_shows_the_time_that_is_left():
    with time_machine.travel(NOON, tick=False):
        assert 'stroke-dasharray="65 100"' in moments.due(NOON + timedelta(hours=3), used=35)


@pytest.mark.parametrize(
    ("seconds", "words"), [(2100, "35 min"), (14400, "4 h"), (9600, "2 h 40 min")]
)
def test_business_time_is_said_in_hours_and_minutes(seconds, words):
    with override("en"):
        assert moments.clock(seconds) == words
