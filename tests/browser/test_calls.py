"""A customer with Gold wishes for a later call; an agent makes it, and the promise is kept."""

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import step_to
from tests.browser.mailbox import text_of

pytestmark = pytest.mark.xdist_group("browser")

TOPIC = "Bondrucker einrichten"


def test_a_wished_call_becomes_the_promise_and_keeps_it(visitors, stack, known):
    page = visitors.open("portal:new_call", role="caller")
    page.locator("[name=topic]").fill(TOPIC)
    page.locator("[name=number]").fill("110")
    days = page.locator(".slots-later details")
    days.last.locator("summary").click()
    wished = days.last.locator(".slot").last
    until = wished.inner_text().split("–")[1].strip()
    wished.click()

    # A number that nobody may call: all that was chosen and typed is still there.
    page.get_by_role("button", name="Rückruf vereinbaren").click()
    expect(page.locator(".errors")).to_contain_text("Notruf- und Kurznummern")
    visitors.forgive("status of 422")
    expect(page.locator("[name=topic]")).to_have_value(TOPIC)
    expect(page.locator(".slots-later input:checked")).to_have_count(1)
    page.locator("[name=number]").fill("030 23125 017")
    step_to(page, page.get_by_role("button", name="Rückruf vereinbaren"))
    page.keyboard.press("Enter")

    # The end of the slot is the new promise; the mail says the same.
    expect(page.locator(".agreed-call")).to_contain_text("+49 30 23125017")
    expect(page.locator("aside .promise .due small").first).to_contain_text(until)
    ticket = page.url.partition("#")[0]
    mail = stack.mailbox.wait(
        known.email("caller"), lambda one: TOPIC in str(one["Subject"]) and until in text_of(one)
    )
    assert "+49 30 23125017" in text_of(mail)

    # The agent finds the call, and logs that they spoke.
    desk = visitors.open("desk:calls", role="agent")
    desk.get_by_role("link", name=TOPIC).click()
    expect(desk.locator("a.dial")).to_have_attribute("href", "tel:+493023125017")
    desk.get_by_label("Erreicht", exact=True).check()
    desk.get_by_label("Dauer in Minuten").fill("6")
    desk.get_by_role("button", name="Anruf eintragen").click()
    expect(desk.locator("#toasts")).to_contain_text("Der Anruf ist die Antwort")
    expect(desk.get_by_role("link", name=TOPIC)).to_have_count(0)
    desk.goto(ticket.replace("/tickets/", "/desk/tickets/"))
    expect(desk.locator("#ticket-header .chip.good")).to_have_text("Zusage gehalten")
    page.goto(ticket)
    expect(page.locator("main")).to_contain_text("Wir haben miteinander telefoniert, 6 Minuten")
