"""The forum in use: a newcomer asks, an agent lets it through, others vote, it goes private."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import step_to

pytestmark = pytest.mark.xdist_group("browser")


def test_a_newcomers_question_goes_all_the_way(visitors):
    asker = visitors.open("portal:forum_new_topic", role="caller")
    asker.get_by_label("Titel").press_sequentially("Etikettendrucker macht Ränder")
    offered = asker.locator("#similar")
    expect(offered.get_by_role("link").first).to_contain_text("Etikettendrucker druckt")
    asker.get_by_label("Ihr öffentlicher Name").fill("Mona im Browser")
    asker.get_by_label("Titel").fill("Lieferscheine doppelt")
    expect(offered.get_by_role("link")).to_have_count(0)
    asker.get_by_label("Ihr Beitrag").fill("Jeder kommt **zweimal** aus dem Drucker.")
    asker.get_by_role("button", name="Frage veröffentlichen").click()
    expect(asker.get_by_text("Das sehen bisher nur Sie")).to_be_visible()
    place = re.sub(r"#.*", "", asker.url)

    agent = visitors.open("desk:forum", role="agent")
    waiting = agent.get_by_role("listitem").filter(has_text="Mona im Browser")
    waiting.get_by_role("button", name="Freigeben").click()
    expect(agent.get_by_text("Alle können den Beitrag jetzt lesen")).to_be_visible()

    reader = visitors.open(path=re.sub(r"https?://[^/]+", "", place), role="buyer")
    reader.get_by_role("button", name="Hilfreich").click()
    voted = reader.get_by_role("button", name="Hilfreich 1")
    expect(voted).to_have_attribute("aria-pressed", "true")
    reader.locator("textarea[name=text]").fill("Im Treiber steht „2 Kopien“.")
    reader.get_by_role("button", name="Antwort veröffentlichen").click()
    expect(reader.get_by_text("Im Treiber steht")).to_be_visible()

    asker.goto(place)
    answer = asker.get_by_role("article").filter(has_text="Im Treiber steht")
    answer.get_by_role("button", name="Das hat es gelöst").click()
    expect(asker.get_by_text("Hat es gelöst", exact=True)).to_be_visible()
    question = asker.get_by_role("article").filter(has_text="zweimal")
    question.get_by_label("Mehr zu diesem Beitrag").click()
    question.get_by_role("link", name="Privat weiterführen").click()
    asker.get_by_label("Was nur wir lesen sollen").fill("Kundennummer 4711")
    asker.get_by_role("button", name="Privat weiterführen").click()
    expect(asker).to_have_url(re.compile(r"/tickets/\d+/"))
    expect(asker.get_by_text("Kundennummer 4711")).to_be_visible()

    stranger = visitors.open(path=re.sub(r"https?://[^/]+", "", place))
    expect(stranger.get_by_text("Im Treiber steht")).to_be_visible()
    expect(stranger.get_by_text("Geht privat weiter")).to_have_count(0)
    expect(stranger.get_by_text("Mona Ruf")).to_have_count(0)


def test_the_menu_of_a_post_is_left_by_escape(visitors, known):
    page = visitors.open(
        "portal:forum_topic", known.value("forum_slug"), known.value("forum_key"), role="customer"
    )
    opener = page.get_by_label("Mehr zu diesem Beitrag").first
    menu = page.locator(".post-menu").first

    step_to(page, opener)
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.locator("h1").click()
    expect(menu).to_be_hidden()
