import pytest
from django.db import IntegrityError
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts import teams
from accounts.models import Team, User
from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets import assigning, changing
from tickets.states import State


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


@pytest.fixture
def team(tenant, agent):
    """Versand: Jana Lind leads it, Mia Sand is in it."""
    mia = AgentFactory(name="Mia Sand")
    return teams.save_team(Team(name="Versand"), members=[mia], leads=[agent])


def people_of(name):
    places = Team.objects.get(name=name).memberships.order_by("user__name")
    return [(str(place.user), place.is_lead) for place in places]


def url(team):
    return reverse("desk:team_settings", args=[team.pk])


def test_the_list_says_who_is_in_a_team_and_who_is_told_of_what(boss, team):
    gone = AgentFactory(name="Weg Gegangen", is_active=False)
    team.memberships.create(user=gone)

    page = boss.get(reverse("desk:teams"))

    text = page.content.decode()
    (shown,) = page.context["teams"]
    assert [(str(p.user), p.is_lead) for p in shown.memberships.all()] == [
        ("Jana Lind", True),
        ("Mia Sand", False),
    ]
    assert "its team is warned before the answer is due" in text
    assert "of what was missed, its leads hear too" in text


@pytest.mark.parametrize("count", [1, 6])
def test_the_list_runs_a_fixed_number_of_queries(boss, django_assert_num_queries, count):
    for number in range(count):
        members = [AgentFactory() for _ in range(count)]
        teams.save_team(Team(name=f"Team {number}"), members=members, leads=())

    with django_assert_num_queries(8):
        page = boss.get(reverse("desk:teams"))

    assert len(page.context["teams"]) == count


def test_without_teams_the_list_says_what_to_do(boss):
    text = boss.get(reverse("desk:teams")).content.decode()

    assert "No teams yet" in text
    assert reverse("desk:new_team") in text


def test_a_new_team_has_who_was_ticked_and_a_lead_is_a_member(boss, agent):
    mia = AgentFactory(name="Mia Sand")
    AgentFactory(name="Tom Beck")

    response = boss.post(
        reverse("desk:new_team"), {"name": " Versand ", "members": [mia.pk], "leads": [agent.pk]}
    )

    assert response.url == reverse("desk:teams")
    assert people_of("Versand") == [("Jana Lind", True), ("Mia Sand", False)]
    assert "The team “Versand” is saved." in boss.get(response.url).content.decode()


def test_the_form_shows_how_the_team_stands(boss, team, admin):
    rows = boss.get(url(team)).context["rows"]

    ticked = {str(row["person"]): (row["is_member"], row["is_lead"]) for row in rows}
    assert ticked.pop("Jana Lind") == (True, True)
    assert ticked.pop("Mia Sand") == (True, False)
    assert set(ticked.values()) == {(False, False)}


def test_a_team_is_renamed_and_its_people_change(boss, team, agent):
    tom = AgentFactory(name="Tom Beck")

    boss.post(url(team), {"name": "Technik", "members": [tom.pk, agent.pk], "leads": [tom.pk]})

    assert Team.objects.get().pk == team.pk
    assert people_of("Technik") == [("Jana Lind", False), ("Tom Beck", True)]


def test_who_is_locked_out_keeps_their_place(boss, team, agent):
    User.objects.agents().filter(name="Mia Sand").update(is_active=False)

    boss.post(url(team), {"name": "Versand", "leads": [agent.pk]})

    assert people_of("Versand") == [("Jana Lind", True), ("Mia Sand", False)]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "\x00"])
def test_a_team_needs_a_name_that_can_be_one(boss, team, agent, name):
    response = boss.post(url(team), {"name": name, "members": [agent.pk]})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"name"}
    assert people_of("Versand") == [("Jana Lind", True), ("Mia Sand", False)]


@pytest.mark.parametrize("name", ["Versand", "versand "])
def test_two_teams_have_no_name_in_common_and_what_was_ticked_is_kept(boss, team, agent, name):
    response = boss.post(reverse("desk:new_team"), {"name": name, "leads": [agent.pk]})

    assert response.status_code == 422
    assert response.context["form"].errors == {"name": ["Another team has this name."]}
    rows = {str(row["person"]): row["is_lead"] for row in response.context["rows"]}
    assert rows["Jana Lind"]
    assert Team.objects.count() == 1


def test_a_name_taken_in_the_same_moment_is_found_by_the_database(tenant, monkeypatch):
    def taken(self, **_):
        raise IntegrityError

    monkeypatch.setattr(Team, "save", taken)

    with pytest.raises(teams.TeamNameTakenError):
        teams.save_team(Team(name="Versand"), members=(), leads=())


@pytest.mark.parametrize("field", ["members", "leads"])
@pytest.mark.parametrize("who", ["customer", "locked out", "nonsense", "nobody"])
def test_only_agents_who_are_here_can_be_in_a_team(boss, team, field, who):
    people = {
        "customer": CustomerFactory().pk,
        "locked out": AgentFactory(is_active=False).pk,
        "nonsense": "abc",
        "nobody": 0,
    }

    response = boss.post(url(team), {"name": "Versand", field: [people[who]]})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert "is no agent or is locked out" in response.content.decode()
    assert people_of("Versand") == [("Jana Lind", True), ("Mia Sand", False)]


def test_somebody_locked_out_meanwhile_is_not_taken_in(team):
    locked_out = AgentFactory(is_active=False)

    with pytest.raises(teams.NotAnAgentError):
        teams.save_team(team, members=[locked_out], leads=())

    assert people_of("Versand") == [("Jana Lind", True), ("Mia Sand", False)]


def test_a_team_removed_meanwhile_does_not_come_back(team, agent):
    teams.delete_team(Team.objects.get(pk=team.pk), by=agent)

    with pytest.raises(Team.DoesNotExist):
        teams.save_team(team, members=[agent], leads=())

    assert not Team.objects.exists()


def test_removing_a_team_says_how_many_open_tickets_go_on_without_one(boss, team, agent):
    first, second, done = open_ticket(), open_ticket(), open_ticket()
    for ticket in (first, second, done):
        assigning.assign_team(ticket, to=team, by=agent)
    changing.change_state(done, State.SOLVED, by=agent)
    assert "<strong>2 open tickets</strong> go on" in boss.get(url(team)).content.decode()

    response = boss.post(reverse("desk:team_removal", args=[team.pk]))

    assert response.url == reverse("desk:teams")
    assert not Team.objects.exists()
    first.refresh_from_db()
    assert (first.team, first.state) == (None, State.NEW)
    assert "The team “Versand” is removed." in boss.get(response.url).content.decode()


def test_a_team_of_another_tenant_is_not_there(boss, other_tenant):
    with schema_context(other_tenant.schema_name):
        foreign = Team.objects.create(name="Fremd", pk=987_654)

    assert boss.get(url(foreign)).status_code == 404
    for name in ("desk:team_settings", "desk:team_removal"):
        assert boss.post(reverse(name, args=[foreign.pk]), {"name": "Neu"}).status_code == 404

    with schema_context(other_tenant.schema_name):
        assert Team.objects.get(pk=foreign.pk).name == "Fremd"


def test_looking_removes_no_team(boss, team):
    assert boss.get(reverse("desk:team_removal", args=[team.pk])).status_code == 405
