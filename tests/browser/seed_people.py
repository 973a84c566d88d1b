"""Who the browser tests know by name, and the sessions they are signed in with."""

from __future__ import annotations

from tests.browser.seed_settings import proven

NAMES = {
    "agent": "Ada Prüfer",
    "admin": "Bea Leitner",
    "customer": "Cem Kundt",
    "stranger": "Dora Fremd",
    "newcomer": "Gero Anfang",
    "unconfirmed": "Hanna Offen",
    "passwordless": "Ivo Ohne",
    "by_mail": "Jette Postweg",
    "buyer": "Karla Buchner",
    "chooser": "Lars Wählert",
    "caller": "Mona Ruf",
    "protected": "Nora Sicher",
}
PASSWORD = "Sieben-Teebeutel-im-Regal"


def person(role, slug):
    """Somebody who can sign in; most have a password and a confirmed address."""
    from allauth.account.models import EmailAddress

    from accounts.models import User

    email = f"{role}.test@{slug}-leute.example"
    if role in {"agent", "admin"}:
        user = User.objects.create_agent(email, NAMES[role], is_admin=role == "admin")
        user.invited_at = None
    else:
        user = User.objects.create_customer(email, NAMES[role])
    if role == "customer":
        # A member who may not book; what the pages ask of administrators has people of its own.
        user.join(user.organisation)
    if role != "passwordless":
        user.set_password(PASSWORD)
    user.save()
    is_verified = role != "unconfirmed"
    EmailAddress.objects.create(user=user, email=email, verified=is_verified, primary=True)
    return user


def session(user):
    """The key of a session in which this person is signed in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    proven(store, user)
    store.create()
    return store.session_key
