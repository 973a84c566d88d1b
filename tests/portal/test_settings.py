"""The settings' pages: who sees which, profile, address and notifications."""

import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts import email_change, notifications
from accounts.models import User
from accounts.notifications import Channel, Event
from portal.settings_forms import NotificationsForm
from tenants.models import Tenant
from tests.factories import AgentFactory, CustomerFactory

PASSWORD = "Sieben-Teebeutel-im-Regal"
NEW = "anna.neu@kunden.example"
FOR_ALL = ["mfa_index", "portal:profile", "portal:notifications", "account_change_password"]
FOR_CUSTOMERS = ["portal:settings", "portal:team", "portal:own_data"]
PROVEN_FIRST = ["portal:email_change", "portal:account_deletion", "mfa_activate_totp"]


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


def confirmed(factory=CustomerFactory, **fields):
    user = factory(**fields)
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def signed_in(user, *, proven=True):
    """A browser of this person, who has just proven once more that it is them."""
    client = Client(headers={"host": "alpha.localhost"})
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    if proven:
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.mark.parametrize("name", FOR_ALL + FOR_CUSTOMERS + PROVEN_FIRST)
def test_nobody_sees_settings_without_signing_in(client, name):
    response = client.get(reverse(name))
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("role", ["customer", "agent", "admin"])
def test_everybody_has_a_profile_notifications_and_security(role):
    user = confirmed(CustomerFactory if role == "customer" else AgentFactory, role=role)
    client = signed_in(user, proven=False)
    assert {name: client.get(reverse(name)).status_code for name in FOR_ALL} == dict.fromkeys(
        FOR_ALL, 200
    )
    is_customer = role == "customer"
    for name in FOR_CUSTOMERS:
        assert client.get(reverse(name)).status_code == (200 if is_customer else 302)


@pytest.mark.parametrize("name", PROVEN_FIRST)
def test_what_protects_the_account_asks_once_more_who_it_is(name):
    user = confirmed()
    client = signed_in(user, proven=False)
    response = client.get(reverse(name))
    assert response.url == f"{reverse('account_reauthenticate')}?next={reverse(name)}".replace(
        reverse(name), reverse(name).replace("/", "%2F")
    )
    done = client.post(response.url, {"password": PASSWORD, "next": reverse(name)})
    assert done.url == reverse(name)
    assert client.get(reverse(name)).status_code == 200


def test_the_proof_leads_to_no_other_website():
    client = signed_in(confirmed(), proven=False)
    sent = {"password": PASSWORD, "next": "https://evil.example/"}
    response = client.post(reverse("account_reauthenticate"), sent)
    assert response.url == reverse("portal:home")


def test_name_and_language_are_saved_and_the_pages_follow():
    user = confirmed()
    client = signed_in(user)
    sent = {"name": "Anna  Berg", "language": "en"}
    response = client.post(reverse("portal:profile"), sent, follow=True)
    user.refresh_from_db()
    assert (user.name, user.language) == ("Anna Berg", "en")
    assert '<html lang="en"' in response.text


def test_a_refused_profile_keeps_what_was_typed_and_changes_nothing():
    user = confirmed(name="Anna Berg")
    sent = {"name": "x" * 121, "language": "fr"}
    response = signed_in(user).post(reverse("portal:profile"), sent)
    assert response.status_code == 422
    assert "x" * 121 in response.text
    user.refresh_from_db()
    assert user.name == "Anna Berg"


def test_a_new_address_counts_once_it_is_proven_and_the_old_one_is_told():
    user = confirmed()
    old, client = user.email, signed_in(user)
    client.post(reverse("portal:email_change"), {"email": NEW.upper()})
    user.refresh_from_db()
    assert user.email == old
    [asked] = [one for one in mail.outbox if one.to == [NEW]]
    path = re.search(r"http://[^/\s]+(/einstellungen/profil/adresse/\S+)", asked.body)[1]
    assert client.get(path).status_code == 200
    user.refresh_from_db()
    assert user.email == old, "looking is not confirming"
    client.post(path)
    user.refresh_from_db()
    assert user.email == NEW
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified")) == [
        (NEW, True)
    ]
    assert [one.to for one in mail.outbox if NEW in one.body and one.to == [old]]
    assert client.post(path).status_code == 404, "the link works once"


def test_the_link_confirms_for_nobody_but_who_asked(client):
    anna, eve = confirmed(), confirmed()
    token = email_change._token(eve, "opfer@kunden.example")
    path = reverse("portal:new_email", args=[token])
    assert client.post(path).url.startswith(reverse("account_login"))
    assert signed_in(anna).post(path).status_code == 404
    assert not User.objects.with_address("opfer@kunden.example").exists()


def test_an_address_that_is_taken_looks_like_any_other():
    taken, user = confirmed(), confirmed()
    client = signed_in(user)
    url = reverse("portal:email_change")
    free = client.post(url, {"email": NEW}, follow=True)
    known = client.post(url, {"email": taken.email}, follow=True)
    assert free.text.count(NEW) == known.text.count(taken.email) > 0
    [told] = [one for one in mail.outbox if one.to == [taken.email]]
    assert "/einstellungen/profil/adresse/" not in told.body


def test_a_name_says_nothing_to_the_stranger_whose_address_was_typed_in():
    user = confirmed(name="Konto gesperrt: https://evil.example/los")
    client = signed_in(user)
    client.post(reverse("portal:email_change"), {"email": NEW})
    [asked] = [one for one in mail.outbox if one.to == [NEW]]
    assert "evil.example" not in asked.body + asked.subject


def test_no_link_is_written_into_a_ticket(client, other_tenant):
    user = confirmed()
    for tenant in (Tenant.current(), other_tenant):
        address = tenant.mailbox.replace("@", "+t7.0123456789abcdef@")
        signed_in(user).post(reverse("portal:email_change"), {"email": address})
        client.post(reverse("account_signup"), {"email": address, "password1": PASSWORD})
        assert User.objects.with_address(address).exists()
    assert not [one for one in mail.outbox if "+t7" in one.to[0]]


def test_nobody_has_us_write_more_than_fifty_mails_a_day():
    user = confirmed()
    client, url = signed_in(user), reverse("portal:email_change")
    with time_machine.travel(now(), tick=False) as clock:
        said = []
        for _mail in range(51):
            answer = client.post(url, {"email": user.email})
            said.append(answer.status_code)
            clock.shift(7)
    assert said == [302] * 50 + [429]
    # The first of the fifty was 350 seconds ago.
    assert answer["Retry-After"] == str(24 * 60 * 60 - 50 * 7)
    assert "in 24 Stunden" in answer.content.decode()


def test_who_is_quick_is_asked_to_wait_for_a_minute():
    user = confirmed()
    client, url = signed_in(user), reverse("portal:email_change")
    with time_machine.travel(now(), tick=False):
        answers = [client.post(url, {"email": user.email}) for _mail in range(11)]
    assert answers[-1].status_code == 429
    assert answers[-1]["Retry-After"] == "60"
    assert "in 1 Minute " in answers[-1].content.decode()


def test_an_address_taken_meanwhile_is_refused():
    user = confirmed()
    token = email_change._token(user, NEW)
    confirmed(email=NEW)
    signed_in(user).post(reverse("portal:new_email", args=[token]))
    user.refresh_from_db()
    assert user.email != NEW


def test_no_box_ticked_means_told_of_nothing_and_works_without_a_script():
    user = confirmed()
    client = signed_in(user)
    url = reverse("portal:notifications")
    client.post(url, {"topic_followed-portal": "on"})
    assert [one for one, is_wanted in notifications.wanted(user).items() if is_wanted] == [
        (Event.TOPIC_FOLLOWED, Channel.PORTAL)
    ]
    client.post(url, {})
    assert not any(notifications.wanted(user).values())


def test_with_htmx_each_box_is_saved_as_it_is_ticked():
    user = confirmed()
    client = signed_in(user)
    part = client.post(
        reverse("portal:notifications"),
        {"topic_answered-mail": "on"},
        headers={"hx-request": "true"},
    )
    assert "<html" not in part.text
    assert 'role="status"' in part.text
    assert notifications.wants(user, Event.TOPIC_ANSWERED, Channel.MAIL)
    assert not notifications.wants(user, Event.TOPIC_ANSWERED, Channel.PORTAL)


def test_an_agent_is_offered_no_list_in_the_portal(agent):
    boxes = NotificationsForm(user=agent).fields
    assert set(boxes) == {"topic_answered-mail", "topic_followed-mail"}


def test_settings_change_nothing_without_a_csrf_token():
    user = confirmed()
    client = signed_in(user)
    client.handler.enforce_csrf_checks = True
    for name in [
        "portal:profile",
        "portal:notifications",
        "portal:data_export",
        "portal:team_invite",
    ]:
        assert client.post(reverse(name), {"name": "Eve", "language": "en"}).status_code == 403
    user.refresh_from_db()
    assert user.name != "Eve"
