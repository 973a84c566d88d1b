"""A newcomer plays the customer at Facebook (Demo), and an agent answers."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.keyboard import step_to

pytestmark = pytest.mark.xdist_group("browser")

QUESTION = "Ist die blaue Teekanne wieder da?"
ANSWER = "Ja, seit heute. Wir legen Ihnen eine zurück."
DAY = 24 * 3600


def order(stack, what, **arguments):
    """Tell the stand-in what happens at Meta."""
    url = f"{stack.facebook_url}_standin/{what}"
    return httpx.post(url, json=arguments, timeout=20).raise_for_status().json()["result"]


def written(stack, text, days):
    """Somebody wrote so many days ago, by Meta's clock, and we hear of it only now."""
    view = order(stack, "player/view")
    person = order(stack, "people/add", name="Späte Nachricht")["id"]
    order(stack, "clock/advance", seconds=-days * DAY)
    order(stack, "people/write", page=view["page"], person=person, text=text)
    order(stack, "clock/advance", seconds=days * DAY)


def test_a_newcomer_writes_on_facebook_and_gets_an_answer(visitors, stack):
    desk = visitors.open("desk:queue", role="agent")
    expect(desk.locator("body")).to_have_class(re.compile("is-live"))
    customer = visitors.page("", "demo", "de", fresh=True)
    customer.goto(stack.facebook_url)
    customer.get_by_label("Ihr Name").fill("Wilma Newcomer")
    customer.keyboard.press("Enter")

    customer.get_by_label("Ihre Nachricht").fill(QUESTION)
    customer.keyboard.press("Enter")

    row = desk.locator("[data-row]", has_text=QUESTION)
    expect(row).to_be_visible()
    step_to(desk, row, "j")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Ende der 24 Stunden von Facebook")).to_be_visible()
    assert axe.violations(desk) == []
    desk.keyboard.press("r")
    desk.keyboard.type(ANSWER)
    desk.keyboard.press("Control+Enter")
    expect(customer.get_by_role("log")).to_contain_text(ANSWER)
    expect(desk.locator("#thread .delivery.sent")).to_be_visible()


def test_the_composer_knows_what_facebook_still_takes(visitors, stack):
    written(stack, "Geschrieben vor zwei Tagen", 2)
    written(stack, "Geschrieben vor acht Tagen", 8)
    desk = visitors.open("desk:queue", role="agent")

    row = desk.locator("[data-row]", has_text="Geschrieben vor zwei Tagen")
    row.click()
    expect(desk.locator("#composer")).to_contain_text("HUMAN_AGENT")
    expect(desk.locator("#reply [name=text]")).to_be_visible()

    desk.goto(stack.url("/desk/"))
    row = desk.locator("[data-row]", has_text="Geschrieben vor acht Tagen")
    row.click()
    expect(desk.locator("#composer")).to_contain_text("Facebook nimmt keine Antwort mehr an")
    expect(desk.locator("#reply [name=text]")).to_have_count(0)
    expect(desk.locator("#note [name=text]")).to_have_count(1)
    assert axe.violations(desk) == []
