"""The forgotten password: a link to the mailbox, and nothing for whoever only asks."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from accounts import services
from tests.factories import CustomerFactory

PASSWORD = "Sieben-Teebeutel-im-Regal"


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


@pytest.fixture
def confirmed(tenant):
    user = CustomerFactory(email="anna@kunden.example", name="Anna Berg", password="alt")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def ask(client, email="anna@kunden.example", **extra):
    return client.post(reverse("account_reset_password"), {"email": email}, **extra)


def path_in(message):
    return re.search(r"https?://[^/\s]+(/konto/passwort/neu/\S+)", message.body)[1]


def choose(client, path, password=PASSWORD):
    page = client.get(path, follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else path
    return client.post(address, {"password1": password, "password2": password})


def test_a_forgotten_password_is_chosen_anew_and_signs_in(client, confirmed):
    assert ask(client).url == reverse("account_reset_password_done")

    response = choose(client, path_in(mail.outbox[0]))

    confirmed.refresh_from_db()
    assert response.url == reverse("portal:home")
    assert confirmed.check_password(PASSWORD)
    assert client.session["_auth_user_id"] == str(confirmed.pk)


def test_the_link_works_once(client, confirmed):
    ask(client)
    path = path_in(mail.outbox[0])
    choose(client, path)
    client.logout()

    page = client.get(path)

    assert page.context["token_fail"]
    assert client.post(path, {"password1": "x" * 12, "password2": "x" * 12}).status_code == 200
    confirmed.refresh_from_db()
    assert confirmed.check_password(PASSWORD)


def test_an_unknown_address_gets_the_same_page_and_no_mail(client, confirmed):
    known = ask(client)
    unknown = ask(client, "niemand@kunden.example")

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.to for message in mail.outbox] == [["anna@kunden.example"]]


def test_who_is_deactivated_gets_no_link(client, confirmed):
    services.deactivate(confirmed)

    ask(client)

    assert mail.outbox == []


def test_who_only_wrote_mails_may_ask_for_a_password(client):
    writer = CustomerFactory(email="anna@kunden.example")

    ask(client)
    choose(client, path_in(mail.outbox[0]))

    assert mail.outbox[0].subject == "Bitte wählen Sie Ihr Passwort"
    assert client.session["_auth_user_id"] == str(writer.pk)
    assert EmailAddress.objects.get(user=writer).verified


def test_a_link_mailed_before_somebody_was_locked_out_lets_nobody_in(client, confirmed):
    ask(client)
    services.deactivate(confirmed)

    response = choose(client, path_in(mail.outbox[0]))

    assert response.url == reverse("account_inactive")
    assert "_auth_user_id" not in client.session


def test_five_mails_a_minute_to_one_address_are_enough(client, confirmed):
    status = [ask(client).status_code for _try in range(6)]

    assert status == [302] * 5 + [429]
    assert len(mail.outbox) == 5


def test_the_owner_hears_of_a_new_password(client, confirmed):
    ask(client)
    choose(client, path_in(mail.outbox[0]))

    assert mail.outbox[-1].to == ["anna@kunden.example"]
    assert mail.outbox[-1].subject == "Ihr Passwort wurde zurückgesetzt"


def test_the_link_leads_to_the_host_and_port_that_were_asked(client, confirmed):
    ask(client, headers={"host": "alpha.localhost:8123"})

    assert "http://alpha.localhost:8123/konto/passwort/neu/" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("language", "subject", "hello"),
    [
        ("de", "Neues Passwort wählen", "Guten Tag Anna Berg,"),
        ("en", "Choose a new password", "Hello Anna Berg,"),
    ],
)
def test_mails_speak_the_language_of_their_reader(client, confirmed, language, subject, hello):
    confirmed.language = language
    confirmed.save()

    ask(client, headers={"accept-language": "fr"})

    assert mail.outbox[0].subject == subject
    assert mail.outbox[0].body.startswith(hello)


def test_mails_come_from_the_tenant(client, confirmed):
    ask(client)

    assert mail.outbox[0].from_email == "Alpha GmbH <support@alpha.localhost>"
    assert mail.outbox[0].body.rstrip().endswith("Alpha GmbH")


def test_what_a_password_needs_is_said_in_our_german(client):
    page = client.get(reverse("account_signup")).text
    assert "Das Passwort darf Ihrem Namen und Ihrer Adresse nicht ähneln." in page
    assert "Das Passwort darf keines sein, das viele verwenden." in page
    common = {"email": "neu@kunden.example", "password1": "1234567890"}
    assert (
        "Dieses Passwort verwenden zu viele." in client.post(reverse("account_signup"), common).text
    )
