"""What a specification may say, and what is refused with which words."""

import copy

import pytest

from sla.calendar import Calendar, CalendarError, Interval
from sla.calendar_spec import opening_hours

SPEC = {
    "zone": "Europe/Berlin",
    "country": "DE",
    "subdivision": "NW",
    "weekly": {"0": [["09:00", "17:00"]], "5": [], "6": []},
    "disabled_holidays": ["2026-12-25"],
    "days": {"2026-12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]}},
    "recurring": {"12-31": {"name": "Silvester", "intervals": []}},
}


def changed(**changes):
    return {**copy.deepcopy(SPEC), **changes}


def weekly(*intervals):
    return {"weekly": {"0": [list(interval) for interval in intervals]}}


def day(**day):
    return {"days": {"2026-12-24": day}}


def test_only_a_zone_and_a_week_are_needed():
    hours = opening_hours({"zone": "Europe/Berlin", "weekly": {}})

    assert hours.weekly == ((),) * 7
    assert not hours.holidays(2026)


def test_a_country_without_a_subdivision_has_the_holidays_of_the_whole_country():
    assert len(Calendar.from_spec(changed(subdivision="")).holidays(2026)) == 9


def test_a_state_may_be_given_by_its_name():
    assert opening_hours(changed(subdivision="Nordrhein-Westfalen")) == opening_hours(SPEC)


def test_other_countries_have_holidays_too():
    austria = Calendar.from_spec(changed(zone="Europe/Vienna", country="AT", subdivision=""))

    assert ("Mariä Himmelfahrt", "Assumption Day") in {
        (holiday.name, holiday.name_en) for holiday in austria.holidays(2026)
    }


def test_intervals_may_touch_come_in_any_order_and_last_until_midnight():
    hours = opening_hours(changed(**weekly(("12:00", "24:00"), ("00:00", "12:00"))))

    assert hours.weekly[0] == (Interval(0, 720), Interval(720, 1440))


def test_an_interval_until_zero_hours_ends_at_midnight():
    hours = opening_hours(changed(**weekly(("22:00", "00:00"))))

    assert (hours.weekly[0], hours.weekly[1]) == ((Interval(1320, 1440),), ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zone": "Europe/Bonn"}, "Unknown time zone 'Europe/Bonn'"),
        ({"zone": "Europe"}, "Unknown time zone 'Europe'"),
        ({"zone": "../../etc/passwd"}, "Unknown time zone"),
        ({"zone": ""}, "Unknown time zone ''"),
        ({"zone": None}, "zone: a text is needed, not None"),
        ({"country": "XX"}, "Unknown country 'XX'"),
        ({"country": "de"}, "Unknown country 'de'"),
        ({"subdivision": "NRW"}, "Unknown subdivision 'NRW' of DE: known are BB, BE"),
        ({"country": ""}, "The subdivision 'NW' needs a country"),
        ({"weekly": None}, "weekly: an object is needed, not None"),
        ({"weekly": {"7": []}}, "weekly: '7' is no weekday"),
        ({"weekly": {"0": "09:00-17:00"}}, "Monday: a list is needed"),
        (
            weekly(("09:00", "12:00"), ("11:59", "17:00")),
            "Monday: 09:00–12:00 and 11:59–17:00 overlap",
        ),
        (weekly(("09:00", "09:00")), "Monday: 09:00–09:00 does not end after it starts"),
        (weekly(("24:00", "24:00")), "Monday: 24:00–24:00 does not end after it starts"),
        (weekly(("24:00", "06:00")), "does not end after it starts"),
        (weekly(("9:00", "17:00")), "Monday: '9:00' is no time of day"),
        (weekly(("09:00", "24:01")), "Monday: '24:01' is no time of day"),
        (weekly(("09:00", "17:00\n")), "is no time of day"),
        (weekly((9, 17)), "Monday: 9 is no time of day"),
        (weekly(("09:00",)), r"Monday: an interval is a start and an end, not \['09:00'\]"),
        (
            {"weekly": {"6": [["22:00", "06:00"]], "0": [["05:00", "12:00"]]}},
            "Monday: 00:00–06:00 and 05:00–12:00 overlap",
        ),
        (
            day(name="x", intervals=[["12:00", "09:00"]]),
            "2026-12-24: 12:00–09:00 does not end after",
        ),
        (
            day(name="x", intervals=[["09:00", "12:00"], ["10:00", "11:00"]]),
            "2026-12-24: .* overlap",
        ),
        (day(name="x"), "2026-12-24: a day has a name and intervals"),
        (day(name="x", intervals=[], hours=[]), "2026-12-24: a day has a name and intervals"),
        (day(name=3, intervals=[]), "2026-12-24: a text is needed, not 3"),
        ({"days": {"24.12.2026": {"intervals": []}}}, "'24.12.2026' is no day"),
        ({"days": {"2026-02-30": {"intervals": []}}}, "There is no day 2026-02-30"),
        ({"recurring": {"02-30": {"intervals": []}}}, "recurring: '02-30' is no day of a year"),
        ({"recurring": {"2026-12-24": {"intervals": []}}}, "recurring: '2026-12-24' is no day"),
        ({"disabled_holidays": ["2026-12-32"]}, "There is no day 2026-12-32"),
        ({"disabled_holidays": "2026-12-25"}, "disabled_holidays: a list is needed"),
        ({"hours": {}}, "Unknown keys: hours"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_place_and_the_reason(changes, message):
    with pytest.raises(CalendarError, match=message):
        Calendar.from_spec(changed(**changes))


@pytest.mark.parametrize("spec", [None, [], "Europe/Berlin", {1: 2}])
def test_what_is_no_object_is_refused(spec):
    with pytest.raises(CalendarError, match="an object is needed"):
        Calendar.from_spec(spec)


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (60, 60), (90, 60), (0, 1441)])
def test_an_interval_lies_within_one_day(start, end):
    with pytest.raises(CalendarError, match="within one day"):
        Interval(start, end)
