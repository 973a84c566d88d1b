"""A form that comes back as a whole page begins with what is wrong in it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")


def test_what_is_wrong_with_signing_in_has_the_focus(visitors):
    page = visitors.open("account_login")
    page.get_by_label("E-Mail-Adresse").fill("niemand@demo-leute.example")
    page.get_by_label("Passwort", exact=True).fill("Nicht-das-richtige")
    page.get_by_role("button", name="Anmelden", exact=True).click()

    wrong = page.get_by_text("E-Mail-Adresse oder Passwort stimmt nicht.")
    expect(wrong).to_be_visible()
    expect(page.locator("[role=alert]", has=wrong)).to_be_focused()


def test_the_first_field_that_is_wrong_has_the_focus(visitors):
    page = visitors.open("account_signup")
    page.get_by_label("E-Mail-Adresse").fill("gerda.neu@demo-leute.example")
    page.get_by_label("Passwort", exact=True).fill("kurz")
    page.get_by_role("button", name="Konto anlegen").click()

    expect(page.locator(".errors")).to_be_visible()
    expect(page.get_by_label("Passwort", exact=True)).to_be_focused()
