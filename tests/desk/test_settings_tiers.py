import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from billing.models import PriceList
from sla.models import BusinessCalendar, CalendarVersion, SupportTier
from sla.tier_edits import fingerprint
from tests.factories import CustomerFactory, open_ticket, organisation, tier
from tickets.models import Channel

WAYS = [Channel.EMAIL, Channel.PORTAL]


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def typed(**changed):
    return {
        "name": "Platin",
        "metal": "gold",
        "priority": "4",
        "is_guaranteed": "yes",
        "first_response_hours": "1",
        "first_response_rest": "30",
        "next_response_hours": "",
        "next_response_rest": "",
        "text": "sofort",
        "allowed_channels": WAYS,
        "guaranteed_channels": WAYS,
        "is_offered": "on",
        "calendar": "",
        "seen": "",
        **changed,
    }


def typed_for(name, **changed):
    """What the form of a stored tier sends."""
    found = tier(name)
    hours, rest = divmod(found.first_response_minutes, 60)
    return typed(
        name=name,
        metal=found.metal,
        is_guaranteed="yes" if found.is_guaranteed else "no",
        first_response_hours=str(hours),
        first_response_rest=str(rest),
        text=found.text,
        allowed_channels=found.allowed_channels,
        guaranteed_channels=found.guaranteed_channels,
        **{"priority": str(found.priority), "seen": fingerprint(found), **changed},
    )


def change(boss, name, values):
    return boss.post(reverse("desk:tier", args=[tier(name).pk]), values)


def values_of(name):
    found = tier(name)
    return {
        field.name: getattr(found, field.attname)
        for field in SupportTier._meta.fields
        if field.name not in {"id"}
    }


def test_the_list_shows_the_tiers_in_their_order(boss):
    page = boss.get(reverse("desk:tiers"))

    assert [one.name for one in page.context["tiers"]] == ["Basis", "Bronze", "Silber", "Gold"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_runs_a_fixed_number_of_queries(boss, django_assert_num_queries, count):
    calendar = BusinessCalendar.objects.create(name="Spätschicht")
    for number in range(count):
        SupportTier.objects.create(
            name=f"Level {number}",
            position=10 + number,
            first_response_minutes=60,
            calendar=calendar,
        )
    with django_assert_num_queries(7):
        page = boss.get(reverse("desk:tiers"))

    assert len(page.context["tiers"]) == 4 + count


def test_a_new_tier_is_what_was_typed(boss):
    response = boss.post(
        reverse("desk:new_tier"), typed(next_response_hours="2", next_response_rest="15")
    )

    assert (response.status_code, response.url) == (302, reverse("desk:tiers"))
    assert values_of("Platin") == {
        "name": "Platin",
        "metal": "gold",
        "position": 5,
        "priority": 4,
        "first_response_minutes": 90,
        "next_response_minutes": 135,
        "is_guaranteed": True,
        "text": "sofort",
        "guaranteed_channels": ["email", "portal_form"],
        "allowed_channels": ["email", "portal_form"],
        "is_default": False,
        "is_offered": True,
        "calendar": None,
    }


@pytest.mark.parametrize("name", ["Basis", "Bronze", "Silber", "Gold"])
def test_a_form_sent_as_it_was_shown_changes_nothing(boss, name):
    before = values_of(name)
    page = boss.get(reverse("desk:tier", args=[tier(name).pk]))
    form = page.context["form"]
    shown = {field: form[field].value() for field in form.fields if form[field].value() is not None}

    response = change(boss, name, shown)

    assert response.status_code == 302
    assert values_of(name) == before


def test_a_tier_may_use_other_business_hours(boss):
    other = BusinessCalendar.objects.create(name="Spätschicht")
    spec = {"zone": "Europe/Berlin", "weekly": {"0": [["12:00", "20:00"]]}}
    CalendarVersion.objects.create(calendar=other, number=1, spec=spec)

    change(boss, "Gold", typed_for("Gold", calendar=str(other.pk)))

    assert tier("Gold").calendar == other


def test_the_page_says_how_many_open_tickets_keep_their_promise(boss):
    requester = CustomerFactory(organisation=organisation(booked="Gold"))
    open_ticket(requester)
    open_ticket(requester)

    page = boss.get(reverse("desk:tier", args=[tier("Gold").pk]))
    other = boss.get(reverse("desk:tier", args=[tier("Silber").pk]))

    assert page.context["kept"] == 2
    assert "<strong>2 open tickets</strong> keep the promise" in page.content.decode()
    assert "No open ticket has a promise under this level." in other.content.decode()


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"first_response_hours": "", "first_response_rest": ""}, "first_response_hours", "minute"),
        (
            {"first_response_hours": "0", "first_response_rest": "0"},
            "first_response_hours",
            "minute",
        ),
        ({"first_response_hours": "zwei"}, "first_response_hours", "whole number"),
        ({"first_response_hours": "-1"}, "first_response_hours", "greater than or equal"),
        ({"first_response_rest": "60"}, "first_response_rest", "less than or equal"),
        ({"next_response_hours": "0"}, "next_response_hours", "leave both empty"),
        ({"guaranteed_channels": []}, "guaranteed_channels", "at least one way"),
        ({"allowed_channels": []}, "allowed_channels", "at least one way"),
        (
            {"guaranteed_channels": [Channel.EMAIL, Channel.FACEBOOK]},
            "guaranteed_channels",
            "Facebook: the guarantee covers it",
        ),
        ({"allowed_channels": ["brieftaube"]}, "allowed_channels", "brieftaube"),
        ({"name": ""}, "name", "required"),
        ({"name": "x" * 41}, "name", "at most 40"),
        ({"name": "gold"}, "name", "Another level has this name."),
        ({"priority": "9"}, "priority", "not one of the available"),
        ({"metal": "holz"}, "metal", "not one of the available"),
        ({"calendar": "999999"}, "calendar", "not one of the available"),
    ],
)
def test_a_wrong_tier_is_refused_at_its_field_and_kept(boss, wrong, field, said):
    response = boss.post(reverse("desk:new_tier"), typed(**wrong))

    form = response.context["form"]
    assert response.status_code == 422
    assert said in str(form.errors[field])
    assert form["text"].value() == "sofort"
    assert SupportTier.objects.count() == 4


def test_a_time_that_never_ends_is_refused_at_its_field(boss):
    other = BusinessCalendar.objects.create(name="Fünf Minuten")
    spec = {"zone": "Europe/Berlin", "weekly": {"0": [["09:00", "09:05"]]}}
    CalendarVersion.objects.create(calendar=other, number=1, spec=spec)

    response = boss.post(
        reverse("desk:new_tier"), typed(calendar=str(other.pk), next_response_hours="9999")
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["next_response_hours"]
    assert "so much time never passes" in response.content.decode()


def test_a_target_needs_no_channel_of_a_guarantee(boss):
    boss.post(reverse("desk:new_tier"), typed(is_guaranteed="no", guaranteed_channels=[]))

    assert (tier("Platin").is_guaranteed, tier("Platin").guaranteed_channels) == (False, [])


def test_of_two_administrators_the_later_one_sees_what_changed(boss):
    mine = typed_for("Gold", priority="1")
    change(boss, "Gold", {**typed_for("Gold"), "text": "in einer Stunde"})

    refused = change(boss, "Gold", mine)

    assert refused.status_code == 422
    assert "Somebody else changed this level" in refused.content.decode()
    assert dict(refused.context["differences"]) == {
        "What customers read": "in einer Stunde",
        "Priority in the queue": "highest",
    }
    assert (tier("Gold").priority, tier("Gold").text) == (4, "in einer Stunde")

    again = change(boss, "Gold", {**mine, "seen": refused.context["seen"]})

    assert again.status_code == 302
    assert (tier("Gold").priority, tier("Gold").text) == (1, "")


def test_only_what_was_changed_is_shown_as_changed(boss):
    mine = {**typed_for("Gold"), "name": "Platin"}
    change(boss, "Gold", {**typed_for("Gold"), "text": "in einer Stunde"})

    refused = change(boss, "Gold", mine)

    assert dict(refused.context["differences"]) == {
        "Name": "Gold",
        "What customers read": "in einer Stunde",
    }


def test_new_customers_can_begin_with_another_tier(boss):
    PriceList.objects.update(prices={})
    change(boss, "Bronze", typed_for("Bronze", make_default="on"))

    assert list(SupportTier.objects.filter(is_default=True)) == [tier("Bronze")]
    page = boss.get(reverse("desk:tier", args=[tier("Bronze").pk]))
    assert "make_default" not in page.context["form"].fields


def test_they_do_not_begin_with_one_that_costs_something(boss):
    response = change(boss, "Bronze", typed_for("Bronze", make_default="on"))

    said = "New customers cannot begin with a level that costs something"
    assert said in response.content.decode()
    assert SupportTier.objects.get(is_default=True) == tier("Basis")


def test_tiers_are_moved(boss):
    url = reverse("desk:tier_position", args=[tier("Gold").pk])

    response = boss.post(url, {"to": "up"})

    assert (response.status_code, response.url) == (302, reverse("desk:tiers"))
    assert [one.name for one in SupportTier.objects.all()] == ["Basis", "Bronze", "Gold", "Silber"]


def test_a_tier_that_was_never_used_is_removed(boss):
    boss.post(reverse("desk:new_tier"), typed())
    page = boss.get(reverse("desk:tier", args=[tier("Platin").pk]))
    assert "Remove this level" in page.content.decode()

    response = boss.post(reverse("desk:tier_removal", args=[tier("Platin").pk]))

    assert response.url == reverse("desk:tiers")
    assert not SupportTier.objects.filter(name="Platin").exists()


def test_a_tier_that_was_used_stays_and_the_page_says_why(boss):
    organisation(booked="Gold")
    page = boss.get(reverse("desk:tier", args=[tier("Gold").pk]))
    assert "Remove this level" not in page.content.decode()

    response = boss.post(reverse("desk:tier_removal", args=[tier("Gold").pk]), follow=True)

    assert "“Gold” stays: it was used before" in response.content.decode()
    assert SupportTier.objects.filter(name="Gold").exists()


def test_a_tier_of_another_tenant_is_not_there(boss, other_tenant):
    with schema_context(other_tenant.schema_name):
        foreign = SupportTier.objects.create(
            name="Fremd", position=9, first_response_minutes=60, pk=987_654
        )

    for name in ("desk:tier_position", "desk:tier_removal", "desk:tier"):
        assert boss.post(reverse(name, args=[foreign.pk])).status_code == 404

    with schema_context(other_tenant.schema_name):
        assert SupportTier.objects.filter(pk=foreign.pk).exists()


def test_looking_changes_no_order(boss):
    assert boss.get(reverse("desk:tier_position", args=[tier("Gold").pk])).status_code == 405
    assert boss.get(reverse("desk:tier_removal", args=[tier("Gold").pk])).status_code == 405


def test_a_level_is_withdrawn_and_offered_again(boss):
    change(boss, "Gold", {**typed_for("Gold"), "is_offered": ""})

    assert not tier("Gold").is_offered
    rows = boss.get(reverse("desk:tiers")).content.decode()
    assert rows.count(">withdrawn<") == 1

    change(boss, "Gold", typed_for("Gold"))

    assert tier("Gold").is_offered


def test_the_level_of_new_customers_cannot_be_withdrawn(boss):
    page = boss.get(reverse("desk:tier", args=[tier("Basis").pk]))
    assert "is_offered" not in page.content.decode()

    change(boss, "Basis", {**typed_for("Basis"), "is_offered": ""})

    assert tier("Basis").is_offered


def test_who_withdrew_it_meanwhile_is_said_in_words(boss):
    values = typed_for("Gold")
    change(boss, "Gold", {**values, "is_offered": ""})

    page = change(boss, "Gold", {**values, "name": "Platin"})

    assert ("Customers can book it", "no") in [
        (str(label), value) for label, value in page.context["differences"]
    ]


def test_a_level_without_a_price_says_that_it_cannot_be_booked(boss):
    assert (
        "It has no price yet"
        not in boss.get(reverse("desk:tier", args=[tier("Gold").pk])).content.decode()
    )
    boss.post(reverse("desk:new_tier"), typed())

    text = boss.get(reverse("desk:tier", args=[tier("Platin").pk])).content.decode()

    assert "It has no price yet" in text
    assert reverse("desk:new_prices") in text


def test_a_name_is_one_line(boss):
    change(boss, "Gold", typed_for("Gold") | {"name": "Gold\r\nBcc: spur@spur.example"})

    assert SupportTier.objects.filter(name="Gold Bcc: spur@spur.example").exists()
