# ruff: noqa: E501 -- a table is read across
"""The worked examples that sla/calendar.py must reproduce; all moments local, Europe/Berlin."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.calendar import Calendar

BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*, days, hours, subdivision=None):
    region = {"country": "DE", "subdivision": subdivision} if subdivision else {}
    weekly = {str(day): hours for day in range(days)}
    return Calendar.from_spec({"zone": "Europe/Berlin", "weekly": weekly, **region})


OFFICE = calendar(days=5, hours=[["09:00", "17:00"]], subdivision="NW")

LONG_DAYS = calendar(days=5, hours=[["08:00", "18:00"]], subdivision="NW")
WITH_BREAKS = Calendar.from_spec(
    {
        "zone": "Europe/Berlin",
        "country": "DE",
        "subdivision": "NW",
        "weekly": {
            **{str(day): [["08:00", "12:00"], ["13:00", "17:00"]] for day in range(4)},
            "4": [["08:00", "12:00"], ["13:00", "15:00"]],
        },
    }
)
ALWAYS = calendar(days=7, hours=[["00:00", "24:00"]])
NIGHTS = calendar(days=7, hours=[["00:00", "06:00"], ["22:00", "24:00"]])
CALENDARS = {"A": LONG_DAYS, "B": WITH_BREAKS, "C": ALWAYS, "N": NIGHTS}

TIERS = """
# created               | 4 h                     | 8 h                     | 12 h                    | 16 h                    | why
Tue 2026-03-10 09:00    | Tue 2026-03-10 13:00    | Tue 2026-03-10 17:00    | Wed 2026-03-11 13:00    | Wed 2026-03-11 17:00    | opening
Tue 2026-03-10 13:00    | Tue 2026-03-10 17:00    | Wed 2026-03-11 13:00    | Wed 2026-03-11 17:00    | Thu 2026-03-12 13:00    |
Tue 2026-03-10 16:59:30 | Wed 2026-03-11 12:59:30 | Wed 2026-03-11 16:59:30 | Thu 2026-03-12 12:59:30 | Thu 2026-03-12 16:59:30 | 30 s before closing
Tue 2026-03-10 17:00    | Wed 2026-03-11 13:00    | Wed 2026-03-11 17:00    | Thu 2026-03-12 13:00    | Thu 2026-03-12 17:00    | exactly at closing
Tue 2026-03-10 22:15    | Wed 2026-03-11 13:00    | Wed 2026-03-11 17:00    | Thu 2026-03-12 13:00    | Thu 2026-03-12 17:00    | evening
Wed 2026-03-11 05:30    | Wed 2026-03-11 13:00    | Wed 2026-03-11 17:00    | Thu 2026-03-12 13:00    | Thu 2026-03-12 17:00    | before opening
Fri 2026-03-13 16:30    | Mon 2026-03-16 12:30    | Mon 2026-03-16 16:30    | Tue 2026-03-17 12:30    | Tue 2026-03-17 16:30    | Friday afternoon
Sat 2026-03-14 11:00    | Mon 2026-03-16 13:00    | Mon 2026-03-16 17:00    | Tue 2026-03-17 13:00    | Tue 2026-03-17 17:00    | Saturday
Fri 2026-03-27 16:00    | Mon 2026-03-30 12:00    | Mon 2026-03-30 16:00    | Tue 2026-03-31 12:00    | Tue 2026-03-31 16:00    | Friday before spring DST
Sun 2026-03-29 02:30    | Mon 2026-03-30 13:00    | Mon 2026-03-30 17:00    | Tue 2026-03-31 13:00    | Tue 2026-03-31 17:00    | hour that does not exist
Thu 2026-04-02 16:00    | Tue 2026-04-07 12:00    | Tue 2026-04-07 16:00    | Wed 2026-04-08 12:00    | Wed 2026-04-08 16:00    | Maundy Thursday: Good Friday, weekend, Easter Monday
Mon 2026-04-06 10:00    | Tue 2026-04-07 13:00    | Tue 2026-04-07 17:00    | Wed 2026-04-08 13:00    | Wed 2026-04-08 17:00    | on Easter Monday
Thu 2026-04-30 15:00    | Mon 2026-05-04 11:00    | Mon 2026-05-04 15:00    | Tue 2026-05-05 11:00    | Tue 2026-05-05 15:00    | before 1 May (Fri)
Wed 2026-05-13 16:00    | Fri 2026-05-15 12:00    | Fri 2026-05-15 16:00    | Mon 2026-05-18 12:00    | Mon 2026-05-18 16:00    | before Ascension; bridge day works
Fri 2026-05-22 15:00    | Tue 2026-05-26 11:00    | Tue 2026-05-26 15:00    | Wed 2026-05-27 11:00    | Wed 2026-05-27 15:00    | before Whit Monday
Wed 2026-06-03 12:00    | Wed 2026-06-03 16:00    | Fri 2026-06-05 12:00    | Fri 2026-06-05 16:00    | Mon 2026-06-08 12:00    | before Corpus Christi (NW)
Fri 2026-10-02 16:00    | Mon 2026-10-05 12:00    | Mon 2026-10-05 16:00    | Tue 2026-10-06 12:00    | Tue 2026-10-06 16:00    | 3 Oct is a Saturday
Sun 2026-10-25 02:30    | Mon 2026-10-26 13:00    | Mon 2026-10-26 17:00    | Tue 2026-10-27 13:00    | Tue 2026-10-27 17:00    | hour that exists twice
Fri 2026-10-30 12:00    | Fri 2026-10-30 16:00    | Mon 2026-11-02 12:00    | Mon 2026-11-02 16:00    | Tue 2026-11-03 12:00    | 1 Nov is a Sunday
Wed 2026-12-23 15:00    | Thu 2026-12-24 11:00    | Thu 2026-12-24 15:00    | Mon 2026-12-28 11:00    | Mon 2026-12-28 15:00    | 24 Dec is an ordinary day
Thu 2026-12-24 16:00    | Mon 2026-12-28 12:00    | Mon 2026-12-28 16:00    | Tue 2026-12-29 12:00    | Tue 2026-12-29 16:00    | Christmas
Wed 2026-12-30 16:45    | Thu 2026-12-31 12:45    | Thu 2026-12-31 16:45    | Mon 2027-01-04 12:45    | Mon 2027-01-04 16:45    | 31 Dec ordinary, 1 Jan holiday (Fri)
Thu 2027-03-25 16:00    | Tue 2027-03-30 12:00    | Tue 2027-03-30 16:00    | Wed 2027-03-31 12:00    | Wed 2027-03-31 16:00    | Easter 2027 and spring DST
Fri 2027-10-29 16:00    | Tue 2027-11-02 12:00    | Tue 2027-11-02 16:00    | Wed 2027-11-03 12:00    | Wed 2027-11-03 16:00    | 1 Nov 2027 (Mon) and autumn DST
"""

OTHER = """
# | created                 | h  | due                     | due in UTC        | why
A | Tue 2026-03-10 09:00    | 4  | Tue 2026-03-10 13:00    | 2026-03-10T12:00Z | plain
A | Tue 2026-03-10 09:00    | 8  | Tue 2026-03-10 17:00    | 2026-03-10T16:00Z | plain
A | Tue 2026-03-10 09:00    | 12 | Wed 2026-03-11 11:00    | 2026-03-11T10:00Z | over night
A | Tue 2026-03-10 09:00    | 16 | Wed 2026-03-11 15:00    | 2026-03-11T14:00Z | over night
A | Tue 2026-03-10 08:00    | 4  | Tue 2026-03-10 12:00    | 2026-03-10T11:00Z | exactly at opening
A | Tue 2026-03-10 14:00    | 4  | Tue 2026-03-10 18:00    | 2026-03-10T17:00Z | ends exactly at closing: 18:00, not next day
A | Tue 2026-03-10 18:00    | 4  | Wed 2026-03-11 12:00    | 2026-03-11T11:00Z | created exactly at closing → next day
A | Tue 2026-03-10 17:59:30 | 4  | Wed 2026-03-11 11:59:30 | 2026-03-11T10:59Z | 30 s before closing
A | Tue 2026-03-10 22:15    | 8  | Wed 2026-03-11 16:00    | 2026-03-11T15:00Z | created in the evening
A | Wed 2026-03-11 05:30    | 8  | Wed 2026-03-11 16:00    | 2026-03-11T15:00Z | before opening
A | Fri 2026-03-13 16:00    | 4  | Mon 2026-03-16 10:00    | 2026-03-16T09:00Z | Friday → Monday
A | Fri 2026-03-13 16:00    | 16 | Tue 2026-03-17 12:00    | 2026-03-17T11:00Z | Friday → Tuesday
A | Sat 2026-03-14 11:00    | 4  | Mon 2026-03-16 12:00    | 2026-03-16T11:00Z | Saturday
A | Sun 2026-03-15 23:59    | 8  | Mon 2026-03-16 16:00    | 2026-03-16T15:00Z | Sunday night
A | Fri 2026-03-27 17:00    | 4  | Mon 2026-03-30 11:00    | 2026-03-30T09:00Z | Fri before spring DST (29 Mar): 4 business h, 61 real h
A | Sat 2026-03-28 12:00    | 8  | Mon 2026-03-30 16:00    | 2026-03-30T14:00Z | Sat of spring DST weekend
A | Sun 2026-03-29 02:30    | 4  | Mon 2026-03-30 12:00    | 2026-03-30T10:00Z | non-existing local time on DST Sunday
A | Thu 2026-04-02 16:00    | 4  | Tue 2026-04-07 10:00    | 2026-04-07T08:00Z | Maundy Thu → over Good Friday + Easter Monday
A | Thu 2026-04-02 16:00    | 12 | Tue 2026-04-07 18:00    | 2026-04-07T16:00Z | same, 12 h
A | Fri 2026-04-03 10:00    | 4  | Tue 2026-04-07 12:00    | 2026-04-07T10:00Z | created on Good Friday
A | Thu 2026-04-30 15:00    | 8  | Mon 2026-05-04 13:00    | 2026-05-04T11:00Z | day before 1 May (Fri) + weekend
A | Wed 2026-05-13 17:00    | 4  | Fri 2026-05-15 11:00    | 2026-05-15T09:00Z | before Ascension (Thu 14 May); Friday is a bridge day but open
A | Fri 2026-05-22 15:00    | 8  | Tue 2026-05-26 13:00    | 2026-05-26T11:00Z | before Whit Monday
A | Wed 2026-06-03 12:00    | 16 | Fri 2026-06-05 18:00    | 2026-06-05T16:00Z | Corpus Christi 4 Jun (NRW, not all states)
A | Fri 2026-10-02 16:00    | 4  | Mon 2026-10-05 10:00    | 2026-10-05T08:00Z | 3 Oct is Saturday: no extra day
A | Fri 2026-10-23 17:00    | 4  | Mon 2026-10-26 11:00    | 2026-10-26T10:00Z | Fri before autumn DST (25 Oct)
A | Sun 2026-10-25 02:30    | 8  | Mon 2026-10-26 16:00    | 2026-10-26T15:00Z | ambiguous time, first occurrence (CEST)
A | Fri 2026-10-30 16:00    | 8  | Mon 2026-11-02 14:00    | 2026-11-02T13:00Z | 1 Nov is Sunday; 31 Oct is no holiday in NRW
A | Wed 2026-12-23 15:00    | 8  | Thu 2026-12-24 13:00    | 2026-12-24T12:00Z | 24 Dec is a normal day by default
A | Thu 2026-12-24 16:00    | 4  | Mon 2026-12-28 10:00    | 2026-12-28T09:00Z | Thu → 25 Fri holiday, 26 Sat → Monday 28
A | Wed 2026-12-30 17:00    | 12 | Mon 2027-01-04 09:00    | 2027-01-04T08:00Z | 31 Dec open, 1 Jan (Fri) holiday → Mon 4 Jan
A | Thu 2027-03-25 16:00    | 4  | Tue 2027-03-30 10:00    | 2027-03-30T08:00Z | Easter 2027 (26/29 Mar) + spring DST 28 Mar together
A | Fri 2027-10-29 17:00    | 4  | Tue 2027-11-02 11:00    | 2027-11-02T10:00Z | All Saints Mon 1 Nov 2027 + autumn DST 31 Oct
B | Tue 2026-03-10 11:30    | 4  | Tue 2026-03-10 16:30    | 2026-03-10T15:30Z | lunch break 12–13
B | Tue 2026-03-10 12:30    | 4  | Tue 2026-03-10 17:00    | 2026-03-10T16:00Z | created in lunch break
B | Thu 2026-03-12 15:00    | 8  | Fri 2026-03-13 15:00    | 2026-03-13T14:00Z | Thu → short Friday (6 h)
B | Fri 2026-03-13 14:30    | 12 | Tue 2026-03-17 11:30    | 2026-03-17T10:30Z | Fri 15:00 close → Tuesday
B | Thu 2026-04-02 16:30    | 16 | Wed 2026-04-08 16:30    | 2026-04-08T14:30Z | Easter with breaks
C | Sat 2026-03-28 23:00    | 4  | Sun 2026-03-29 04:00    | 2026-03-29T02:00Z | 24×7 across spring DST: clock shows +5 h
C | Sat 2026-10-24 23:00    | 4  | Sun 2026-10-25 02:00 (2nd) | 2026-10-25T01:00Z | 24×7 across autumn DST: clock shows +3 h
C | Sat 2026-10-24 23:00    | 16 | Sun 2026-10-25 14:00    | 2026-10-25T13:00Z | 24×7 autumn, 16 h
N | Sat 2026-03-28 20:00    | 8  | Sun 2026-03-29 23:00    | 2026-03-29T21:00Z | night shift 22–06, spring DST night has 7 h
N | Sat 2026-10-24 20:00    | 8  | Sun 2026-10-25 05:00    | 2026-10-25T04:00Z | night shift, autumn DST night has 9 h
"""


def rows(table):
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()[1:]]


def local(text):
    """Read "Tue 2026-03-10 09:00[:30]", whose weekday must be right; "(2nd)" is the second of two equal hours."""
    weekday, day, clock, *second = text.split()
    at = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=BERLIN, fold=bool(second))
    assert at.strftime("%a") == weekday
    return at


TIER_EXAMPLES = [
    pytest.param(created, hours, due, id=f"{created} + {hours} h {why}")
    for created, *dues, why in rows(TIERS)
    for hours, due in zip((4, 8, 12, 16), dues, strict=True)
]
OTHER_EXAMPLES = [
    pytest.param(name, created, int(hours), due, in_utc, id=f"{name} {created} + {hours} h {why}")
    for name, created, hours, due, in_utc, why in rows(OTHER)
]


def test_the_tables_are_complete():
    assert (len(TIER_EXAMPLES), len(OTHER_EXAMPLES)) == (96, 43)


@pytest.mark.parametrize(("created", "hours", "due"), TIER_EXAMPLES)
def test_tier_example(created, hours, due):
    start, expected = local(created), local(due).astimezone(UTC)

    assert OFFICE.add(start, timedelta(hours=hours)) == expected
    assert OFFICE.elapsed(start, expected) == timedelta(hours=hours)
    assert sum(step.seconds for step in OFFICE.explain(start, expected)) == hours * 3600


@pytest.mark.parametrize(("name", "created", "hours", "due", "in_utc"), OTHER_EXAMPLES)
def test_other_example(name, created, hours, due, in_utc):
    start, expected = local(created), local(due).astimezone(UTC)

    assert CALENDARS[name].add(start, timedelta(hours=hours)) == expected
    assert f"{expected:%Y-%m-%dT%H:%MZ}" == in_utc
    assert CALENDARS[name].elapsed(start, expected) == timedelta(hours=hours)
    assert sum(step.seconds for step in CALENDARS[name].explain(start, expected)) == hours * 3600


@pytest.mark.parametrize(
    ("name", "start", "end", "hours"),
    [
        ("A", "Fri 2026-03-13 16:00", "Mon 2026-03-16 10:00", 4),
        ("A", "Thu 2026-04-02 16:00", "Tue 2026-04-07 10:00", 4),
        ("A", "Sat 2026-03-14 10:00", "Sun 2026-03-15 20:00", 0),
        ("C", "Sun 2026-03-29 00:00", "Mon 2026-03-30 00:00", 23),
        ("C", "Sun 2026-10-25 00:00", "Mon 2026-10-26 00:00", 25),
    ],
)
def test_elapsed_example(name, start, end, hours):
    assert CALENDARS[name].elapsed(local(start), local(end)) == timedelta(hours=hours)
