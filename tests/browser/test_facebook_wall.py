"""Somebody asks on the wall of the demo's Facebook page, and reads the answer there."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe

pytestmark = pytest.mark.xdist_group("browser")
QUESTION = "Kann ich meine Bestellung noch ändern?"
ANSWER = "Ja, bis zum Versand. Wir schreiben Ihnen gleich privat."


def test_a_question_on_the_wall_is_answered_in_public(visitors, stack):
    customer = visitors.page("", "demo", "de", fresh=True)
    customer.goto(f"http://127.0.0.1:{stack.facebook_port}/")
    customer.get_by_label("Ihr Name").fill("Frieda Wand")
    customer.keyboard.press("Enter")
    customer.get_by_label("Etwas auf die Pinnwand schreiben").fill(QUESTION)
    customer.get_by_role("button", name="Veröffentlichen").click()
    post = customer.get_by_role("article", name=f"Frieda Wand: {QUESTION}")
    expect(post).to_be_visible()

    agent = visitors.open("desk:queue", role="agent")
    agent.locator("[data-row]", has_text=QUESTION).click()
    expect(agent.get_by_role("region", name="Auf Facebook")).to_contain_text(QUESTION)
    expect(agent.get_by_text("Bitte keine persönlichen Daten")).to_be_visible()
    agent.get_by_label("Privat (Messenger)").check()
    expect(agent.get_by_text("Bitte keine persönlichen Daten")).to_be_hidden()
    agent.get_by_label("Öffentlich als Kommentar").check()
    agent.locator("#reply textarea").fill(ANSWER)
    assert axe.violations(agent) == []
    agent.get_by_role("button", name="Antwort senden").click()

    expect(post).to_contain_text(ANSWER)
    expect(agent.locator(".message.outbound").last).to_contain_text("öffentlich")
