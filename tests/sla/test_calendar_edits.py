from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from sla import calendar_edits
from sla.calendar import Calendar, CalendarError, ZeroHoursError
from sla.calendar_edits import fingerprint, save_calendar
from sla.models import BusinessCalendar, CalendarVersion, Promise, SupportTier
from sla.provisioning import office_hours
from sla.tiers import version_for
from tests.factories import tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tests.threads import side_by_side

LATE = {str(day): [["12:00", "20:00"]] for day in range(5)}


def the_admin() -> User:
    return User.objects.get_queryset().filter(role=User.Role.ADMIN).first()


@pytest.fixture(autouse=True)
def _begun(request):
    """The first version counts since before the days of these tests."""
    request.getfixturevalue("fresh_tenant" if "fresh_tenant" in request.fixturenames else "tenant")
    CalendarVersion.objects.update(valid_from=berlin("2026-01-01 00:00"))


def default():
    return BusinessCalendar.objects.get(is_default=True)


def spec(**changed):
    return {**default().versions.latest("number").spec, **changed}


def save(changed, **settings):
    """Save as an admin does whose form was loaded just now."""
    calendar = default()
    seen = fingerprint(calendar)
    for name, value in settings.items():
        setattr(calendar, name, value)
    return save_calendar(calendar, changed, seen=seen, by=the_admin())


def test_an_edit_is_a_new_version_and_made_promises_stay():
    old = opened("Gold", f"{TUESDAY} 09:00")
    first = promise_of(old).calendar_version
    with time_machine.travel(berlin(f"{TUESDAY} 15:00"), tick=False):
        version = save(spec(weekly=LATE))

    new = opened("Gold", f"{WEDNESDAY} 09:00")

    assert (first.number, version.number) == (1, 2)
    assert version.valid_from == berlin(f"{TUESDAY} 15:00")
    assert promise_of(old).due_at == berlin(f"{TUESDAY} 13:00")
    assert promise_of(old).calendar_version == first
    assert promise_of(new).due_at == berlin(f"{WEDNESDAY} 16:00")
    assert promise_of(new).calendar_version == version


def test_a_later_holiday_leaves_a_made_promise_alone():
    ticket = opened("Gold", f"{TUESDAY} 15:00")
    save(spec(days={WEDNESDAY: {"name": "Betriebsausflug", "intervals": []}}))

    promise = promise_of(ticket)

    assert promise.due_at == berlin(f"{WEDNESDAY} 11:00")
    assert {step.reason for step in promise.explanation()} == {"open"}


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"disabled_holidays": [], "days": {}, "recurring": {}},
        {"weekly": {str(day): [["09:00", "17:00"]] if day < 5 else [] for day in range(7)}},
    ],
)
def test_saving_the_same_makes_no_new_version(same):
    version = save(spec(**same))

    assert version.number == 1
    assert CalendarVersion.objects.count() == 1


def test_saving_the_same_twice_is_no_conflict():
    calendar, changed = default(), spec(weekly=LATE)
    seen = fingerprint(calendar)

    first = save_calendar(calendar, changed, seen=seen, by=the_admin())
    second = save_calendar(calendar, changed, seen=seen, by=the_admin())

    assert first == second
    assert CalendarVersion.objects.count() == 2


def test_warnings_are_settings_and_no_version():
    version = save(spec(), warn_percent=50, warn_minutes=0, at_risk_minutes=15)

    calendar = default()
    assert (calendar.warn_percent, calendar.warn_minutes, calendar.at_risk_minutes) == (50, 0, 15)
    assert version.number == 1


def test_settings_that_changed_count_for_promises_made_from_then_on():
    old = opened("Gold", f"{TUESDAY} 09:00")
    save(spec(), at_risk_minutes=60)

    new = opened("Gold", f"{TUESDAY} 09:00")

    assert promise_of(old).at_risk_at == berlin(f"{TUESDAY} 12:30")
    assert promise_of(new).at_risk_at == berlin(f"{TUESDAY} 12:00")


@pytest.mark.parametrize("theirs", [{"spec": {"weekly": LATE}}, {"warn_percent": 10}])
def test_of_two_admins_the_later_one_is_told(theirs):
    mine = default()
    seen = fingerprint(mine)
    save(spec(**theirs.pop("spec", {})), **theirs)
    number = default().versions.latest("number").number

    with pytest.raises(calendar_edits.CalendarChangedError):
        save_calendar(mine, spec(zone="Europe/Vienna"), seen=seen, by=the_admin())

    assert default().versions.latest("number").number == number
    assert default().versions.latest("number").spec["zone"] == "Europe/Berlin"


def test_a_clock_that_jumped_back_does_not_put_versions_out_of_order():
    with time_machine.travel(berlin(f"{WEDNESDAY} 09:00"), tick=False):
        second = save(spec(weekly=LATE))
    with time_machine.travel(berlin(f"{TUESDAY} 09:00"), tick=False):
        third = save(spec(zone="Europe/Vienna"))

    assert third.valid_from == second.valid_from
    assert default().current(berlin(f"{WEDNESDAY} 10:00")) == third


def test_a_week_without_hours_is_refused():
    with pytest.raises(ZeroHoursError):
        save(spec(weekly={str(day): [] for day in range(7)}))

    assert CalendarVersion.objects.count() == 1


def test_hours_in_which_a_tier_would_never_end_are_refused():
    SupportTier.objects.filter(name="Basis").update(first_response_minutes=600_000)

    with pytest.raises(calendar_edits.EndlessTierError) as caught:
        save(spec(weekly={"0": [["09:00", "09:05"]]}))

    assert caught.value.tier == tier("Basis")
    assert CalendarVersion.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Europe/Bonn"},
        {"subdivision": "XX"},
        {"country": "ZZ"},
        {"weekly": {"0": [["09:00", "13:00"], ["12:00", "17:00"]]}},
        {"days": {"2026-02-30": {"intervals": []}}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(CalendarError):
        save(spec(**wrong))

    assert CalendarVersion.objects.count() == 1


def test_a_closure_of_sixty_days_is_counted_correctly():
    first = berlin("2026-07-01 00:00").date() + timedelta(days=1)
    days = [(first + timedelta(days=number)).isoformat() for number in range(60)]
    closed = {day: {"name": "Umbau", "intervals": []} for day in days}
    with time_machine.travel(berlin("2026-06-30 09:00"), tick=False):
        save(spec(days=closed))

    ticket = opened("Gold", f"{days[0]} 10:00")

    # 29 and 30 August are a weekend: Monday, 31 August is the first day with hours.
    assert promise_of(ticket).due_at == berlin("2026-08-31 13:00")


def test_a_moment_beyond_the_years_known_is_said_and_not_guessed():
    hours = Calendar.from_spec(spec())

    with pytest.raises(CalendarError, match="1991 to 2100"):
        hours.add(berlin("2100-12-31 16:00"), timedelta(hours=40))


def test_holidays_of_this_year_and_the_next_five_are_there_without_any_job():
    hours = version_for(tier("Gold")).hours

    with time_machine.travel(berlin("2026-12-31 23:00")):
        known = {year: len(hours.holidays(year)) for year in range(2026, 2032)}

    assert known == dict.fromkeys(range(2026, 2032), 11)
    assert not hours.is_open(berlin("2031-10-03 10:00"))
    assert hours.is_open(berlin("2031-10-02 10:00"))


def test_another_calendar_counts_for_the_tiers_that_use_it():
    calendar = BusinessCalendar(name="Spätschicht", warn_percent=0)
    calendar_edits.add_calendar(calendar, spec(weekly=LATE), by=the_admin())
    SupportTier.objects.filter(name="Gold").update(calendar=calendar)

    assert promise_of(opened("Gold", f"{TUESDAY} 09:00")).due_at == berlin(f"{TUESDAY} 16:00")
    assert promise_of(opened("Silber", f"{TUESDAY} 09:00")).due_at == berlin(f"{TUESDAY} 17:00")
    assert [one.name for one in calendar_edits.tiers_of(calendar)] == ["Gold"]
    assert [one.name for one in calendar_edits.tiers_of(default())] == ["Basis", "Bronze", "Silber"]


def test_a_wrong_calendar_is_not_created():
    with pytest.raises(ZeroHoursError):
        calendar_edits.add_calendar(BusinessCalendar(name="Leer"), spec(weekly={}), by=the_admin())

    assert BusinessCalendar.objects.count() == 1


def test_open_promises_are_counted_over_all_versions():
    opened("Gold", f"{TUESDAY} 09:00")
    save(spec(weekly=LATE))
    opened("Gold", f"{TUESDAY} 09:00")
    ended = opened("Gold", f"{TUESDAY} 09:00")
    Promise.objects.filter(ticket=ended).update(
        ended_at=berlin(f"{TUESDAY} 10:00"), end_cause=Promise.End.WITHDRAWN
    )

    assert calendar_edits.open_promises(default()) == 2


def test_effects_say_what_a_ticket_of_now_would_get():
    old, new = Calendar.from_spec(spec()), Calendar.from_spec(spec(weekly=LATE))
    with time_machine.travel(berlin(f"{TUESDAY} 09:00"), tick=False):
        effects = calendar_edits.effects(default(), old, new)

    (gold,) = [effect for effect in effects if effect.tier.name == "Gold"]
    assert (gold.before, gold.after) == (berlin(f"{TUESDAY} 13:00"), berlin(f"{TUESDAY} 16:00"))


def test_what_is_provisioned_can_be_saved_again():
    assert save(office_hours("NW")).number == 1


def test_of_two_saves_at_the_same_second_one_is_told(fresh_tenant):
    seen = fingerprint(default())

    def work(zone):
        try:
            return save_calendar(default(), spec(zone=zone), seen=seen, by=the_admin()).number
        except calendar_edits.CalendarChangedError:
            return "told"

    zones = ["Europe/Vienna", "Europe/Zurich"]
    results = side_by_side(fresh_tenant, [lambda zone=zone: work(zone) for zone in zones])

    assert sorted(results, key=str) == [2, "told"]
    assert CalendarVersion.objects.count() == 2
