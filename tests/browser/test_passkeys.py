"""Passkeys with Chromium's virtual authenticator: added, used to sign in, used as second step."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.seed_people import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_device(page):
    """Give the browser a device that keeps passkeys and whose owner always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_passkey_is_added_and_signs_in_without_a_password(visitors):
    page = visitors.open("account_login")
    with_device(page)
    page.locator("[name=login]").fill(visitors.known.email("stranger"))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/")
    page.goto(visitors.stack.url(reverse("mfa_add_webauthn")))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("h1")).to_have_text("Passkey hinzufügen")
    page.locator("[name=name]").fill("Mein Rechner")
    page.locator("#passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto(visitors.stack.url(reverse("mfa_index")))
    expect(page.locator(".pref-row", has_text="Mein Rechner")).to_be_visible()

    page.context.clear_cookies()
    page.goto(visitors.stack.url(reverse("account_login")))
    page.locator("#passkey").click()
    page.wait_for_url(visitors.stack.url("/"))
    page.goto(visitors.stack.url(reverse("portal:profile")))
    expect(page.locator("main")).to_contain_text(visitors.known.email("stranger"))

    # With the password alone the passkey is the second step.
    page.context.clear_cookies()
    page.goto(visitors.stack.url(reverse("account_login")))
    page.locator("[name=login]").fill(visitors.known.email("stranger"))
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("h1")).to_have_text("Zweiter Schritt beim Anmelden")
    page.locator("#passkey").click()
    page.wait_for_url(visitors.stack.url("/"))


def test_without_a_passkey_on_the_device_the_page_says_so(visitors):
    page = visitors.open("account_login")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "isUserVerified": False}}
    )
    page.locator("#passkey").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
