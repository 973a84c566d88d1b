"""Second factors, passkeys and devices: what protects an account, and what an attacker tries."""

import time

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts import services, sessions
from accounts.second_factor import SecondFactorAdapter
from accounts.tokens import PasswordTokenGenerator
from tests.factories import AgentFactory
from tests.portal.test_settings import PASSWORD, confirmed, signed_in

LOGIN = "account_login"
NEW = "Acht-Kaffeetassen-im-Schrank"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def _no_old_limits(tenant):
    cache.clear()


def browser(user_agent=""):
    return Client(headers={"host": "alpha.localhost", "user-agent": user_agent})


def with_app(user):
    """Give a person an authenticator app; returns its key."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def with_password(client, user):
    return client.post(reverse(LOGIN), {"login": user.email, "password": PASSWORD})


def is_in(client, user):
    return client.session.get("_auth_user_id") == str(user.pk)


@pytest.mark.parametrize("role", ["customer", "agent"])
def test_an_app_is_set_up_and_from_then_on_the_password_is_not_enough(
    role, django_capture_on_commit_callbacks
):
    user = confirmed() if role == "customer" else confirmed(AgentFactory)
    client = signed_in(user)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert page.text.count(secret) == 1
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert done.url == reverse("mfa_view_recovery_codes")
    assert [one.subject for one in mail.outbox if one.to == [user.email]] != []

    fresh = browser()
    assert with_password(fresh, user).url == reverse("mfa_authenticate")
    assert not is_in(fresh, user)
    assert fresh.get(reverse("portal:profile")).status_code == 302
    # A code counts once, and that of the set-up is used.
    landed = fresh.post(reverse("mfa_authenticate"), {"code": code_of(secret, 1)})
    assert landed.url == reverse("desk:queue" if role == "agent" else "portal:home")
    assert is_in(fresh, user)


def test_a_code_works_once_and_a_recovery_code_too():
    user = confirmed()
    secret = with_app(user)
    recovery = RecoveryCodes.activate(user).get_unused_codes()[0]
    for code in (code_of(secret), recovery):
        first, second = browser(), browser()
        with_password(first, user)
        first.post(reverse("mfa_authenticate"), {"code": code})
        with_password(second, user)
        second.post(reverse("mfa_authenticate"), {"code": code})
        assert (is_in(first, user), is_in(second, user)) == (True, False)


def test_guessing_codes_ends_after_five_tries_also_with_the_right_one():
    user = confirmed()
    secret = with_app(user)
    client = browser()
    with_password(client, user)
    wrong = f"{(int(code_of(secret)) + 500_000) % 1_000_000:06}"
    for _try in range(5):
        client.post(reverse("mfa_authenticate"), {"code": wrong})
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert not is_in(client, user)


def test_a_new_password_by_mail_does_not_open_the_second_step():
    user = confirmed()
    with_app(user)
    key = PasswordTokenGenerator().make_token(user)
    client = browser()
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
    form = client.get(path).url
    done = client.post(form, {"password1": NEW, "password2": NEW})
    assert done.url == reverse("mfa_authenticate")
    assert not is_in(client, user)


def test_an_app_cannot_be_set_up_on_an_unconfirmed_address():
    user = confirmed()
    client = signed_in(user)
    user.emailaddress_set.create(email="fremd@kunden.example", verified=False)
    assert client.get(reverse("mfa_activate_totp")).url == reverse("mfa_index")
    assert reverse("mfa_activate_totp") not in client.get(reverse("mfa_index")).text


def test_the_second_step_is_there_for_nobody_without_the_first(client):
    assert client.get(reverse("mfa_authenticate")).url == reverse(LOGIN)
    assert client.post(reverse("mfa_authenticate"), {"code": "123456"}).url == reverse(LOGIN)


def test_the_session_gets_a_new_key_at_sign_in():
    user = confirmed()
    client = browser()
    client.get(reverse(LOGIN))
    client.session.save()
    planted = client.cookies["sessionid"].value if "sessionid" in client.cookies else "x" * 32
    client.cookies["sessionid"] = planted
    with_password(client, user)
    assert client.cookies["sessionid"].value != planted
    assert is_in(client, user)


def test_an_agent_who_lost_everything_comes_back_by_a_new_invitation():
    agent = confirmed(AgentFactory)
    with_app(agent)
    services.deactivate(agent)
    services.invite(agent.email)
    assert not Authenticator.objects.filter(user=agent).exists()


def test_secrets_are_sealed_in_the_database_with_a_key_of_the_tenant(other_tenant):
    user = confirmed()
    secret = with_app(user)
    stored = Authenticator.objects.get(user=user).data["secret"]
    assert secret not in stored
    with schema_context(other_tenant.schema_name):
        assert SecondFactorAdapter().decrypt(stored) != secret
    connection.set_tenant(connection.tenant)
    assert SecondFactorAdapter().decrypt(stored) == secret


@pytest.mark.parametrize("credential", ["", "[]", "{}", '"x"', '{"response": []}', "null", "{"])
def test_a_made_up_passkey_signs_nobody_in(client, credential):
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert response.url == reverse(LOGIN)
    assert "_auth_user_id" not in client.session


def test_a_passkey_of_another_person_is_not_there():
    mine, other = confirmed(), confirmed()
    passkey = Authenticator.objects.create(
        user=other, type=Authenticator.Type.WEBAUTHN, data={"name": "Handy", "credential": {}}
    )
    client = signed_in(mine)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(reverse(name, args=[passkey.pk])).status_code == 404
        assert client.post(reverse(name, args=[passkey.pk]), {"name": "x"}).status_code == 404
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_recovery_codes_show_to_who_has_just_proven_it_is_them():
    user = confirmed()
    with_app(user)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    client = browser()
    with_password(client, user)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    for name in ("mfa_view_recovery_codes", "mfa_download_recovery_codes"):
        assert client.get(reverse(name)).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert codes[1] in client.get(reverse("mfa_view_recovery_codes")).text
    assert codes[1] in client.get(reverse("mfa_download_recovery_codes")).text


def test_one_other_device_is_signed_out_and_this_one_stays():
    user = confirmed()
    here, there = browser("Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"), browser(IPHONE)
    with_password(here, user)
    with_password(there, user)
    page = here.get(reverse("mfa_index"))
    shown = [(one.name, one.is_current) for one in page.context["devices"]]
    assert shown == [("Firefox, Linux", True), ("Safari, iPhone", False)]
    away = page.context["devices"][1].pk
    here.post(reverse("portal:session_ended", args=[away]))
    assert there.get(reverse("portal:profile")).status_code == 302
    assert here.get(reverse("portal:profile")).status_code == 200


def test_all_other_devices_are_signed_out_at_once():
    user = confirmed()
    clients = [browser(), browser(), browser()]
    for client in clients:
        with_password(client, user)
    clients[0].post(reverse("portal:other_sessions_ended"))
    answers = [client.get(reverse("portal:profile")).status_code for client in clients]
    assert answers == [200, 302, 302]


def test_of_very_many_devices_this_one_and_the_latest_are_looked_at(monkeypatch):
    monkeypatch.setattr(sessions, "MOST_SHOWN", 3)
    user = confirmed()
    here, *others = [signed_in(user, proven=False) for _device in range(5)]
    latest = [client.session.session_key for client in others[-2:]]

    shown = here.get(reverse("mfa_index")).context["devices"]

    keys = {one.pk: one.session_key for one in UserSession.objects.filter(user=user)}
    assert [one.is_current for one in shown] == [True, False, False]
    assert sorted(keys[one.pk] for one in shown[1:]) == sorted(latest)


def test_nobody_ends_the_session_of_another_person_or_their_own_by_its_number():
    mine, other = confirmed(), confirmed()
    here, theirs = browser(), browser()
    with_password(here, mine)
    with_password(theirs, other)
    for user in (mine, other):
        pk = UserSession.objects.get(user=user).pk
        assert here.post(reverse("portal:session_ended", args=[pk])).status_code == 404
    assert theirs.get(reverse("portal:profile")).status_code == 200


def test_a_new_password_leaves_this_device_alone_in_the_list():
    user = confirmed()
    here, there = browser(), browser(IPHONE)
    with_password(here, user)
    with_password(there, user)
    sent = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post(reverse("account_change_password"), sent).url == reverse("mfa_index")
    assert [one.is_current for one in here.get(reverse("mfa_index")).context["devices"]] == [True]
    assert there.get(reverse("portal:profile")).status_code == 302


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (IPHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8", "Unbekanntes Gerät"),
    ],
)
def test_a_device_is_called_what_people_call_it(tenant, user_agent, name):
    assert sessions.device_name(user_agent) == name


@pytest.mark.parametrize("path", ["2fa/", "totp/activate/", "webauthn/", "sessions/", "trust/"])
def test_pages_of_the_package_that_we_do_not_use_are_not_there(client, path):
    assert client.get(f"/konto/{path}").status_code == 404
