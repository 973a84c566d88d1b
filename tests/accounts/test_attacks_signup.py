"""What somebody could do with the sign-up form to people who are not there."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import CustomerFactory

PASSWORD = "Sieben-Teebeutel-im-Regal"


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


def sign_up(client, email, name="Anna Berg"):
    fields = {"email": email, "password1": PASSWORD, "name": name}
    return client.post(reverse("account_signup"), fields)


def test_a_name_that_nobody_has_confirmed_stands_in_no_mail(client):
    lines = "Anna,\n\nIhr Konto ist gesperrt:\r\nhttp://boese.example/\n\n"

    sign_up(client, "opfer@kunden.example", lines)

    assert "gesperrt" not in mail.outbox[-1].body
    assert "boese.example" not in mail.outbox[-1].body
    assert "\n" not in User.objects.get(email="opfer@kunden.example").name


def test_cookies_do_not_tell_a_known_address_from_a_new_one(client):
    known = CustomerFactory(email="da@kunden.example")
    known.set_password(PASSWORD)
    known.save()
    EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)
    host = client.defaults["HTTP_HOST"]

    seen = []
    for address in ("da@kunden.example", "neu@kunden.example"):
        browser = Client(headers={"host": host})
        response = sign_up(browser, address)
        page = browser.get(response.url)
        seen.append(
            (response.status_code, response.url, sorted(response.cookies), sorted(page.cookies))
        )

    assert seen[0] == seen[1]
