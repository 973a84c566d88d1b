"""The edges of business time, each by a worked example. Moments are local, Europe/Berlin, unless
they say Z.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    Calendar,
    CalendarError,
    DayHours,
    Holiday,
    Interval,
    Reason,
    ZeroHoursError,
)

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def calendar(hours=(("09:00", "17:00"),), on="01234", *, zone="Europe/Berlin", state="NW", **more):
    """A calendar with the same hours on each of the weekdays of `on`."""
    weekly = {day: [list(pair) for pair in hours] for day in on}
    region = {"country": "DE", "subdivision": state} if state else {}
    return Calendar.from_spec({"zone": zone, **region, "weekly": weekly, **more})


def at(text, zone=BERLIN):
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def closed(name="Betriebsausflug"):
    return {"name": name, "intervals": []}


OFFICE = calendar()
ALWAYS = calendar([("00:00", "24:00")], "0123456", state="")
NIGHTS = calendar([("22:00", "24:00"), ("00:00", "06:00")], "0123456", state="")


# --- add and subtract


def test_a_deadline_may_be_a_closing_time():
    assert OFFICE.add(at("2026-03-09 09:00"), 8 * HOUR) == at("2026-03-09 17:00")


def test_a_start_at_closing_time_begins_at_the_next_opening():
    assert OFFICE.add(at("2026-03-13 17:00"), 4 * HOUR) == at("2026-03-16 13:00")


def test_results_are_utc():
    assert OFFICE.add(at("2026-03-09 09:00"), HOUR).tzinfo is UTC
    assert OFFICE.subtract(at("2026-03-09 11:00"), HOUR).tzinfo is UTC
    assert OFFICE.next_opening(at("2026-03-09 11:00")).tzinfo is UTC


def test_an_amount_is_a_timedelta_or_seconds():
    assert OFFICE.add(at("2026-03-09 09:00"), 90) == OFFICE.add(
        at("2026-03-09 09:00"), timedelta(seconds=90)
    )


@pytest.mark.parametrize(
    "moment", ["2026-03-09 11:00:07.5", "2026-03-14 11:00", "2026-03-13 17:00"]
)
def test_adding_or_subtracting_nothing_moves_nothing(moment):
    assert OFFICE.add(at(moment), 0) == at(moment)
    assert OFFICE.subtract(at(moment), timedelta()) == at(moment)


def test_a_fraction_of_a_second_is_carried_over_night():
    assert OFFICE.add(at("2026-03-10 16:59:59.250"), 1) == at("2026-03-11 09:00:00.250")
    assert OFFICE.add(at("2026-03-10 16:59:59.250001"), timedelta(microseconds=749_999)) == at(
        "2026-03-10 17:00"
    )


def test_subtracting_gives_the_latest_start():
    assert OFFICE.subtract(at("2026-03-16 13:00"), 4 * HOUR) == at("2026-03-16 09:00")
    assert OFFICE.subtract(at("2026-03-16 09:10"), timedelta(minutes=30)) == at("2026-03-13 16:40")
    assert OFFICE.subtract(at("2026-03-15 12:00"), HOUR) == at("2026-03-13 16:00")


@pytest.mark.parametrize("operation", [OFFICE.add, OFFICE.subtract])
def test_a_negative_amount_is_refused(operation):
    with pytest.raises(ValueError, match="0 or more"):
        operation(at("2026-03-09 09:00"), -1)


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        OFFICE.add(at("2026-03-09 09:00").replace(tzinfo=None), HOUR)


def test_timestamps_count_like_datetimes():
    start, due = at("2026-03-13 16:59:30"), at("2026-03-16 12:59:30")

    assert OFFICE.add_timestamp(int(start.timestamp()), 4 * 3600) == int(due.timestamp())
    assert OFFICE.add_timestamp(int(start.timestamp()), 0) == int(start.timestamp())


def test_a_start_in_another_zone_is_the_same_moment():
    tokyo = at("2026-03-10 18:00", ZoneInfo("Asia/Tokyo"))

    assert OFFICE.add(tokyo, HOUR) == at("2026-03-10 11:00")


def test_very_long_amounts_count():
    assert OFFICE.add(at("2026-03-09 09:00"), 8 * 250 * HOUR) == at("2027-03-03 17:00")
    assert OFFICE.subtract(at("2027-03-03 17:00"), 8 * 250 * HOUR) == at("2026-03-09 09:00")


def test_amounts_reach_over_years_nobody_has_looked_at():
    fresh = calendar(on="0123", state="BY")

    assert fresh.elapsed(at("2026-12-31 16:00"), at("2027-01-04 10:00")) == 2 * HOUR
    assert fresh.subtract(at("2026-01-05 10:00"), 2 * HOUR) == at("2025-12-31 16:00")
    assert fresh.add(at("2029-12-31 16:00"), 2 * HOUR) == at("2030-01-02 10:00")
    assert fresh.add(at("2000-12-28 16:00"), 2 * HOUR) == at("2001-01-02 10:00")
    assert fresh.add(at("2100-06-07 16:00"), HOUR) == at("2100-06-07 17:00")


# --- elapsed, is_open, next_opening, closing


def test_nothing_elapses_backwards():
    assert OFFICE.elapsed(at("2026-03-10 12:00"), at("2026-03-10 11:00")) == timedelta()
    assert OFFICE.elapsed(at("2026-03-10 12:00"), at("2026-03-10 12:00")) == timedelta()


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-10 08:59:59.999999", False),
        ("2026-03-10 09:00", True),
        ("2026-03-10 16:59:59.999999", True),
        ("2026-03-10 17:00", False),
        ("2026-03-14 11:00", False),
        ("2026-06-04 11:00", False),
        ("2026-12-24 11:00", True),
    ],
)
def test_hours_begin_with_the_opening_and_end_before_the_closing(moment, is_open):
    assert OFFICE.is_open(at(moment)) is is_open


def test_the_next_opening_is_now_while_open():
    assert OFFICE.next_opening(at("2026-03-10 11:00:00.5")) == at("2026-03-10 11:00:00.5")
    assert OFFICE.next_opening(at("2026-03-13 17:00")) == at("2026-03-16 09:00")
    assert OFFICE.next_opening(at("2026-12-31 17:00")) == at("2027-01-04 09:00")


def test_the_closing_is_the_end_of_the_hours_running_or_coming():
    assert OFFICE.closing(at("2026-03-13 16:00")) == at("2026-03-13 17:00")
    assert OFFICE.closing(at("2026-03-13 17:00")) == at("2026-03-16 17:00")
    assert NIGHTS.closing(at("2026-03-13 23:00")) == at("2026-03-14 06:00")


def test_what_never_closes_has_no_closing():
    assert ALWAYS.closing(at("2026-03-13 16:00")) is None


# --- changes of the clocks


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)]
)
def test_a_day_has_the_hours_it_really_has(day, hours):
    start = at(day)

    assert ALWAYS.elapsed(start, start + timedelta(days=1)) == hours * HOUR


def test_an_hour_that_exists_twice_is_told_apart_by_its_fold():
    first = at("2026-10-25 02:30")
    second = first.replace(fold=1)

    assert ALWAYS.elapsed(first.astimezone(UTC), second.astimezone(UTC)) == HOUR
    assert ALWAYS.add(first, HOUR) == second.astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "start", "end"),
    [
        # Of an hour that exists twice, the first is meant: at the end …
        (("00:00", "02:30"), "2026-10-24T22:00Z", "2026-10-25T00:30Z"),
        # … and at the start of an interval, which then runs through the second.
        (("02:30", "04:00"), "2026-10-25T00:30Z", "2026-10-25T03:00Z"),
        # One that does not exist is read with the offset before the change: 02:30 is 03:30.
        (("00:00", "02:30"), "2026-03-28T23:00Z", "2026-03-29T01:30Z"),
        (("02:30", "04:00"), "2026-03-29T01:30Z", "2026-03-29T02:00Z"),
    ],
)
def test_an_interval_may_end_inside_the_change_of_the_clocks(hours, start, end):
    sundays = calendar([hours], "6", state="")
    day_before = at(start) - 6 * HOUR

    assert (sundays.next_opening(day_before), sundays.closing(day_before)) == (at(start), at(end))
    assert sundays.elapsed(day_before, at(end) + 6 * HOUR) == at(end) - at(start)


def test_intervals_that_a_change_of_the_clocks_lays_over_each_other_count_once():
    sundays = calendar([("02:00", "02:30"), ("03:00", "05:00")], "6", state="")

    assert sundays.elapsed(at("2026-03-29 00:00"), at("2026-03-29 12:00")) == 2 * HOUR
    assert sundays.add(at("2026-03-29 00:00"), 2 * HOUR) == at("2026-03-29 05:00")


def test_an_interval_that_a_change_of_the_clocks_swallows_counts_nothing():
    sundays = calendar([("02:00", "03:00"), ("10:00", "11:00")], "6", state="")

    assert sundays.next_opening(at("2026-03-28 12:00")) == at("2026-03-29 10:00")


def test_a_zone_may_change_by_half_an_hour_or_skip_a_day():
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    apia = ZoneInfo("Pacific/Apia")
    half = calendar([("00:00", "24:00")], "0123456", zone="Australia/Lord_Howe", state="")
    skipped = calendar(on="0123456", zone="Pacific/Apia", state="")

    assert half.elapsed(at("2026-04-05", lord_howe), at("2026-04-06", lord_howe)) == 24.5 * HOUR
    assert skipped.add(at("2011-12-29 16:00", apia), 2 * HOUR) == at("2011-12-31 10:00", apia)


# --- holidays, closures, half days


@pytest.mark.parametrize(
    ("state", "due"),
    [("NW", "2026-06-05 13:00"), ("BY", "2026-06-05 13:00"), ("SN", "2026-06-04 13:00")],
)
def test_each_state_has_its_own_holidays(state, due):
    assert calendar(state=state).add(at("2026-06-03 17:00"), 4 * HOUR) == at(due)


def test_a_holiday_of_some_municipalities_is_an_ordinary_day():
    assert calendar(state="BY").is_open(at("2025-08-15 11:00"))


def test_a_holiday_switched_off_is_an_ordinary_day():
    working = calendar(disabled_holidays=["2026-06-04"])

    assert working.is_open(at("2026-06-04 11:00"))
    assert not working.is_open(at("2027-05-27 11:00"))


def test_a_closure_is_left_out_and_a_half_day_counts_as_far_as_it_goes():
    own = calendar(
        days={
            "2026-12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]},
            "2026-12-28": closed(),
        }
    )

    assert own.add(at("2026-12-23 15:00"), 8 * HOUR) == at("2026-12-29 12:00")


def test_a_day_named_by_its_date_holds_on_a_sunday_and_on_a_holiday_too():
    hours = {"name": "Notdienst", "intervals": [["10:00", "11:00"]]}
    own = calendar(days={"2026-12-25": hours, "2026-12-27": hours})

    assert own.add(at("2026-12-24 17:00"), 2 * HOUR) == at("2026-12-27 11:00")


def test_a_yearly_day_never_opens_a_weekend_or_a_holiday():
    hours = {"name": "Inventur", "intervals": [["10:00", "11:00"]]}
    own = calendar(recurring={"12-24": hours, "12-25": hours})

    assert own.add(at("2026-12-23 17:00"), HOUR) == at("2026-12-24 11:00")  # a Thursday
    assert not own.is_open(at("2026-12-25 10:30"))  # a holiday
    assert not own.is_open(at("2028-12-24 10:30"))  # a Sunday


def test_a_leap_day_may_be_closed_every_year():
    own = calendar(recurring={"02-29": closed()})

    assert not own.is_open(at("2028-02-29 11:00"))
    assert own.is_open(at("2028-03-01 11:00"))


# --- nights


def test_hours_past_midnight_are_two_intervals():
    assert calendar([("22:00", "06:00")], "0123456", state="") == NIGHTS


def test_a_night_over_the_end_of_the_week_ends_on_monday():
    sunday_nights = calendar([("22:00", "06:00")], "6", state="")

    assert sunday_nights.add(at("2026-03-15 12:00"), 8 * HOUR) == at("2026-03-16 06:00")


def test_of_a_night_into_a_holiday_only_the_holiday_falls_out():
    nights = calendar([("22:00", "06:00")], "0123456")

    assert nights.elapsed(at("2026-06-03 12:00"), at("2026-06-04 12:00")) == 2 * HOUR
    assert nights.elapsed(at("2026-06-04 12:00"), at("2026-06-05 12:00")) == 6 * HOUR


# --- no hours


EMPTY = calendar(on="")


@pytest.mark.parametrize("operation", [EMPTY.add, EMPTY.subtract])
def test_counting_in_a_calendar_without_hours_says_that_it_never_ends(operation):
    with pytest.raises(ZeroHoursError, match="too few business hours within 10 years"):
        operation(at("2026-03-09 09:00"), 1)


def test_a_calendar_without_hours_never_opens_but_can_be_asked():
    start, end = at("2026-03-09 09:00"), at("2026-03-12 09:00")

    assert EMPTY.elapsed(start, end) == timedelta()
    assert not EMPTY.is_open(start)
    assert [step.reason for step in EMPTY.explain(start, end)] == [Reason.CLOSED] * 4
    for question in (EMPTY.next_opening, EMPTY.closing):
        with pytest.raises(ZeroHoursError):
            question(start)


def test_hours_that_have_run_out_say_that_they_never_end():
    once = calendar(
        on="", days={"2027-03-01": {"name": "Einmal", "intervals": [["09:00", "12:00"]]}}
    )

    assert once.add(at("2026-03-09 09:00"), 3 * HOUR) == at("2027-03-01 12:00")
    with pytest.raises(ZeroHoursError):
        once.add(at("2026-03-09 09:00"), 3 * HOUR + timedelta(seconds=1))


def test_what_never_ends_does_not_depend_on_what_was_asked_before():
    mondays = calendar([("09:00", "09:30")], "0")
    start, more_than_ten_years = at("2026-03-09 09:00"), 600 * HOUR
    with pytest.raises(ZeroHoursError):
        mondays.add(start, more_than_ten_years)

    mondays.add(at("2060-03-09 09:00"), HOUR)
    mondays.add(at("1995-03-09 09:00"), HOUR)

    with pytest.raises(ZeroHoursError):
        mondays.add(start, more_than_ten_years)
    with pytest.raises(ZeroHoursError):
        mondays.subtract(at("2046-03-09 09:00"), more_than_ten_years)


@pytest.mark.parametrize("year", [1, 1990, 2101, 9999])
def test_years_whose_holidays_nobody_knows_are_refused(year):
    with pytest.raises(CalendarError, match=r"1991 to 2100|outside every calendar"):
        OFFICE.add(datetime(year, 1, 1, tzinfo=UTC), HOUR)


def test_a_deadline_after_the_last_known_year_is_refused():
    with pytest.raises(CalendarError, match="1991 to 2100"):
        OFFICE.add(at("2100-12-31 16:00"), 2 * HOUR)


# --- explanations


def explained(calendar, start, due):
    return [
        (
            f"{step.day:%a %d}",
            step.from_ and f"{step.from_:%H:%M}–{step.to:%H:%M}",
            step.seconds,
            step.reason,
            step.name,
            step.name_en,
        )
        for step in calendar.explain(at(start), at(due))
    ]


def test_an_explanation_names_what_counted_and_why_the_rest_did_not():
    own = calendar(
        days={"2026-04-02": {"name": "Gründonnerstag", "intervals": [["09:00", "12:00"]]}},
        recurring={"04-07": closed("Betriebsausflug")},
    )

    assert explained(own, "2026-04-01 18:00", "2026-04-08 10:00") == [
        ("Wed 01", None, 0, "outside_hours", "", ""),
        ("Thu 02", "09:00–12:00", 10800, "half_day", "Gründonnerstag", "Gründonnerstag"),
        ("Fri 03", None, 0, "holiday", "Karfreitag", "Good Friday"),
        ("Sat 04", None, 0, "weekend", "", ""),
        ("Sun 05", None, 0, "weekend", "", ""),
        ("Mon 06", None, 0, "holiday", "Ostermontag", "Easter Monday"),
        ("Tue 07", None, 0, "closure", "Betriebsausflug", "Betriebsausflug"),
        ("Wed 08", "09:00–10:00", 3600, "open", "", ""),
    ]


def test_a_working_day_without_hours_is_closed_and_a_break_splits_a_day():
    own = calendar([("09:00", "12:00"), ("13:00", "17:00")], "014")

    assert explained(own, "2026-03-10 11:00", "2026-03-13 10:00") == [
        ("Tue 10", "11:00–12:00", 3600, "open", "", ""),
        ("Tue 10", "13:00–17:00", 14400, "open", "", ""),
        ("Wed 11", None, 0, "closed", "", ""),
        ("Thu 12", None, 0, "closed", "", ""),
        ("Fri 13", "09:00–10:00", 3600, "open", "", ""),
    ]


def test_an_explanation_to_midnight_ends_with_the_day():
    assert explained(NIGHTS, "2026-03-10 21:00", "2026-03-11 00:00") == [
        ("Tue 10", "22:00–00:00", 7200, "open", "", ""),
    ]


def test_an_explanation_of_nothing_is_empty():
    assert OFFICE.explain(at("2026-03-10 12:00"), at("2026-03-10 12:00")) == []
    assert OFFICE.explain(at("2026-03-10 12:00"), at("2026-03-10 11:00")) == []


def test_fractions_of_seconds_leave_the_sum_of_an_explanation_whole():
    start = at("2026-03-10 16:59:59.6")

    steps = OFFICE.explain(start, OFFICE.add(start, 1))

    assert [step.seconds for step in steps] == [0, 1]
    assert steps[0].from_ == start


def test_two_holidays_on_one_day_are_one_step():
    steps = OFFICE.explain(at("2008-04-30 16:00"), at("2008-05-02 10:00"))

    assert [step.name for step in steps] == ["", "Christi Himmelfahrt; Erster Mai", ""]


# --- the pages of an admin


def test_days_are_shown_with_their_hours_and_names():
    nine_to_five = (Interval(540, 1020),)

    assert OFFICE.days(date(2026, 12, 31), 3) == [
        DayHours(date(2026, 12, 31), nine_to_five, Reason.OPEN),
        DayHours(date(2027, 1, 1), (), Reason.HOLIDAY, "Neujahr", "New Year's Day"),
        DayHours(date(2027, 1, 2), (), Reason.WEEKEND),
    ]


def test_the_holidays_of_a_year_show_which_are_switched_off():
    own = calendar(state="HE", disabled_holidays=["2026-06-04"])

    holidays = own.holidays(2026)

    assert holidays[0] == Holiday(date(2026, 1, 1), "Neujahr", "New Year's Day", False)
    assert [holiday.name for holiday in holidays if holiday.is_disabled] == ["Fronleichnam"]
    assert len(holidays) == 10


@pytest.mark.parametrize("year", [FIRST_YEAR, LAST_YEAR])
def test_the_first_and_the_last_known_year_have_their_holidays(year):
    names = {holiday.name for holiday in OFFICE.holidays(year)}

    assert {"Neujahr", "Karfreitag", "Ostermontag", "Erster Mai", "Allerheiligen"} <= names


# --- sharing


def test_equal_specifications_are_one_calendar():
    assert calendar() is OFFICE
    assert calendar(state="BY") != OFFICE
    assert len({calendar(), OFFICE, calendar(state="BY")}) == 2


def test_threads_share_a_calendar_that_is_still_growing():
    starts = [at(f"{year}-03-06 16:00") for year in range(1995, 2095, 3)]
    alone, shared = (calendar(recurring={"08-17": closed(name)}) for name in ("alone", "shared"))
    expected = [alone.add(start, 20 * HOUR) for start in starts]

    with ThreadPoolExecutor(8) as pool:
        futures = [
            pool.submit(shared.add, start, 20 * HOUR) for start in [*starts[::2], *starts[::-1]]
        ]
        found = {future.result() for future in futures}

    assert found == set(expected)
