"""A customer's ticket from the first word to the rating, as they do it in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.visitors import NARROW

pytestmark = pytest.mark.xdist_group("browser")

SUBJECT = "Bestellungen verschwinden beim Abruf"
TEXT = "Seit heute früh fehlen Bestellungen.\nWas können wir tun?"
# A file as the browser hands it over when somebody drops or pastes it.
GIVE = """([selector, kind, name, type]) => {
  const data = new DataTransfer();
  data.items.add(new File(["zeile;wert"], name, { type }));
  const what = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.querySelector(selector).dispatchEvent(what);
}"""


def drafts(page):
    return page.evaluate(
        "() => Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"
    )


def test_a_request_is_written_dropped_pasted_answered_and_rated(visitors, stack, known):
    page = visitors.open("portal:new_ticket", role="caller")
    page.get_by_label("Betreff").fill(SUBJECT)
    page.get_by_label("Ihre Nachricht").fill(TEXT)
    expect(page.locator(".draft-kept")).to_have_text("Entwurf in diesem Browser gesichert")

    # What was typed survives the page, and the browser that closes.
    page.reload()
    expect(page.get_by_label("Betreff")).to_have_value(SUBJECT)
    expect(page.get_by_label("Ihre Nachricht")).to_have_value(TEXT)

    page.evaluate(GIVE, ["#id_text", "paste", "image.png", "image/png"])
    page.evaluate(GIVE, ["#new-ticket", "drop", "Protokoll.csv", "text/csv"])
    files = page.locator("[data-drafts] [data-kept] .name")
    expect(files).to_have_text([re.compile(r"^Bild \d{4}-\d\d-\d\d .*\.png$"), "Protokoll.csv"])
    page.set_viewport_size(NARROW)
    assert axe.violations(page) == []
    page.get_by_role("button", name="Ticket senden").click()

    expect(page.get_by_role("heading", name=SUBJECT)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/tickets/\d+/#message-\d+$"))
    expect(page.locator(".thread .attachment .name")).to_have_count(2)
    assert drafts(page) == []
    address = page.url.split("#")[0]

    # A second word, and the state that says whose turn it is.
    page.locator("#reply textarea").fill("Noch etwas: Es betrifft alle Kanäle.")
    page.locator("#reply").get_by_role("button", name="Senden").click()
    expect(page.locator(".thread")).to_contain_text("Es betrifft alle Kanäle.")
    expect(page.locator(".chip", has_text="Wir sind dran")).to_be_visible()

    # The agent solves it; the customer says what they thought of it.
    number = address.rstrip("/").split("/")[-1]
    desk = visitors.open("desk:ticket", number, role="agent")
    desk.locator("#reply textarea").fill("Der Abruf läuft wieder.")
    desk.locator("#reply select[name=state]").select_option("solved")
    desk.locator("#reply").get_by_role("button", name="Antwort senden").click()
    expect(desk.locator(".ticket-header .chip.solved, .chip.solved").first).to_be_visible()

    page.goto(address)
    page.locator(".rating-option", has_text="Nicht gut").click()
    page.get_by_label("Möchten Sie sagen, warum?").fill("Das hat gedauert.")
    page.get_by_role("button", name="Bewertung abschicken").click()
    expect(page.get_by_role("heading", name="Bewertet: nicht gut")).to_be_visible()
    desk.reload()
    expect(desk.locator("#ticket-side")).to_contain_text("Das hat gedauert.")

    # It was not settled after all.
    page.get_by_role("button", name="Wieder öffnen").click()
    expect(page.locator(".chip", has_text="Wir sind dran")).to_be_visible()


def test_the_next_person_at_the_same_machine_finds_no_draft(visitors, stack, known):
    page = visitors.open("portal:new_ticket", role="chooser")
    page.get_by_label("Ihre Nachricht").fill("Nur für mich.")
    expect(page.locator(".draft-kept")).to_have_text("Entwurf in diesem Browser gesichert")
    assert len(drafts(page)) == 1

    # Somebody else signs in where nobody signed out.
    cookie = {"name": "sessionid", "value": known.session("newcomer"), "url": stack.url("/")}
    page.context.add_cookies([cookie])
    page.goto(stack.url("/tickets/neu/"))

    expect(page.get_by_label("Ihre Nachricht")).to_have_value("")
    assert drafts(page) == []


def test_a_choice_in_the_list_is_quick_and_the_back_button_takes_it_back(visitors):
    page = visitors.open("portal:tickets", role="customer")
    address = page.url
    chosen = page.locator("#list-turns [aria-current]")
    page.evaluate("() => { window.stayed = true }")

    page.get_by_role("link", name="Erledigt").click()
    expect(chosen).to_have_text("Erledigt")
    expect(page).to_have_url(re.compile(r"/tickets/\?.*state=done"))
    assert page.evaluate("() => window.stayed")

    page.go_back()
    expect(chosen).to_have_text("Alle")
    expect(page).to_have_url(address)
    # The choice of the look is still marked on a page that came back.
    expect(page.locator("input[name=theme]:checked")).to_have_value("system")
