"""Sign-up: who reads the mailbox decides, and the page says the same to everybody."""

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Membership, Organisation, OrganisationDomain, User
from sla.tiers import tier_of
from tests.factories import AgentFactory, CustomerFactory, open_ticket

PASSWORD = "Sieben-Teebeutel-im-Regal"


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    from django.core.cache import cache

    cache.clear()


def sign_up(client, email="anna@kunden.example", password=PASSWORD, **fields):
    fields = {"name": "Anna Berg", **fields}
    return client.post(reverse("account_signup"), {"email": email, "password1": password, **fields})


def link(message, part):
    found = re.search(rf"http://alpha\.localhost(:\d+)?(/konto/{part}/\S+)", message.body)
    assert found, message.body
    return found[2]


def confirm(client, message):
    return client.post(link(message, "bestaetigen"))


def choose_password(client, path, password=PASSWORD):
    form = client.get(path, follow=True)
    return client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})


def is_signed_in(client, user):
    return client.session.get("_auth_user_id") == str(user.pk)


def test_sign_up_ends_in_the_portal_once_the_address_is_confirmed(client):
    response = sign_up(client, "Anna@Kunden.example")

    user = User.objects.get(email="anna@kunden.example")
    assert response.url == reverse("account_email_verification_sent")
    assert (user.name, user.role, user.language) == ("Anna Berg", User.Role.CUSTOMER, "de")
    assert user.organisation.name == "Anna Berg"
    assert user.membership.is_admin
    assert tier_of(user.organisation).name == "Basis"
    assert not is_signed_in(client, user)

    response = confirm(client, mail.outbox[0])

    assert response.url == reverse("portal:home")
    assert is_signed_in(client, user)
    assert EmailAddress.objects.get(user=user).verified


def test_the_name_is_optional(client):
    sign_up(client, name="")

    user = User.objects.get(email="anna@kunden.example")
    assert (user.name, user.organisation.name) == ("", "anna@kunden.example")


def test_nobody_signs_in_before_the_address_is_confirmed(client):
    sign_up(client)

    response = client.post(
        reverse("account_login"), {"login": "anna@kunden.example", "password": PASSWORD}
    )

    assert response.url == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "keine-adresse"),
        ("email", ""),
        ("email", "anna\x00@kunden.example"),
        ("password", ""),
        ("password", "kurz"),
        ("password", "password123"),
        ("password", "anna@kunden.example"),
        ("name", "x" * 121),
    ],
)
def test_bad_input_makes_nobody(client, field, value):
    before = User.objects.get_queryset().count()

    response = sign_up(client, **{field: value})

    assert response.status_code == 200
    assert response.context["form"].errors
    assert User.objects.get_queryset().count() == before
    assert mail.outbox == []


def test_sign_up_cannot_make_an_agent(client):
    sign_up(client, role="admin", is_active="on", is_tenant_admin="1")

    assert User.objects.get(email="anna@kunden.example").role == User.Role.CUSTOMER


def test_the_link_is_a_question_first_and_works_once(client):
    sign_up(client)
    path = link(mail.outbox[0], "bestaetigen")

    page = client.get(path)

    assert page.status_code == 200
    assert not EmailAddress.objects.get().verified

    client.post(path)
    assert client.post(path).status_code == 404


def test_only_who_knows_the_password_keeps_it(client, tenant):
    """Somebody signs up with another's address; the owner opens the link in their own browser."""
    sign_up(client, password="Des-Angreifers-Passwort")
    owner = Client(headers={"host": "alpha.localhost"})

    response = confirm(owner, mail.outbox[0])
    user = User.objects.get(email="anna@kunden.example")
    assert not user.has_usable_password()
    assert response.url.startswith("/konto/passwort/neu/")
    assert not is_signed_in(owner, user)
    choose_password(owner, response.url)

    assert is_signed_in(owner, user)
    client.post(
        reverse("account_login"),
        {"login": "anna@kunden.example", "password": "Des-Angreifers-Passwort"},
    )
    assert "_auth_user_id" not in client.session


def test_who_only_wrote_mails_takes_their_tickets_over_by_the_mailbox(client):
    writer = CustomerFactory(email="anna@kunden.example", name="")
    ticket = open_ticket(writer)

    response = sign_up(client, "Anna@kunden.example", "Des-Angreifers-Passwort")

    assert response.url == reverse("account_email_verification_sent")
    writer.refresh_from_db()
    assert not writer.has_usable_password()
    [message] = mail.outbox
    assert message.to == ["anna@kunden.example"]
    assert "Des-Angreifers-Passwort" not in message.body

    owner = Client(headers={"host": "alpha.localhost"})
    response = choose_password(owner, link(message, "passwort/neu"))

    assert response.url == reverse("portal:home")
    assert is_signed_in(owner, writer)
    assert EmailAddress.objects.get(user=writer).verified
    assert owner.get(reverse("portal:ticket", args=[ticket.number])).status_code == 200
    assert User.objects.with_address("anna@kunden.example").count() == 1


def test_a_lost_confirmation_leads_to_choosing_the_password(client):
    user = CustomerFactory(email="anna@kunden.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email)

    sign_up(client, password="Ein-anderes-Passwort")
    choose_password(client, link(mail.outbox[0], "passwort/neu"))

    assert is_signed_in(client, user)


def known_customer():
    user = CustomerFactory(email="anna@kunden.example", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def invited_agent():
    agent = AgentFactory(email="anna@kunden.example")
    agent.invited_at = agent.joined_at
    agent.save()


@pytest.mark.parametrize(
    ("known", "subject"),
    [
        (known_customer, "You have an account already"),
        (lambda: CustomerFactory(email="anna@kunden.example"), "Please choose your password"),
        (invited_agent, "Your invitation is waiting"),
        (
            lambda: CustomerFactory(email="anna@kunden.example", is_active=False),
            "Your account is locked",
        ),
    ],
)
def test_a_known_address_gets_another_mail_and_the_same_page(client, settings, known, subject):
    settings.LANGUAGE_CODE = "en"
    english = {"headers": {"accept-language": "en"}}
    stranger = Client(headers={"host": "alpha.localhost"})
    fresh = stranger.post(
        reverse("account_signup"),
        {"email": "bea@kunden.example", "password1": PASSWORD},
        **english,
    )
    known()

    response = client.post(
        reverse("account_signup"),
        {"email": "anna@kunden.example", "password1": PASSWORD},
        **english,
    )

    assert (response.status_code, response.url) == (fresh.status_code, fresh.url)
    assert set(response.cookies) == set(fresh.cookies)
    with time_machine.travel("2026-03-10T09:00Z", tick=False):
        page = client.get(response.url, **english)
        other_page = stranger.get(fresh.url, **english)
    assert without_secrets(page) == without_secrets(other_page)
    assert mail.outbox[1].subject == subject
    assert mail.outbox[1].to == ["anna@kunden.example"]


def without_secrets(page):
    text = page.content.decode().replace("bea@", "anna@")
    return re.sub(r'(csrfmiddlewaretoken" value=|csrf[^"]*":) ?"[^"]+"', "", text)


def test_an_invited_agent_cannot_get_round_the_invitation(client):
    invited_agent()

    client.post(reverse("account_reset_password"), {"email": "anna@kunden.example"})

    assert "/konto/passwort/neu/" not in mail.outbox[0].body
    assert "/konto/einladung/" not in mail.outbox[0].body


def test_two_sign_ups_at_the_same_moment_make_one_person(client, monkeypatch):
    CustomerFactory(email="anna@kunden.example")
    monkeypatch.setattr(
        "allauth.account.internal.flows.manage_email.assess_unique_email", lambda *a, **k: True
    )

    response = sign_up(client)

    assert response.url == reverse("account_email_verification_sent")
    assert User.objects.with_address("anna@kunden.example").count() == 1
    assert len(mail.outbox) == 1


def test_a_domain_counts_only_once_the_address_is_confirmed(client):
    firm = Organisation.objects.open("Teehaus Nord GmbH")
    OrganisationDomain.objects.create(organisation=firm, domain="teehaus.example")

    sign_up(client, "anna@teehaus.example")

    user = User.objects.get(email="anna@teehaus.example")
    assert user.organisation != firm

    confirm(client, mail.outbox[0])

    user = User.objects.get(pk=user.pk)
    assert user.organisation == firm
    assert not user.membership.is_admin


def test_who_shares_an_organisation_stays_in_it(client):
    firm = Organisation.objects.open("Teehaus Nord GmbH")
    OrganisationDomain.objects.create(organisation=firm, domain="teehaus.example")
    agency = CustomerFactory().organisation
    user = CustomerFactory(email="anna@teehaus.example", organisation=agency)

    sign_up(client, user.email)
    choose_password(client, link(mail.outbox[0], "passwort/neu"))

    assert User.objects.get(pk=user.pk).organisation == agency


@pytest.mark.parametrize("role", Membership.Role.values)
def test_confirming_an_address_gives_and_takes_no_role(client, role):
    user = CustomerFactory(email="anna@kunden.example")
    user.join(user.organisation, role)

    sign_up(client, user.email)
    choose_password(client, link(mail.outbox[0], "passwort/neu"))

    assert Membership.objects.get(user=user).role == role


def test_an_agent_who_confirms_an_address_administers_nothing(agent):
    agent.join(Organisation.objects.open("Teehaus Nord GmbH"))

    services.confirm_address(agent)

    assert not Membership.objects.get(user=agent).is_admin


def test_confirming_clears_a_bounce(client):
    sign_up(client)
    User.objects.with_address("anna@kunden.example").update(undeliverable_at="2026-01-01T00:00Z")

    confirm(client, mail.outbox[0])

    assert User.objects.get(email="anna@kunden.example").undeliverable_at is None


def test_a_sign_up_that_fails_half_way_leaves_nobody(client, monkeypatch):
    def fail(*args, **kwargs):
        raise IntegrityError("no")

    monkeypatch.setattr("accounts.models.User.join", fail)

    sign_up(client)

    assert not User.objects.with_address("anna@kunden.example").exists()
    assert not Organisation.objects.filter(name="Anna Berg").exists()
