from datetime import timedelta

import pytest
import time_machine

from sla import tier_edits
from sla.models import BusinessCalendar, CalendarVersion, SupportTier
from sla.tier_edits import fingerprint, move_tier, save_tier
from sla.tiers import default_tier, tier_of
from tests.factories import CustomerFactory, tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tests.threads import side_by_side
from tickets.models import Channel


@pytest.fixture(autouse=True)
def _tenant(request):
    """The shared tenant, unless a test asks for one whose rows are really committed."""
    if "fresh_tenant" not in request.fixturenames:
        request.getfixturevalue("tenant")


def order():
    return list(SupportTier.objects.values_list("name", flat=True))


def a_new_tier(**values):
    return SupportTier(
        **{
            "name": "Platin",
            "metal": "gold",
            "priority": 4,
            "first_response_minutes": 60,
            "guaranteed_channels": [Channel.EMAIL],
            "allowed_channels": [Channel.EMAIL],
            **values,
        }
    )


def edited(name, **values):
    """A tier as an admin's form fills it in, and what that edit started from."""
    found = tier(name)
    seen = fingerprint(found)
    for field, value in values.items():
        setattr(found, field, value)
    return found, seen


def test_a_new_tier_stands_behind_the_others():
    save_tier(a_new_tier())

    assert order() == ["Basis", "Bronze", "Silber", "Gold", "Platin"]


def test_an_edit_counts_for_promises_made_from_then_on_only():
    old = opened("Gold", f"{TUESDAY} 09:00")
    found, seen = edited("Gold", first_response_minutes=60, priority=1)

    save_tier(found, seen=seen)

    new = opened("Gold", f"{WEDNESDAY} 09:00")
    assert promise_of(old).due_at == berlin(f"{TUESDAY} 13:00")
    assert (promise_of(old).minutes, promise_of(old).priority) == (240, 4)
    assert promise_of(new).due_at == berlin(f"{WEDNESDAY} 10:00")
    assert (promise_of(new).minutes, promise_of(new).priority) == (60, 1)


def test_a_change_of_somebody_else_is_not_overwritten():
    mine, seen = edited("Gold", first_response_minutes=60)
    theirs, their_seen = edited("Gold", text="sofort")
    save_tier(theirs, seen=their_seen)

    with pytest.raises(tier_edits.TierChangedError) as caught:
        save_tier(mine, seen=seen)

    assert caught.value.stored.text == "sofort"
    assert (tier("Gold").first_response_minutes, tier("Gold").text) == (240, "sofort")


def test_the_same_edit_twice_is_no_conflict():
    mine, seen = edited("Gold", first_response_minutes=60)

    save_tier(mine, seen=seen)
    save_tier(mine, seen=seen)

    assert tier("Gold").first_response_minutes == 60


def test_a_tier_removed_meanwhile_does_not_come_back():
    gone, seen = save_tier(a_new_tier()), ""
    seen = fingerprint(gone)
    mine = SupportTier.objects.get(pk=gone.pk)
    tier_edits.delete_tier(gone)

    with pytest.raises(SupportTier.DoesNotExist):
        save_tier(mine, seen=seen)

    assert "Platin" not in order()


@pytest.mark.parametrize("name", ["Gold", "gold", "GOLD"])
def test_a_name_is_given_once(name):
    with pytest.raises(tier_edits.TierNameTakenError):
        save_tier(a_new_tier(name=name))

    assert order() == ["Basis", "Bronze", "Silber", "Gold"]


@pytest.mark.parametrize("field", ["first_response_minutes", "next_response_minutes"])
def test_a_time_that_never_ends_is_refused(field):
    with pytest.raises(tier_edits.NeverEndsError) as caught:
        save_tier(a_new_tier(**{field: 60 * 8 * 366 * 20}))

    assert caught.value.field == field
    assert "Platin" not in order()


def test_a_tier_in_a_calendar_without_hours_is_refused():
    empty = BusinessCalendar.objects.create(name="Leer")
    spec = {"zone": "Europe/Berlin", "weekly": {}}
    CalendarVersion.objects.create(calendar=empty, number=1, spec=spec)

    with pytest.raises(tier_edits.NeverEndsError):
        save_tier(a_new_tier(calendar=empty))

    assert "Platin" not in order()


def test_exactly_one_tier_is_the_default():
    found, seen = edited("Bronze")

    save_tier(found, seen=seen, make_default=True)

    assert list(SupportTier.objects.filter(is_default=True)) == [tier("Bronze")]
    assert default_tier() == tier("Bronze")
    assert tier_of(CustomerFactory().organisation) == tier("Bronze")


def test_saving_the_default_tier_does_not_take_it_back_from_another():
    mine, seen = edited("Basis", text="meist am selben Tag")
    theirs, their_seen = edited("Bronze")
    save_tier(theirs, seen=their_seen, make_default=True)

    save_tier(mine, seen=seen)

    assert default_tier() == tier("Bronze")
    assert tier("Basis").text == "meist am selben Tag"


@pytest.mark.parametrize(
    ("name", "is_up", "expected"),
    [
        ("Silber", True, ["Basis", "Silber", "Bronze", "Gold"]),
        ("Silber", False, ["Basis", "Bronze", "Gold", "Silber"]),
        ("Basis", True, ["Basis", "Bronze", "Silber", "Gold"]),
        ("Gold", False, ["Basis", "Bronze", "Silber", "Gold"]),
    ],
)
def test_a_tier_moves_by_one_and_not_beyond_the_ends(name, is_up, expected):
    move_tier(tier(name), is_up=is_up)

    assert order() == expected


def test_moving_there_and_back_leaves_every_position():
    positions = dict(SupportTier.objects.values_list("name", "position"))

    move_tier(tier("Bronze"), is_up=False)
    move_tier(tier("Bronze"), is_up=True)

    assert dict(SupportTier.objects.values_list("name", "position")) == positions


def test_a_tier_that_was_never_used_can_go():
    unused = save_tier(a_new_tier())

    tier_edits.delete_tier(unused)

    assert order() == ["Basis", "Bronze", "Silber", "Gold"]


def test_a_tier_that_was_promised_stays_when_it_is_no_longer_the_default():
    opened("Basis")
    other, seen = edited("Bronze")
    save_tier(other, seen=seen, make_default=True)

    with pytest.raises(tier_edits.TierInUseError):
        tier_edits.delete_tier(tier("Basis"))

    assert "Basis" in order()


def test_a_tier_that_somebody_had_stays():
    with time_machine.travel(berlin(f"{TUESDAY} 09:00")):
        opened("Gold")

    with pytest.raises(tier_edits.TierInUseError):
        tier_edits.delete_tier(tier("Gold"))


def test_the_default_tier_stays():
    with pytest.raises(tier_edits.TierInUseError):
        tier_edits.delete_tier(tier("Basis"))


def test_the_last_at_risk_minutes_must_be_countable_too():
    calendar = BusinessCalendar.objects.get(is_default=True)
    hours = calendar.current().hours

    field = tier_edits.endless_field(
        tier("Gold"), hours, at_risk=60 * 8 * 366 * 20, at=berlin(f"{TUESDAY} 09:00")
    )

    assert field == "first_response_minutes"
    assert hours.add(berlin(f"{TUESDAY} 09:00"), timedelta(hours=4)) == berlin(f"{TUESDAY} 13:00")


def test_two_new_tiers_at_once_get_two_positions(fresh_tenant):
    works = [lambda name=name: save_tier(a_new_tier(name=name)) for name in ("Platin", "Diamant")]

    side_by_side(fresh_tenant, works)

    positions = SupportTier.objects.values_list("position", flat=True)
    assert list(positions) == [1, 2, 3, 4, 5, 6]
