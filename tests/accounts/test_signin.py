"""Signing in and out: who may, where they land, and how often they may try."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import services
from tests.factories import AgentFactory, CustomerFactory

PASSWORD = "Sieben-Teebeutel-im-Regal"


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


def confirmed(factory, **fields):
    user = factory(**fields)
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client, email, password=PASSWORD, **fields):
    return client.post(reverse("account_login"), {"login": email, "password": password, **fields})


def is_signed_in(client, user):
    return client.session.get("_auth_user_id") == str(user.pk)


def test_a_customer_lands_in_the_portal(client):
    user = confirmed(CustomerFactory)

    response = sign_in(client, user.email)

    assert response.url == reverse("portal:home")
    assert is_signed_in(client, user)


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_who_answers_lands_on_the_desk(client, role):
    user = confirmed(AgentFactory, role=role)

    response = sign_in(client, user.email)

    assert response.url == reverse("desk:queue")


def test_the_case_of_the_address_does_not_matter(client):
    user = confirmed(CustomerFactory, email="anna@kunden.example")

    sign_in(client, "ANNA@Kunden.example")

    assert is_signed_in(client, user)


def test_wrong_password_and_unknown_address_read_the_same(client):
    user = confirmed(CustomerFactory)

    wrong = sign_in(client, user.email, "falsch")
    unknown = sign_in(client, "niemand@kunden.example", "falsch")

    assert wrong.context["form"].errors == unknown.context["form"].errors != {}
    assert "_auth_user_id" not in client.session


def test_a_person_without_a_password_cannot_sign_in(client):
    user = CustomerFactory()

    for password in ["", "!", user.password]:
        sign_in(client, user.email, password)

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("next_url", "target"),
    [
        ("/tickets/neu/", "/tickets/neu/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://beta.localhost/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_next_leads_nowhere_else(client, next_url, target):
    user = confirmed(CustomerFactory)

    assert sign_in(client, user.email, next=next_url).url == target


def test_sign_out_needs_a_post_and_ends_the_session(client):
    user = confirmed(CustomerFactory)
    sign_in(client, user.email)

    assert client.get(reverse("account_logout")).status_code == 200
    assert is_signed_in(client, user)

    response = client.post(reverse("account_logout"))

    assert response.url == reverse("portal:home")
    assert "_auth_user_id" not in client.session


def test_who_is_deactivated_cannot_sign_in_and_is_out_at_once(client):
    user = confirmed(AgentFactory)
    sign_in(client, user.email)
    assert client.get(reverse("desk:queue")).status_code == 200

    services.deactivate(user)

    response = client.get(reverse("desk:queue"))
    assert response.url == f"{reverse('account_login')}?next={reverse('desk:queue')}"
    other = Client(headers={"host": "alpha.localhost"})
    assert sign_in(other, user.email).url == reverse("account_inactive")
    assert "_auth_user_id" not in other.session


def test_a_changed_password_ends_every_other_session(client):
    user = confirmed(CustomerFactory)
    elsewhere = Client(headers={"host": "alpha.localhost"})
    sign_in(client, user.email)
    sign_in(elsewhere, user.email)
    new = "Acht-Kaffeetassen-im-Schrank"

    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )

    assert response.url == reverse("mfa_index")
    assert client.get(reverse("portal:tickets")).status_code == 200
    assert elsewhere.get(reverse("portal:tickets")).status_code == 302


def test_five_wrong_passwords_are_enough_for_five_minutes(client):
    user = confirmed(CustomerFactory)

    for _try in range(5):
        sign_in(client, user.email, "falsch")
    response = sign_in(client, user.email)

    assert "_auth_user_id" not in client.session
    [error] = response.context["form"].non_field_errors()
    assert "Anmeldeversuche" in error or "sign-in attempts" in error.lower()


def test_one_address_may_not_sign_up_without_end(client):
    status = [
        client.post(reverse("account_signup"), {"email": "x", "password1": "x"}).status_code
        for _try in range(21)
    ]

    assert status == [200] * 20 + [429]


@pytest.mark.parametrize("path", ["email/", "login/", "signup/", "password/reset/", "3rdparty/"])
def test_pages_of_the_package_that_we_do_not_use_are_not_there(client, path):
    assert client.get(f"/konto/{path}").status_code == 404


def test_a_session_belongs_to_its_tenant(client, other_tenant):
    user = confirmed(CustomerFactory)
    sign_in(client, user.email)
    key = client.cookies["sessionid"].value
    assert Session.objects.filter(pk=key).exists()
    elsewhere = Client(headers={"host": "beta.localhost"})
    elsewhere.cookies["sessionid"] = key

    response = elsewhere.get(reverse("portal:tickets"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    ("language", "address", "stay"),
    [
        ("de", "E-Mail-Adresse", "Angemeldet bleiben"),
        ("en", "E-mail address", "Stay signed in"),
    ],
)
def test_the_ways_in_ask_in_our_words(client, language, address, stay):
    headers = {"accept-language": language}
    pages = [
        client.get(reverse(name), headers=headers)
        for name in ("account_login", "account_signup", "account_reset_password")
    ]

    assert [words(page.context["form"]) for page in pages] == [
        [address, "Passwort" if language == "de" else "Password", stay],
        ["Name", address, "Passwort" if language == "de" else "Password"],
        [address],
    ]
    assert not any("placeholder=" in page.text for page in pages)


def words(form):
    """What the form's fields are called."""
    return [str(field.label) for field in form.visible_fields()]
