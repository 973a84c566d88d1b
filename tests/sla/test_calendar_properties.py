"""Laws of business time, and the slow oracle, over drawn calendars, moments and amounts of 2015 to
2040.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sla.calendar import Calendar, Reason
from tests.sla import oracle

BERLIN = ZoneInfo("Europe/Berlin")
STATES = ("NW", "BY", "HE", "SN")
FIRST, LAST = datetime(2015, 1, 1, tzinfo=UTC), datetime(2040, 12, 1, tzinfo=UTC)

WORKING_WEEKS = {
    "office": {str(day): [["09:00", "17:00"]] for day in range(5)},
    "breaks": {
        **{str(day): [["08:00", "12:00"], ["13:00", "17:00"]] for day in range(4)},
        "4": [["08:00", "12:00"], ["13:00", "15:00"]],
    },
    "always": {str(day): [["00:00", "24:00"]] for day in range(7)},
    "nights": {str(day): [["00:00", "06:00"], ["22:00", "24:00"]] for day in range(7)},
    "shop": {**{str(day): [["10:00", "20:00"]] for day in range(1, 6)}, "6": [["01:00", "04:00"]]},
}
SPECIAL = {
    "days": {
        "2026-03-29": {"name": "Umstellung", "intervals": [["00:00", "12:00"]]},
        "2026-04-06": {"name": "Notdienst", "intervals": [["10:00", "11:30"]]},
        "2026-06-05": {"name": "Brückentag", "intervals": []},
    },
    "recurring": {
        "12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]},
        "12-31": {"name": "Silvester", "intervals": []},
        "01-06": {"name": "Inventur", "intervals": [["12:00", "18:00"]]},
    },
    "disabled_holidays": ["2026-05-14", "2027-12-25", "2028-10-03"],
}
SPECS = [
    {"zone": "Europe/Berlin", "country": "DE", "subdivision": state, "weekly": week, **special}
    for state in STATES
    for week in WORKING_WEEKS.values()
    for special in ({}, SPECIAL)
]

seconds = st.integers(0, 16 * 3600)
amounts = st.one_of(seconds, st.sampled_from([1, 1800, 4 * 3600, 8 * 3600, 12 * 3600, 16 * 3600]))
fractions = st.integers(0, 10**6 - 1).map(lambda micros: timedelta(microseconds=micros))
LAW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

specs = st.sampled_from(SPECS)
years = st.integers(2015, 2040)


@st.composite
def clock_changes(draw):
    """A moment within two days of a change of the clocks."""
    change = draw(st.sampled_from(list(oracle.clock_changes(draw(years)))))
    return change + timedelta(seconds=draw(st.integers(-2 * 86400, 2 * 86400)))


@st.composite
def near_holidays(draw):
    """A moment within two days of a holiday or a day of the tenant's own."""
    year = draw(years)
    days = [
        *oracle.holidays(draw(st.sampled_from(STATES)), year),
        date(year, 12, 24),
        date(2026, 6, 5),
    ]
    day = draw(st.sampled_from(sorted(days)))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(seconds=draw(st.integers(-2 * 86400, 2 * 86400)))


@st.composite
def on_the_hour(draw):
    """A full local hour, where intervals begin and end."""
    day = draw(st.dates(date(2015, 1, 1), date(2040, 11, 30)))
    return datetime(
        day.year, day.month, day.day, draw(st.integers(0, 23)), tzinfo=BERLIN
    ).astimezone(UTC)


anywhere = st.integers(int(FIRST.timestamp()), int(LAST.timestamp())).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
moments = st.one_of(clock_changes(), clock_changes(), near_holidays(), on_the_hour(), anywhere)


@st.composite
def any_week(draw):
    """Any week with at least one interval, cut at quarter hours.

    None is cut inside the hour that a change of the clocks skips or repeats: what an end there
    means is a rule of its own, which a clock on the wall does not show (test_calendar.py has its
    examples).
    """
    quarter = st.integers(0, 96).filter(lambda quarter: not 8 < quarter < 12)
    week = {}
    for day in "0123456":
        cuts = sorted(draw(st.sets(quarter, max_size=6)))
        pairs = zip(cuts[::2], cuts[1::2], strict=False)
        week[day] = [
            [f"{a // 4:02}:{a % 4 * 15:02}", f"{b // 4:02}:{b % 4 * 15:02}"] for a, b in pairs
        ]
    assume(any(week.values()))
    state = draw(st.sampled_from(STATES))
    return {"zone": "Europe/Berlin", "country": "DE", "subdivision": state, "weekly": week}


@settings(LAW, max_examples=250)
@given(specs, moments, amounts)
def test_a_deadline_is_where_a_minute_by_minute_walk_ends(spec, start, amount):
    expected = oracle.Oracle(spec).add(start, amount)

    assert expected is not None
    assert Calendar.from_spec(spec).add(start, amount) == expected


@pytest.mark.parametrize("week", WORKING_WEEKS)
@pytest.mark.parametrize("state", STATES)
@settings(LAW, max_examples=4)
@given(clock_changes(), amounts)
def test_a_deadline_over_a_change_of_the_clocks_is_where_the_walk_ends(state, week, start, amount):
    spec = {
        "zone": "Europe/Berlin",
        "country": "DE",
        "subdivision": state,
        "weekly": WORKING_WEEKS[week],
    }

    assert Calendar.from_spec(spec).add(start, amount) == oracle.Oracle(spec).add(start, amount)


@LAW
@given(any_week(), moments, st.integers(0, 5 * 86400))
def test_business_time_between_two_moments_is_what_a_walk_counts(spec, start, distance):
    end = start + timedelta(seconds=distance)

    elapsed = Calendar.from_spec(spec).elapsed(start, end)

    assert elapsed == timedelta(seconds=oracle.Oracle(spec).elapsed(start, end))


@pytest.mark.parametrize("state", [*STATES, ""])
def test_holidays_are_those_of_the_law(state):
    calendar = Calendar.from_spec(
        {"zone": "Europe/Berlin", "country": "DE", "subdivision": state, "weekly": {}}
    )

    for year in range(2015, 2041):
        assert {holiday.day for holiday in calendar.holidays(year)} == oracle.holidays(state, year)


@LAW
@given(any_week(), moments, fractions, amounts, fractions)
def test_what_is_added_has_elapsed_and_no_less_time_would_do(spec, start, fraction, amount, more):
    calendar = Calendar.from_spec(spec)
    start, amount = start + fraction, timedelta(seconds=amount) + more

    due = calendar.add(start, amount)

    assert due >= start
    assert calendar.elapsed(start, due) == amount
    if amount:
        assert calendar.elapsed(start, due - timedelta(microseconds=1)) < amount


@LAW
@given(any_week(), moments, fractions, amounts, fractions)
def test_what_is_subtracted_has_elapsed_and_no_later_start_would_do(
    spec, end, fraction, amount, more
):
    calendar = Calendar.from_spec(spec)
    end, amount = end + fraction, timedelta(seconds=amount) + more

    start = calendar.subtract(end, amount)

    assert start <= end
    assert calendar.elapsed(start, end) == amount
    if amount:
        assert calendar.elapsed(start + timedelta(microseconds=1), end) < amount


@LAW
@given(any_week(), moments, fractions, amounts.filter(bool))
def test_subtracting_undoes_adding_and_the_other_way_round(spec, start, fraction, amount):
    calendar = Calendar.from_spec(spec)
    opening = calendar.next_opening(start + fraction)
    due = calendar.add(opening, amount)

    assert calendar.subtract(due, amount) == opening
    assert calendar.add(calendar.subtract(due, amount), amount) == due


@LAW
@given(any_week(), moments, st.integers(0, 3 * 86400), amounts, seconds)
def test_a_later_start_or_a_larger_amount_is_never_due_earlier(spec, start, later, amount, more):
    calendar = Calendar.from_spec(spec)
    due = calendar.add(start, amount)

    assert calendar.add(start + timedelta(seconds=later), amount) >= due
    assert calendar.add(start, amount + more) >= due
    assert calendar.subtract(start, amount + more) <= calendar.subtract(start, amount)


@LAW
@given(any_week(), moments, fractions, amounts, amounts)
def test_adding_in_two_parts_is_adding_at_once(spec, start, fraction, first, then):
    calendar = Calendar.from_spec(spec)
    start += fraction

    assert calendar.add(calendar.add(start, first), then) == calendar.add(start, first + then)


@LAW
@given(any_week(), moments, fractions, amounts)
def test_a_moment_is_open_when_time_elapses_after_it(spec, at, fraction, amount):
    calendar = Calendar.from_spec(spec)
    at += fraction
    instant = timedelta(microseconds=1)
    opening = calendar.next_opening(at)

    assert calendar.is_open(at) == (calendar.elapsed(at, at + instant) == instant)
    assert (opening == at) == calendar.is_open(at)
    assert calendar.is_open(opening)
    assert calendar.elapsed(at, opening) == timedelta()
    if closing := calendar.closing(at):
        assert calendar.elapsed(opening, closing) == closing - opening
        assert not calendar.is_open(closing)


@LAW
@given(st.one_of(specs, any_week()), moments, fractions, amounts.filter(bool))
@example(SPECS[1], datetime(2026, 12, 23, 15, tzinfo=UTC), timedelta(), 16 * 3600)
def test_an_explanation_covers_every_day_and_sums_exactly(spec, start, fraction, amount):
    calendar = Calendar.from_spec(spec)
    start += fraction
    due = calendar.add(start, amount)

    steps = calendar.explain(start, due)

    assert sum(step.seconds for step in steps) == amount
    days = sorted({step.day for step in steps})
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert days[0] == start.astimezone(BERLIN).date()
    assert days[-1] == (due - timedelta(microseconds=1)).astimezone(BERLIN).date()
    counting = [step for step in steps if step.from_]
    assert sum((elapsed(step) for step in counting), timedelta()) == timedelta(seconds=amount)
    assert all(step.from_.date() == step.day for step in counting)
    # In UTC: Python calls no moment of the hour that exists twice equal to one in another zone.
    assert counting[0].from_.astimezone(UTC) == calendar.next_opening(start)
    assert counting[-1].to.astimezone(UTC) == due
    assert {step.reason for step in counting} <= {Reason.OPEN, Reason.HALF_DAY}
    assert all(step.to is None and step.seconds == 0 for step in steps if step not in counting)


def elapsed(step):
    return step.to.astimezone(UTC) - step.from_.astimezone(UTC)
