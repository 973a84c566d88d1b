"""Somebody whose account is well protected, with a team, and somebody half-way through sign-in."""

from __future__ import annotations

import json
import time

FAR = 24 * 60 * 60


def proven(store, user):
    """Let a session count as proven once more, for as long as any run takes."""
    store["account_authentication_methods_user"] = str(user.pk)
    store["account_authentication_methods"] = [
        {"method": "password", "at": time.time() + FAR, "reauthenticated": True}
    ]


def settings_of(people):
    """Second factors, a team with an open invitation, and packed data; the values of their URLs."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from allauth.usersessions.models import UserSession
    from django.utils.timezone import now

    from accounts import email_change, exporting, membership, notifications
    from accounts.models import DataExport, Membership, User
    from accounts.notifications import Event

    chief = people["protected"]
    chief.join(chief.organisation, Membership.Role.ADMIN)
    mate = User.objects.create_customer(
        "olaf.mitglied@demo-leute.example", "Olaf Mitglied", organisation=chief.organisation
    )
    EmailAddress.objects.create(user=mate, email=mate.email, verified=True, primary=True)
    TOTP.activate(chief, generate_totp_secret())
    RecoveryCodes.activate(chief)
    role = Membership.Role.MEMBER
    waiting = membership.invite(
        chief.organisation, "eine.sehr.lange.adresse@demo-leute.example", role, by=chief
    )
    for_newcomer = membership.invite(chief.organisation, people["newcomer"].email, role, by=chief)
    export = exporting.request_export(chief)
    exporting.pack(export.pk)
    DataExport.objects.create(user=people["customer"], tries=3, failed_at=now())
    elsewhere = UserSession.objects.create(
        user=chief, session_key=kept_session(chief), ip="2001:db8::7", user_agent="curl/8"
    )
    return {
        "mate": mate.pk,
        "chief": chief.pk,
        "passkey": passkey(chief).pk,
        "open_invitation": waiting.pk,
        "team_invitation": membership.token(for_newcomer),
        "export": export.pk,
        "device": elsewhere.pk,
        "new_email": email_change._token(chief, "nora.neu@demo-leute.example"),
        "unsubscribe": notifications.unsubscribe_url(chief, Event.TOPIC_FOLLOWED).split("/")[-2],
    }


def kept_session(user):
    from tests.browser.seed_people import session

    return session(user)


def passkey(user):
    """A passkey of a device that nobody has."""
    from allauth.mfa.models import Authenticator
    from cryptography.hazmat.primitives.asymmetric import ec
    from fido2.cose import ES256
    from fido2.utils import sha256, websafe_encode
    from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    data = AttestedCredentialData.create(b"\0" * 16, b"seeded-passkey", key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    told = AuthenticatorData.create(sha256(b"demo.localhost"), flags, 0, data)
    client = json.dumps({"type": "webauthn.create", "challenge": "eA", "origin": "http://x"})
    credential = {
        "type": "public-key",
        "id": websafe_encode(b"seeded-passkey"),
        "rawId": websafe_encode(b"seeded-passkey"),
        "response": {
            "clientDataJSON": websafe_encode(client.encode()),
            "attestationObject": websafe_encode(AttestationObject.create("none", told, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    return Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Telefon mit einem langen Namen", "credential": credential},
    )


def half_way(user, password):
    """The key of a session in which this person has given the password, and no code yet."""
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    tenant = connection.tenant
    client = Client(headers={"host": tenant.host})
    sent = {"login": user.email, "password": password}
    answer = client.post(reverse("account_login"), sent)
    connection.set_tenant(tenant)
    assert answer.headers.get("Location") == reverse("mfa_authenticate"), answer.status_code
    return client.cookies["sessionid"].value
