"""A customer's administrator books Gold while three tickets wait, and gets what the page said."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import step_to
from tests.browser.mailbox import text_of

pytestmark = pytest.mark.xdist_group("browser")

ADDRESS = {
    "name": "Wählert & Töchter GmbH",
    "street": "Am Speicher 11",
    "postcode": "20457",
    "city": "Hamburg",
}


def said_by(page):
    """What the page says of each ticket: number, new due moment, new place."""
    rows = page.locator("table.effects tbody tr")
    found = []
    for row in rows.all():
        number = re.search(r"#(\d+)", row.locator("th").inner_text()).group(1)
        due, place = (row.locator("td").nth(at).locator("strong") for at in (0, 1))
        moment = due.locator("time").get_attribute("datetime")
        found.append((int(number), moment, int(place.inner_text())))
    return found


def is_now(page, stack, numbers):
    """How it stands: number, due moment as the ticket's page shows it, place in the queue."""
    queue = [row["number"] for row in stack.queue()]
    found = []
    for number in numbers:
        page.goto(stack.url(f"/tickets/{number}/"))
        due = page.locator(".promise .due time").first.get_attribute("datetime")
        found.append((number, due, queue.index(number) + 1))
    return found


def test_gold_does_what_the_page_said_and_can_be_cancelled(visitors, stack, known):
    page = visitors.open("portal:modules", role="chooser")
    expect(page.get_by_role("heading", name="Basis")).to_be_visible()

    # Looking at Gold changes nothing yet; the page stays where it is.
    page.locator(".level.gold a", has_text="Auswählen").click()
    expect(page.locator("#choice-title")).to_contain_text("Was Gold für Ihre 3 offenen Tickets")
    said = said_by(page)
    assert len(said) == 3
    assert page.locator("#choice .chip.good").count() == 3

    # Without an address nothing is booked; with it, one button does.
    page.locator("#choice button[type=submit]").click()
    expect(page.locator("#choice .errors").first).to_be_visible()
    visitors.forgive("status of 422")
    for name, value in ADDRESS.items():
        page.locator(f"#choice [name={name}]").fill(value)
    page.get_by_role("button", name="Zahlungspflichtig buchen").click()

    # A confirmation, a mail, and the tickets stand where the page had said.
    expect(page.get_by_role("heading", level=1)).to_have_text("Gold ist gebucht")
    expect(page.locator(".facts")).to_contain_text("59,00 € netto, 70,21 € mit 19 % USt.")
    mail = stack.mailbox.wait(known.email("chooser"), lambda one: "gebucht" in str(one["Subject"]))
    assert "Gebucht von: Lars Wählert" in text_of(mail)
    assert is_now(page, stack, [number for number, _due, _place in said]) == said

    # Cancelling takes two clicks, by keyboard; it can be taken back.
    page.goto(stack.url("/einstellungen/zusatzmodule/"))
    step_to(page, page.locator(".level.gold a", has_text="Vertrag hier kündigen"))
    page.keyboard.press("Enter")
    step_to(page, page.get_by_role("button", name="Jetzt kündigen"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Gold ist gekündigt")
    page.get_by_role("button", name="Kündigung zurücknehmen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gold läuft weiter")

    # At once: Basis from now on, and what was promised stays.
    page.goto(stack.url("/einstellungen/zusatzmodule/kuendigung/"))
    page.get_by_label("Sofort").check()
    page.get_by_role("button", name="Jetzt kündigen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gold ist beendet")
    assert is_now(page, stack, [number for number, _due, _place in said]) == said


def test_two_administrators_cannot_book_past_each_other(visitors, stack):
    """One has the page open while the other books: the first is told, and nothing is charged."""
    first = visitors.open("portal:modules", role="buyer")
    second = visitors.open("portal:modules", role="buyer")
    expect(first.locator("#choice-title")).to_contain_text("Silber")
    second.locator(".level.gold a", has_text="Auswählen").click()
    expect(second.locator("#choice-title")).to_contain_text("Gold")

    first.locator("#choice button[type=submit]").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Silber ist gebucht")
    second.locator("#choice button[type=submit]").click()

    expect(second.locator("#toasts")).to_contain_text("hat die Buchung inzwischen geändert")
    expect(second.locator(".level.silber.now")).to_be_visible()
    visitors.forgive("status of 409")
