import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts.models import User
from tests.factories import AgentFactory


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def invite(client, **values):
    form = {"email": "neu@firma.example", "name": "Neue Kraft", "role": "agent", **values}
    return client.post(reverse("desk:invite"), form)


def test_people_shows_the_team_and_nobody_else(boss, customer, agent, other_tenant):
    with schema_context(other_tenant.schema_name):
        AgentFactory(name="Fremde Agentin")

    response = boss.get(reverse("desk:people"))

    names = {str(person) for person in response.context["people"]}
    assert {"Jana Lind", "Chefin"} <= names
    assert not names & {"Anna Berg", "Fremde Agentin"}


def test_an_invitation_is_mailed_with_the_address_the_inviter_works_at(boss, mailoutbox):
    response = invite(boss)

    assert (response.status_code, response.url) == (302, reverse("desk:people"))
    invited = User.objects.get(email="neu@firma.example")
    assert (invited.role, invited.has_usable_password()) == (User.Role.AGENT, False)
    (mail,) = mailoutbox
    assert mail.to == ["neu@firma.example"]
    assert "http://alpha.localhost/" in mail.body


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""},
        {"email": "keine Adresse"},
        {"role": "customer"},
        {"role": "god"},
        {"name": "x" * 121},
    ],
)
def test_a_wrong_invitation_is_refused_and_kept(boss, wrong):
    response = invite(boss, **wrong)

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == wrong.keys()
    assert not User.objects.filter(email="neu@firma.example").exists()


def test_who_is_in_the_team_is_not_invited_again(boss):
    AgentFactory(email="da@firma.example").set_password("x")
    User.objects.filter(email="da@firma.example").update(password="md5$x$y")

    response = invite(boss, email="da@firma.example")

    assert response.status_code == 422
    assert "This person is in the team already." in response.content.decode()


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_only_administrators_see_and_invite_people(client, request, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("desk:people")).status_code == 404
    assert invite(client).status_code == 404
    assert not User.objects.filter(email="neu@firma.example").exists()


def test_looking_invites_nobody(boss):
    assert boss.get(reverse("desk:invite")).status_code == 405


def lock_out(client, person):
    return client.post(reverse("desk:lock_out", args=[person.pk]))


def test_who_is_locked_out_can_no_longer_sign_in(boss, agent):
    response = lock_out(boss, agent)

    assert response.url == reverse("desk:people")
    agent.refresh_from_db()
    assert not agent.is_active
    assert "Jana Lind can no longer sign in." in boss.get(response.url).content.decode()


def test_the_last_administrator_cannot_be_locked_out(boss, admin):
    User.objects.get_queryset().filter(role="admin").exclude(pk=admin.pk).delete()

    response = lock_out(boss, admin)

    admin.refresh_from_db()
    assert admin.is_active
    assert "is the only administrator" in boss.get(response.url).content.decode()


def test_customers_are_not_locked_out_here(boss, customer):
    assert lock_out(boss, customer).status_code == 404


def test_agents_lock_nobody_out(client, agent):
    client.force_login(agent)

    assert lock_out(client, AgentFactory()).status_code == 404
