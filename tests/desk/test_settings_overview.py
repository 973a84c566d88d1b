import pytest
from django.urls import reverse

from tests.factories import AgentFactory


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def test_the_overview_says_how_things_stand(boss):
    AgentFactory()

    page = boss.get(reverse("desk:settings"))

    assert [tier.name for tier in page.context["tiers"]] == ["Basis", "Bronze", "Silber", "Gold"]
    assert page.context["week"] == [
        ("Monday – Friday", "09:00–17:00"),
        ("Saturday – Sunday", "closed"),
    ]
    assert page.context["region"] == "Germany, Nordrhein-Westfalen"
    assert [(str(one), cents) for one, cents in page.context["priced"]][-1] == ("Gold", 5900)
    assert "not complete: no invoice can be written" in page.content.decode()
    names = ("tiers", "calendars", "people", "teams", "prices", "supplier")
    for name in [f"desk:{one}" for one in names]:
        assert f'href="{reverse(name)}"' in page.content.decode()


def test_the_rail_leads_administrators_to_the_settings(boss):
    assert f'href="{reverse("desk:settings")}"' in boss.get(reverse("desk:queue")).content.decode()


def test_the_rail_of_an_agent_has_no_settings(client, agent):
    client.force_login(agent)

    page = client.get(reverse("desk:queue")).content.decode()

    assert reverse("desk:settings") not in page
    assert reverse("desk:billing") not in page


@pytest.mark.parametrize("who", ["agent", "customer"])
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("desk:settings", "get"),
        ("desk:tiers", "get"),
        ("desk:new_tier", "get"),
        ("desk:new_tier", "post"),
        ("desk:tier", "get"),
        ("desk:tier", "post"),
        ("desk:tier_position", "post"),
        ("desk:tier_removal", "post"),
        ("desk:teams", "get"),
        ("desk:new_team", "get"),
        ("desk:new_team", "post"),
        ("desk:team_settings", "get"),
        ("desk:team_settings", "post"),
        ("desk:team_removal", "post"),
        ("desk:calendars", "get"),
        ("desk:new_calendar", "get"),
        ("desk:new_calendar", "post"),
        ("desk:calendar", "get"),
        ("desk:calendar", "post"),
    ],
)
def test_for_everybody_else_there_are_no_settings(client, request, who, name, method):
    client.force_login(request.getfixturevalue(who))
    with_number = {
        "tier",
        "tier_position",
        "tier_removal",
        "team_settings",
        "team_removal",
        "calendar",
    }
    arguments = [1] if name.removeprefix("desk:") in with_number else []

    assert getattr(client, method)(reverse(name, args=arguments)).status_code == 404


def test_a_stranger_is_asked_to_sign_in(client):
    response = client.get(reverse("desk:settings"))

    assert response.status_code == 302
    assert reverse("account_login") in response.url
