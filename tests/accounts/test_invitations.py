"""Agents and tenant admins come in by invitation, and by nothing else."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts import invitations, services
from accounts.models import User
from channels.models import SystemMail
from tests.factories import CustomerFactory

PASSWORD = "Sieben-Teebeutel-im-Regal"


def invite(**fields):
    return services.invite("Jana@Firma.example", **{"name": "Jana Lind", **fields})


def path_in(message):
    return re.search(r"http://[^/\s]+(/konto/einladung/\S+)", message.body)[1]


def accept(client, path, **fields):
    return client.post(path, {"name": "Jana L.", "password1": PASSWORD, **fields})


def test_an_invited_agent_chooses_name_and_password_and_is_at_the_desk(client):
    user = invite()
    assert (user.role, user.email) == (User.Role.AGENT, "jana@firma.example")
    assert not user.has_usable_password()
    path = path_in(mail.outbox[0])

    page = client.get(path)
    assert page.status_code == 200
    assert "jana@firma.example" in page.content.decode()
    response = accept(client, path)

    user.refresh_from_db()
    assert response.url == reverse("desk:queue")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert (user.name, user.check_password(PASSWORD), user.invited_at) == ("Jana L.", True, None)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == (user.email, True, True)


def test_the_invitation_is_mailed_to_the_person(tenant):
    invite()

    [message] = mail.outbox
    assert message.to == ["jana@firma.example"]
    assert message.from_email == "Alpha GmbH <support@alpha.localhost>"
    assert message.subject == "Ihre Einladung in den Support von Alpha GmbH"
    assert "http://alpha.localhost:8000/konto/einladung/" in message.body
    assert "7 Tage" in message.body


def test_the_inviters_address_leads_back_to_where_they_work(tenant):
    invite(base_url="https://hilfe.alpha.example")

    assert "https://hilfe.alpha.example/konto/einladung/" in mail.outbox[0].body


def test_the_invitation_is_a_row_of_the_outbox(tenant, settings):
    settings.EMAIL_BACKEND = "channels.email.backend.OutboxBackend"

    invite()

    stored = SystemMail.objects.get(recipient="jana@firma.example")
    assert b"/konto/einladung/" in bytes(stored.raw).replace(b"=\r\n", b"")
    assert stored.envelope_from == "support@alpha.localhost"


def test_a_tenant_admin_is_invited_the_same_way(client):
    user = invite(role=User.Role.ADMIN)

    accept(client, path_in(mail.outbox[0]))

    user.refresh_from_db()
    assert user.is_tenant_admin


def test_the_link_works_once(client):
    invite()
    path = path_in(mail.outbox[0])
    accept(client, path)
    stranger = Client(headers={"host": "alpha.localhost"})

    assert stranger.get(path).status_code == 404
    assert accept(stranger, path, password1="Acht-Kaffeetassen").status_code == 404
    assert User.objects.get(email="jana@firma.example").check_password(PASSWORD)
    assert "_auth_user_id" not in stranger.session


@pytest.mark.parametrize(
    ("later", "status"),
    [(timedelta(days=7) - timedelta(minutes=1), 200), (timedelta(days=7), 404)],
)
def test_the_link_lasts_seven_days(client, later, status):
    invite()

    with time_machine.travel(now() + later, tick=False):
        assert client.get(path_in(mail.outbox[0])).status_code == status


def test_inviting_again_replaces_the_link(client):
    invite()
    again = invite(role=User.Role.ADMIN)

    old, new = [path_in(message) for message in mail.outbox]

    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert User.objects.with_address("jana@firma.example").get() == again
    assert again.is_tenant_admin


@pytest.mark.parametrize("path", ["x", "x:y", "WzEsIjIwMjYiXQ:AAAA", "%00", "'"])
def test_a_made_up_link_opens_nothing(client, path):
    assert client.get(f"/konto/einladung/{path}/").status_code == 404


def test_a_link_of_another_tenant_opens_nothing(client, tenant, other_tenant):
    """Equal id, equal moment: the signature alone tells the tenants apart."""
    user = invite()
    connection.set_tenant(other_tenant)
    twin = User(pk=user.pk, email="opfer@beta.example", role=User.Role.ADMIN)
    twin.invited_at = user.invited_at
    twin.save(force_insert=True)

    with pytest.raises(invitations.InvitationInvalidError):
        invitations.invited(path_in(mail.outbox[0]).split("/")[3])


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"password1": ""}, {"password1": "kurz"}, {"password1": "Jana Lind"}]
)
def test_bad_input_leaves_the_invitation_open(client, fields):
    user = invite()
    path = path_in(mail.outbox[0])

    response = accept(client, path, **fields)

    assert response.status_code == 200
    assert response.context["form"].errors
    user.refresh_from_db()
    assert user.is_invited
    assert accept(client, path).status_code == 302


def test_who_is_in_the_team_is_not_invited_again(client):
    invite()
    accept(client, path_in(mail.outbox[0]))

    with pytest.raises(services.AlreadyInTeamError):
        invite()


def test_an_invited_customer_must_prove_the_mailbox_first(client):
    """The password of a customer may be a stranger's; it never opens the desk."""
    customer = CustomerFactory(email="jana@firma.example", password="Des-Angreifers-Passwort")
    EmailAddress.objects.create(user=customer, email=customer.email, verified=True, primary=True)

    user = invite()

    assert user == customer
    assert user.role == User.Role.AGENT
    client.post(
        reverse("account_login"),
        {"login": user.email, "password": "Des-Angreifers-Passwort"},
    )
    assert "_auth_user_id" not in client.session
    assert accept(client, path_in(mail.outbox[0])).url == reverse("desk:queue")


def test_who_was_deactivated_comes_back_by_invitation(client):
    invite()
    accept(client, path_in(mail.outbox[0]))
    user = User.objects.get(email="jana@firma.example")
    services.deactivate(user)

    user = invite()

    assert user.is_active
    assert not user.has_usable_password()


def test_deactivating_ends_an_open_invitation(client):
    user = invite()

    services.deactivate(user)

    assert client.get(path_in(mail.outbox[0])).status_code == 404


def test_accepting_signs_the_one_before_out(client):
    someone = CustomerFactory()
    client.force_login(someone)
    user = invite()

    accept(client, path_in(mail.outbox[0]))

    assert client.session["_auth_user_id"] == str(user.pk)
