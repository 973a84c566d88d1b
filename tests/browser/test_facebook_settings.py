"""An administrator connects a page through Facebook's dialog; what is written there comes in."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.visitors import NARROW

pytestmark = pytest.mark.xdist_group("browser")

NAME = "Teehaus Süd"
QUESTION = "Habt ihr noch Darjeeling vom Frühjahr?"


def order(stack, what, **arguments):
    """Tell the stand-in what happens at Meta."""
    url = f"{stack.facebook_url}_standin/{what}"
    return httpx.post(url, json=arguments, timeout=20).raise_for_status().json()["result"]


def looks_right(page):
    for theme in ("light", "dark"):
        axe.show(page, theme)
        assert axe.violations(page) == []


def test_an_administrator_connects_a_page_and_its_messages_become_tickets(visitors, stack):
    page_id = order(stack, "staff/add_page", name=NAME)["id"]
    desk = visitors.open("desk:settings", role="admin")
    desk.set_viewport_size(NARROW)
    desk.get_by_role("link", name="Facebook", exact=True).click()
    looks_right(desk)

    desk.get_by_role("button", name="Seite verbinden").click()
    desk.get_by_label("Kommentare schreiben, verbergen und löschen").uncheck()
    desk.get_by_role("button", name="Erlauben").click()

    expect(desk.get_by_role("heading", name="Welche Seiten?")).to_be_visible()
    permission = desk.get_by_role("listitem").filter(has_text="pages_manage_engagement")
    expect(permission).to_contain_text("fehlt: dieser Teil geht nicht")
    looks_right(desk)
    desk.get_by_label(NAME).check()
    desk.get_by_role("button", name="Verbinden").click()
    expect(desk.get_by_role("status").filter(has_text=NAME)).to_be_visible()

    desk.get_by_role("link", name=NAME).click()
    looks_right(desk)
    desk.get_by_role("button", name="Jetzt prüfen").click()
    expect(desk.get_by_text("Alles ist, wie es sein soll.")).to_be_visible()

    person = order(stack, "people/add", name="Ina Teefreund")["id"]
    order(stack, "people/write", page=page_id, person=person, text=QUESTION)
    desk.goto(stack.url("/desk/"))
    expect(desk.locator("[data-row]", has_text=QUESTION)).to_be_visible()

    desk.goto(stack.url("/desk/einstellungen/facebook/"))
    desk.get_by_role("link", name=NAME).click()
    desk.get_by_role("link", name="Trennen").click()
    desk.get_by_role("button", name="Trennen").click()
    expect(desk.get_by_role("heading", name="Früher verbunden")).to_be_visible()
