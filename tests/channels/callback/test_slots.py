from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.callback.slots import Slot, by_day, slots
from sla.calendar import Calendar
from tests.sla.moments import berlin

OFFICE = Calendar.from_spec(
    {
        "zone": "Europe/Berlin",
        "country": "DE",
        "subdivision": "NW",
        "weekly": {str(day): [["09:00", "12:00"], ["13:00", "17:00"]] for day in range(5)},
        "days": {"2026-12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]}},
    }
)
ALWAYS = Calendar.from_spec(
    {"zone": "Europe/Berlin", "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)}}
)
NIGHTS = Calendar.from_spec(
    {
        "zone": "Europe/Berlin",
        "weekly": {str(day): [["00:00", "06:00"], ["22:00", "24:00"]] for day in range(7)},
    }
)
NEVER = Calendar.from_spec({"zone": "Europe/Berlin", "weekly": {}})


def local(found):
    zone = OFFICE.zone
    return [f"{one.start.astimezone(zone):%H:%M}–{one.end.astimezone(zone):%H:%M}" for one in found]


def test_a_day_is_cut_from_each_opening_on():
    found = slots(OFFICE, berlin("2026-03-10 00:00"), berlin("2026-03-10 23:59"), 60)

    assert local(found) == [
        "09:00–10:00",
        "10:00–11:00",
        "11:00–12:00",
        "13:00–14:00",
        "14:00–15:00",
        "15:00–16:00",
        "16:00–17:00",
    ]


def test_a_rest_that_is_too_short_is_no_slot():
    found = slots(OFFICE, berlin("2026-03-10 09:00"), berlin("2026-03-10 12:30"), 50)

    assert local(found) == ["09:00–09:50", "09:50–10:40", "10:40–11:30"]


def test_a_slot_that_has_begun_or_ends_too_late_is_left_out():
    found = slots(OFFICE, berlin("2026-03-10 09:01"), berlin("2026-03-10 11:59"), 60)

    assert local(found) == ["10:00–11:00"]


@pytest.mark.parametrize(
    ("day", "count"),
    [
        ("2026-04-03", 0),  # Good Friday
        ("2026-04-04", 0),  # a Saturday
        ("2026-12-24", 3),  # a half day
        ("2026-12-25", 0),
        ("2026-04-07", 7),
    ],
)
def test_holidays_weekends_and_half_days_count(day, count):
    assert len(slots(OFFICE, berlin(f"{day} 00:00"), berlin(f"{day} 23:59"), 60)) == count


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_the_day_of_a_clock_change_has_the_slots_of_its_real_hours(day, hours):
    since = berlin(f"{day} 00:00")
    until = berlin(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")

    found = slots(ALWAYS, since, until, 60)

    assert len(found) == hours
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_calendar_without_hours_has_no_slots():
    assert slots(NEVER, berlin("2026-03-10 00:00"), berlin("2026-03-20 00:00"), 30) == []


def test_nothing_is_found_when_the_end_is_before_the_start():
    assert slots(OFFICE, berlin("2026-03-20 10:00"), berlin("2026-03-10 10:00"), 30) == []


def test_slots_stand_under_their_local_day():
    late = Slot(datetime(2026, 3, 10, 23, 30, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))

    assert by_day([late], ALWAYS.zone) == [(date(2026, 3, 11), [late])]


YEARS = timedelta(days=3 * 365)
moments = st.timedeltas(timedelta(), YEARS).map(lambda ago: datetime(2025, 1, 1, tzinfo=UTC) + ago)


# A calendar's years are summed when they are first asked for.
@settings(deadline=None)
@given(
    st.sampled_from([OFFICE, ALWAYS, NIGHTS]),
    moments,
    st.timedeltas(timedelta(), timedelta(days=9)),
    st.sampled_from([5, 15, 20, 30, 45, 60, 120]),
)
def test_every_slot_is_business_time_from_end_to_end_and_none_overlap(hours, since, span, minutes):
    length = timedelta(minutes=minutes)

    found = slots(hours, since, since + span, minutes)

    for one in found:
        assert one.end - one.start == length
        assert hours.elapsed(one.start, one.end) == length
        assert since <= one.start
        assert one.end <= since + span
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert len({one.key for one in found}) == len(found)
