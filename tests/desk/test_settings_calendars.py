from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django_tenants.utils import schema_context

from sla.calendar import Calendar
from sla.models import BusinessCalendar, CalendarVersion, Promise, SupportTier
from tests.factories import CustomerFactory, open_ticket, organisation
from tests.sla.moments import berlin

NOON = berlin("2026-11-25 12:00")
ON_TOP = ("name", "zone", "country", "subdivision")
WARNINGS = ("at_risk_minutes", "warn_percent", "warn_minutes")


@pytest.fixture(autouse=True)
def _noon():
    """Wednesday, 25 November 2026, noon; the first version is older."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def boss(client, admin):
    CalendarVersion.objects.update(valid_from=berlin("2026-01-01 00:00"))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def default():
    return BusinessCalendar.objects.get(is_default=True)


def address(calendar=None):
    return reverse("desk:calendar", args=[(calendar or default()).pk])


def shown(page):
    """What the form on a page would send as it stands, without the pressed button."""
    editing = page.context["editing"]
    values = {name: editing.form[name].value() for name in (*ON_TOP, *WARNINGS, "seen")}
    values["shown"] = page.context["shown"]
    values["holiday"] = [
        holiday.day.isoformat()
        for year in page.context["years"]
        for holiday in year.holidays
        if holiday.is_on
    ]
    for rows in (*editing.week, editing.days):
        values[f"{rows.prefix}-TOTAL_FORMS"] = len(rows.forms)
        values[f"{rows.prefix}-INITIAL_FORMS"] = rows.initial_form_count()
        for row in rows:
            for field in row:
                value = field.value()
                if field.field.widget.input_type == "checkbox":
                    value = "on" if value else None
                values[field.html_name] = value
    return {name: "" if value is None else value for name, value in values.items() if value != ""}


def typed(boss, calendar=None, **changed):
    """The form as it was loaded, with some fields typed over; "–" is written "_" in names."""
    values = shown(boss.get(address(calendar)))
    return {
        **{name: value for name, value in values.items() if name not in unticked(values)},
        **changed,
    }


def unticked(values):
    boxes = ("is_overnight", "is_yearly")
    return {name for name in values if name.endswith(boxes) and not values[name]}


def special(number, name, first, last="", hours="", *, yearly=False):
    row = {"name": name, "first": first, "last": last, "hours": hours}
    if yearly:
        row["is_yearly"] = "on"
    return {f"days-{number}-{field}": value for field, value in row.items()}


def days(*rows):
    """Rows of special days, as fields."""
    values = {"days-TOTAL_FORMS": len(rows), "days-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        values |= (
            special(number, *row[:-1], **row[-1])
            if row and isinstance(row[-1], dict)
            else (special(number, *row))
        )
    return values


def send(boss, step, values, calendar=None):
    return boss.post(address(calendar), {**values, "step": step})


def save(boss, **changed):
    """Confirm and save, as an admin does; returns the newest specification."""
    values = typed(boss, **changed)
    confirmation = send(boss, "check", values)
    assert confirmation.templates[0].name == "desk/settings/calendar_confirmation.html"
    carried = {}
    for name, value in confirmation.context["typed"]:
        carried.setdefault(name, []).append(value)
    response = boss.post(address(), {**carried, "step": "save"})
    assert (response.status_code, response.url) == (302, reverse("desk:calendars"))
    return default().versions.latest("number").spec


def complaints(page):
    editing = page.context["editing"]
    rows = [row for formset in (*editing.week, editing.days) for row in formset]
    found = [text for row in rows for errors in row.errors.values() for text in errors]
    found += [text for errors in editing.form.errors.values() for text in errors]
    return [*found, *editing.overlaps.values(), *editing.problems]


def test_the_list_shows_hours_and_who_uses_them(boss):
    other = BusinessCalendar.objects.create(name="Spätschicht")
    spec = {"zone": "Europe/Berlin", "weekly": {"0": [["12:00", "20:00"]]}}
    CalendarVersion.objects.create(calendar=other, number=1, spec=spec)
    SupportTier.objects.filter(name="Gold").update(calendar=other)

    page = boss.get(reverse("desk:calendars"))

    first, second = page.context["calendars"]
    assert [tier.name for tier in first.tiers] == ["Basis", "Bronze", "Silber"]
    assert [tier.name for tier in second.tiers] == ["Gold"]
    assert second.week == [("Monday", "12:00–20:00"), ("Tuesday – Sunday", "closed")]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_runs_a_fixed_number_of_queries(boss, django_assert_num_queries, count):
    for number in range(count):
        other = BusinessCalendar.objects.create(name=f"Schicht {number}")
        spec = {"zone": "Europe/Berlin", "weekly": {"0": [["12:00", "20:00"]]}}
        CalendarVersion.objects.create(calendar=other, number=1, spec=spec)
    with django_assert_num_queries(9):
        page = boss.get(reverse("desk:calendars"))

    assert len(page.context["calendars"]) == 1 + count


def test_the_form_sent_as_it_was_shown_saves_nothing(boss):
    response = send(boss, "check", typed(boss))

    assert (response.status_code, response.url) == (302, address())
    assert CalendarVersion.objects.count() == 1


def test_new_hours_are_confirmed_and_become_the_next_version(boss):
    requester = CustomerFactory(organisation=organisation(booked="Gold"))
    ticket = open_ticket(requester)
    due_at = ticket.promises.get().due_at

    confirmation = send(boss, "check", typed(boss, **{"week-2-0-end": "14"}))

    assert CalendarVersion.objects.count() == 1
    assert confirmation.context["kept"] == 1
    assert [(one.what, one.old, one.new) for one in confirmation.context["changes"]] == [
        ("Wednesday", "09:00–17:00", "09:00–14:00")
    ]
    effects = {one.tier.name: one.after for one in confirmation.context["effects"]}
    assert effects["Gold"] == berlin("2026-11-26 11:00")
    page = confirmation.content.decode()
    assert "<strong>1 open promise</strong> was made under version 1" in page
    assert (
        "Version 2 counts for every promise made <strong>from the moment you save</strong>" in page
    )

    spec = save(boss, **{"week-2-0-end": "14"})

    assert spec["weekly"]["2"] == [["09:00", "14:00"]]
    assert default().current().number == 2
    assert Promise.objects.get(ticket=ticket).due_at == due_at
    assert open_ticket(requester).promises.get().due_at == berlin("2026-11-26 11:00")


def test_going_back_from_the_confirmation_keeps_what_was_typed(boss):
    page = send(boss, "edit", typed(boss, **{"week-2-0-end": "14"}))

    assert page.status_code == 200
    assert page.context["editing"].week[2][0]["end"].value() == "14"
    assert CalendarVersion.objects.count() == 1


@pytest.mark.parametrize("written", ["9", "09", "9:00", "09.00", "0900", "9,00", "9 Uhr", " 9:00 "])
def test_times_are_understood_however_they_are_written(boss, written):
    response = send(boss, "check", typed(boss, **{"week-0-0-start": written}))

    assert response.status_code == 302


def test_a_day_may_have_several_intervals(boss):
    values = typed(boss, **{"week-0-0-end": "12"})
    page = send(boss, "add:week-0", values)
    assert len(page.context["editing"].week[0]) == 2

    spec = save(
        boss,
        **{
            "week-0-TOTAL_FORMS": 2,
            "week-0-0-end": "12",
            "week-0-1-start": "13:30",
            "week-0-1-end": "18",
        },
    )

    assert spec["weekly"]["0"] == [["09:00", "12:00"], ["13:30", "18:00"]]


def test_an_emptied_day_is_closed(boss):
    spec = save(boss, **{"week-4-0-start": "", "week-4-0-end": ""})

    assert spec["weekly"]["4"] == []


def test_a_row_is_taken_out_and_those_behind_it_move_up(boss):
    values = typed(boss) | days(
        ("Heiligabend", "2026-12-24"), ("Silvester", "2026-12-31"), ("Umzug", "2027-01-11")
    )

    page = send(boss, "remove:days-1", values)

    rows = page.context["editing"].days
    assert [row["name"].value() for row in rows] == ["Heiligabend", "Umzug"]


@pytest.mark.parametrize("step", ["remove:days-9", "remove:days-x", "remove:", "add:", "dance"])
def test_a_step_that_does_not_exist_changes_nothing(boss, step):
    page = send(boss, step, typed(boss) | days(("Heiligabend", "2026-12-24")))

    assert page.status_code == 200
    assert len(page.context["editing"].days) == 1
    assert CalendarVersion.objects.count() == 1


def test_closures_half_days_and_those_of_every_year_are_stored(boss):
    spec = save(
        boss,
        **days(
            ("Betriebsferien", "2026-12-28", "2026-12-30"),
            ("Inventur", "2027-01-11", "", "9–12, 13:30–15"),
            ("Heiligabend", "2026-12-24", "", "9-12", {"yearly": True}),
        ),
    )

    closed = {"name": "Betriebsferien", "intervals": []}
    assert spec["days"] == {
        "2026-12-28": closed,
        "2026-12-29": closed,
        "2026-12-30": closed,
        "2027-01-11": {
            "name": "Inventur",
            "intervals": [["09:00", "12:00"], ["13:30", "15:00"]],
        },
    }
    assert spec["recurring"] == {
        "12-24": {"name": "Heiligabend", "intervals": [["09:00", "12:00"]]}
    }
    rows = boss.get(address()).context["editing"].days
    assert [(row["name"].value(), row["hours"].value()) for row in rows] == [
        ("Betriebsferien", ""),
        ("Inventur", "09:00–12:00, 13:30–15:00"),
        ("Heiligabend", "09:00–12:00"),
    ]
    assert send(boss, "check", typed(boss)).status_code == 302


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-12-30", "2027-01-02", ["01-01", "01-02", "12-30", "12-31"]),
        ("2028-02-29", "", ["02-29"]),
        ("2026-02-28", "2026-03-01", ["02-28", "02-29", "03-01"]),
    ],
)
def test_days_of_every_year_go_over_new_year_and_know_leap_days(boss, first, last, expected):
    spec = save(boss, **days(("Pause", first, last, "", {"yearly": True})))

    assert sorted(spec["recurring"]) == expected
    assert send(boss, "check", typed(boss)).status_code == 302


def test_single_holidays_are_switched_off_and_on_again(boss):
    off = typed(boss)
    off["holiday"] = [day for day in off["holiday"] if day != "2027-11-01"]

    spec = save(boss, holiday=off["holiday"])

    assert spec["disabled_holidays"] == ["2027-11-01"]
    page = boss.get(address())
    (year,) = [year for year in page.context["years"] if year.year == 2027]
    assert [holiday.name for holiday in year.holidays if not holiday.is_on] == ["All Saints' Day"]

    spec = save(boss, holiday=[*off["holiday"], "2027-11-01"])

    assert spec["disabled_holidays"] == []


def test_holidays_that_the_form_did_not_show_stay_switched_off(boss):
    version = default().versions.get()
    version.spec = {**version.spec, "disabled_holidays": ["2040-12-25"]}
    version.save()

    spec = save(boss, **{"week-0-0-end": "18"})

    assert spec["disabled_holidays"] == ["2040-12-25"]


def test_the_year_view_has_this_year_and_the_next_five(boss):
    years = boss.get(address()).context["years"]

    assert [(year.year, len(year.holidays)) for year in years] == [
        (year, 11) for year in range(2026, 2032)
    ]


def test_another_federal_state_shows_its_holidays_before_it_is_saved(boss):
    page = send(boss, "preview", typed(boss, subdivision="BY"))

    names = [holiday.name for holiday in page.context["years"][1].holidays]
    assert "Epiphany" in names
    assert CalendarVersion.objects.count() == 1


def test_another_country_offers_its_own_parts(boss):
    page = send(boss, "preview", typed(boss, country="AT", subdivision=""))

    parts = dict(page.context["form"].fields["subdivision"].choices)
    assert parts["9"] == "Wien"
    assert "NW" not in parts


def test_the_next_fourteen_days_are_previewed_as_typed(boss):
    values = typed(boss, **{"week-3-0-end": "13"}) | days(("Feier", "2026-11-27"))

    preview = send(boss, "preview", values).context["preview"]

    assert [(one.day, one.hours, one.name) for one in preview][:4] == [
        ("Wed 25 Nov", "09:00–17:00", ""),
        ("Thu 26 Nov", "09:00–13:00", ""),
        ("Fri 27 Nov", "", "Feier"),
        ("Sat 28 Nov", "", ""),
    ]
    assert len(preview) == 14


def test_the_preview_begins_with_today_where_the_calendar_is(boss):
    with time_machine.travel(berlin("2026-11-25 23:30"), tick=False):
        preview = send(boss, "preview", typed(boss, zone="Asia/Tokyo")).context["preview"]

    assert preview[0].day == "Thu 26 Nov"


def test_warnings_are_saved_without_a_new_version(boss):
    values = {"warn_percent": "50", "warn_minutes": "0", "at_risk_minutes": "15"}
    confirmation = send(boss, "check", typed(boss, **values))
    assert [(one.what, one.old, one.new) for one in confirmation.context["settings"]] == [
        ("A guarantee moves up", "30 min before", "15 min before"),
        ("First warning", "at 75 %", "at 50 %"),
        ("Last warning", "30 min before", "never"),
    ]

    save(boss, **values)

    calendar = default()
    assert (calendar.warn_percent, calendar.warn_minutes, calendar.at_risk_minutes) == (50, 0, 15)
    assert calendar.versions.count() == 1


def test_of_two_administrators_the_later_one_is_told_and_keeps_what_was_typed(boss):
    mine = typed(boss, **{"week-0-0-end": "18"})
    save(boss, **{"week-1-0-end": "19"})

    refused = send(boss, "check", mine)

    assert refused.status_code == 422
    assert "Somebody else saved these business hours" in refused.content.decode()
    assert refused.context["editing"].week[0][0]["end"].value() == "18"

    again = send(boss, "check", {**mine, "seen": refused.context["form"]["seen"].value()})

    assert [(one.what, one.old, one.new) for one in again.context["changes"]] == [
        ("Monday", "09:00–17:00", "09:00–18:00"),
        ("Tuesday", "09:00–19:00", "09:00–17:00"),
    ]


def test_who_confirms_after_somebody_else_saved_is_told_too(boss):
    mine = typed(boss, **{"week-0-0-end": "18"})
    assert send(boss, "check", mine).status_code == 200
    save(boss, **{"week-1-0-end": "19"})

    refused = send(boss, "save", mine)

    assert refused.status_code == 422
    assert default().versions.latest("number").spec["weekly"]["0"] == [["09:00", "17:00"]]


def test_pressing_save_twice_makes_one_version(boss):
    values = typed(boss, **{"week-0-0-end": "18"})

    first, second = send(boss, "save", values), send(boss, "save", values)

    assert (first.status_code, second.status_code) == (302, 302)
    assert default().versions.count() == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {f"week-{day}-0-{end}": "" for day in range(7) for end in ("start", "end")},
            "The week has no business hours",
        ),
        ({"week-0-0-start": "17", "week-0-0-end": "9"}, "17:00–09:00 ends before it begins."),
        ({"week-0-0-start": "9", "week-0-0-end": "9"}, "09:00–09:00 has no length."),
        ({"week-0-0-end": ""}, "An interval needs a beginning and an end."),
        ({"week-0-0-end": "25:00"}, "“25:00” is no time of day."),
        ({"week-0-0-end": "abend"}, "“abend” is no time of day."),
        (
            {"week-0-TOTAL_FORMS": 2, "week-0-1-start": "12", "week-0-1-end": "18"},
            "09:00–17:00 and 12:00–18:00 overlap.",
        ),
        (
            {"week-0-0-start": "17", "week-0-0-end": "10", "week-0-0-is_overnight": "on"},
            "17:00–10:00 and 09:00–17:00 overlap.",
        ),
        ({"zone": "Europe/Bonn"}, "There is no time zone “Europe/Bonn”."),
        ({"country": "ZZ", "subdivision": ""}, "There is no country “ZZ”."),
        ({"subdivision": "XX"}, "“XX” does not belong to this country."),
        ({"country": "AT"}, "“NW” does not belong to this country."),
        ({"name": ""}, "This field is required."),
        ({"warn_percent": "100"}, "less than or equal to 99"),
        ({"warn_minutes": "-1"}, "greater than or equal to 0"),
        ({"at_risk_minutes": "viel"}, "whole number"),
        (days(("Umbau", "")), "Which day?"),
        (days(("Umbau", "2026-13-01")), "valid date"),
        (days(("Umbau", "2026-12-02", "2026-12-01")), "The last day lies before the first one."),
        (days(("Umbau", "2026-12-02", "2028-12-01")), "That is more than a year."),
        (days(("Umbau", "2101-01-01")), "The years 1991 to 2100 are known"),
        (days(("Umbau", "2026-12-02", "", "zu")), "“zu” cannot be read as hours."),
        (days(("Umbau", "2026-12-02", "", "12–9")), "“12–9” cannot be read as hours."),
        (days(("Umbau", "2026-12-02", "", "9–12, 11–15")), "cannot be read as hours."),
        (
            days(("Umbau", "2026-12-01", "2026-12-05"), ("Feier", "2026-12-05")),
            "5 Dec 2026 stands in two rows.",
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands_and_kept(boss, wrong, said):
    values = typed(boss, **wrong)

    page = send(boss, "check", values)

    assert page.status_code == 422
    (complaint,) = complaints(page)
    assert said in complaint
    assert CalendarVersion.objects.count() == 1
    for name, value in wrong.items():
        if value and not name.endswith("_FORMS"):
            assert f'value="{value}"' in page.content.decode() or name in {"zone", "country"} | {
                "subdivision",
                "days-0-first",
            } | {"week-0-0-is_overnight"}


def test_a_night_shift_is_taken_once_it_is_confirmed(boss):
    values = {"week-0-0-start": "22", "week-0-0-end": "6"}
    asked = send(boss, "check", typed(boss, **values))
    assert "tick “runs past midnight”" in asked.content.decode()
    assert 'name="week-0-0-is_overnight"' in asked.content.decode()

    spec = save(boss, **values, **{"week-0-0-is_overnight": "on"})

    assert spec["weekly"]["0"] == [["22:00", "06:00"]]
    hours = Calendar.from_spec(spec)
    assert hours.add(berlin("2026-11-30 22:00"), timedelta(hours=8)) == berlin("2026-12-01 06:00")
    assert send(boss, "check", typed(boss)).status_code == 302


def test_hours_in_which_a_tier_would_never_end_name_the_tier(boss):
    SupportTier.objects.filter(name="Basis").update(first_response_minutes=6_000_000)

    page = send(boss, "check", typed(boss, **{"week-0-0-end": "18"}))

    assert page.status_code == 422
    assert complaints(page) == ["What “Basis” promises would never end in these hours."]


def test_a_closure_of_sixty_days_is_asked_about_and_counted(boss):
    values = days(("Umbau", "2027-02-01", "2027-04-01"))
    preview = send(boss, "preview", typed(boss, **values))
    (gap,) = preview.context["gaps"]
    assert (gap.first, gap.last, gap.days, gap.opens_on) == (
        date(2027, 1, 30),
        date(2027, 4, 1),
        62,
        date(2027, 4, 2),
    )
    assert "Is that meant?" in preview.content.decode()

    hours = Calendar.from_spec(save(boss, **values))

    due_at = hours.add(berlin("2027-01-29 16:00"), timedelta(hours=2))
    assert due_at == berlin("2027-04-02 10:00")


def test_other_business_hours_begin_with_a_copy_and_are_created_at_once(boss):
    url = reverse("desk:new_calendar")
    page = boss.get(url)
    values = {**shown(page), "name": "Spätschicht", "week-5-0-start": "10", "week-5-0-end": "14"}

    response = boss.post(url, {**values, "step": "check"})

    assert (response.status_code, response.url) == (302, reverse("desk:calendars"))
    made = BusinessCalendar.objects.get(name="Spätschicht")
    assert (made.is_default, made.versions.get().number) == (False, 1)
    assert made.versions.get().spec["weekly"]["5"] == [["10:00", "14:00"]]


def test_wrong_other_business_hours_are_not_created(boss):
    url = reverse("desk:new_calendar")
    values = {**shown(boss.get(url)), "name": "Spätschicht", "week-0-0-end": "8"}

    response = boss.post(url, {**values, "step": "check"})

    assert response.status_code == 422
    assert BusinessCalendar.objects.count() == 1


def test_versions_are_listed_with_what_each_changed(boss):
    save(boss, **{"week-0-0-end": "18"})
    save(boss, zone="Europe/Vienna")

    listed = boss.get(address()).context["versions"]

    assert [(one.version.number, one.is_current) for one in listed] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    assert [[(c.what, c.old, c.new) for c in one.changes] for one in listed] == [
        [("Time zone", "Europe/Berlin", "Europe/Vienna")],
        [("Monday", "09:00–17:00", "09:00–18:00")],
        [],
    ]


def test_changes_are_told_in_words(boss):
    values = typed(boss, country="", subdivision="") | days(
        ("Ferien", "2026-12-28", "2026-12-30"),
        ("Heiligabend", "2026-12-24", "", "9–12", {"yearly": True}),
    )

    confirmation = send(boss, "check", values)

    assert [(one.what, one.old, one.new) for one in confirmation.context["changes"]] == [
        ("Public holidays", "Germany, Nordrhein-Westfalen", "none"),
        ("28 Dec 2026 to 30 Dec 2026", "as usual", "closed (Ferien)"),
        ("Every year: 24 December", "as usual", "09:00–12:00 (Heiligabend)"),
    ]


def test_a_form_without_its_rows_is_refused(boss):
    page = send(boss, "check", {"name": "X", "zone": "Europe/Berlin"})

    assert page.status_code == 422
    assert CalendarVersion.objects.count() == 1


def test_business_hours_of_another_tenant_are_not_there(boss, other_tenant):
    with schema_context(other_tenant.schema_name):
        foreign = BusinessCalendar.objects.create(pk=987_654, name="Fremd")

    assert boss.get(address(foreign)).status_code == 404
    assert boss.post(address(foreign), {"step": "save"}).status_code == 404
