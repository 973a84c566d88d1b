"""Files of a draft, as a customer chooses them, comes back to them and sends them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.test_tickets import GIVE
from tests.browser.visitors import NARROW

pytestmark = pytest.mark.xdist_group("browser")

LOG = {"name": "Protokoll.csv", "mimeType": "text/csv", "buffer": b"zeile;wert"}
PLAN = {"name": "Lageplan.txt", "mimeType": "text/plain", "buffer": b"Tor 3"}
UPLOADS = "**/tickets/neu/dateien/"


def kept(page):
    return page.locator("[data-drafts] [data-kept] .name")


def test_a_chosen_file_waits_on_every_device_and_is_sent(visitors, stack, known):
    page = visitors.open("portal:new_ticket", role="chooser")
    page.locator("#id_files").set_input_files([LOG, PLAN])
    expect(kept(page)).to_have_text(["Protokoll.csv", "Lageplan.txt"])
    page.reload()
    expect(kept(page)).to_have_text(["Protokoll.csv", "Lageplan.txt"])

    # Another device has the files too, and takes one away, by keyboard.
    phone = visitors.open("portal:new_ticket", role="chooser")
    phone.set_viewport_size(NARROW)
    phone.get_by_role("button", name="Entfernen: Lageplan.txt").press("Enter")
    expect(kept(phone)).to_have_text(["Protokoll.csv"])
    expect(phone.get_by_role("button", name="Entfernen: Protokoll.csv")).to_be_focused()
    assert axe.violations(phone) == []

    # A form that is not right comes back with them.
    page.reload()
    page.get_by_label("Betreff").fill("Fracht fehlt")
    page.get_by_label("Ihre Nachricht").evaluate("(area) => { area.required = false }")
    page.get_by_role("button", name="Ticket senden").click()
    expect(page.locator(".errors")).to_be_visible()
    visitors.forgive("422")
    expect(kept(page)).to_have_text(["Protokoll.csv"])
    page.get_by_label("Ihre Nachricht").fill("Wo ist sie?")
    page.get_by_role("button", name="Ticket senden").click()

    expect(page).to_have_url(re.compile(r"/tickets/\d+/#message-\d+$"))
    expect(page.locator(".thread .attachment .name")).to_have_text(["Protokoll.csv"])
    expect(kept(page)).to_have_count(0)
    number = page.url.split("/#")[0].rsplit("/", 1)[-1]
    desk = visitors.open("desk:ticket", number, role="agent")
    expect(desk.locator(".thread .attachment .name")).to_have_text(["Protokoll.csv"])
    phone.reload()
    expect(kept(phone)).to_have_count(0)


def test_what_could_not_be_uploaded_says_why_and_goes_on(visitors):
    page = visitors.open("portal:new_ticket", role="newcomer")
    page.get_by_label("Betreff").fill("Fracht fehlt")
    page.get_by_label("Ihre Nachricht").fill("Wo ist sie?")
    page.route(UPLOADS, lambda route: route.abort())
    page.evaluate(GIVE, ["#new-ticket", "drop", "Protokoll.csv", "text/csv"])
    failed = page.locator(".failed")
    expect(failed).to_contain_text("Nicht hochgeladen: keine Verbindung.")
    visitors.forgive("net::ERR_FAILED")
    assert axe.violations(page) == []

    # Nothing is sent without it, until somebody has decided.
    page.get_by_role("button", name="Ticket senden").click()
    expect(page.locator("#id_files")).to_be_focused()
    page.unroute(UPLOADS)
    page.get_by_role("button", name="Erneut versuchen: Protokoll.csv").click()
    expect(kept(page)).to_have_text(["Protokoll.csv"])
    expect(failed).to_have_count(0)

    # One that is under way can be stopped; the form waits for the other.
    held = []
    page.route(UPLOADS, lambda route: held.append(route))
    with page.expect_request(UPLOADS):
        page.evaluate(GIVE, ["#id_text", "drop", "Eins.csv", "text/csv"])
    page.evaluate(GIVE, ["#id_text", "drop", "Zwei.csv", "text/csv"])
    page.get_by_role("button", name="Abbrechen: Zwei.csv").click()
    page.get_by_role("button", name="Ticket senden").click()
    expect(page.locator("[data-waits-note]")).to_have_text(
        "Ihre Nachricht wird gesendet, sobald die Dateien da sind."
    )
    assert axe.violations(page) == []
    held[0].continue_()

    expect(page).to_have_url(re.compile(r"/tickets/\d+/#message-\d+$"))
    expect(page.locator(".thread .attachment .name")).to_have_text(["Protokoll.csv", "Eins.csv"])


def test_what_is_wrong_is_said_where_it_fits_and_has_the_focus(visitors):
    page = visitors.open("portal:new_ticket", role="chooser")
    page.set_viewport_size(NARROW)
    page.get_by_label("Betreff").fill("Fracht fehlt")
    page.get_by_label("Ihre Nachricht").fill("Wo ist sie?")
    page.locator("#id_files").set_input_files([LOG])
    away = page.get_by_role("button", name="Entfernen: Protokoll.csv")
    expect(away).to_be_visible()
    page.context.set_offline(True)
    away.click()
    expect(page.locator("[data-drafts] .why")).to_have_text(
        "Nicht entfernt. Bitte versuchen Sie es noch einmal."
    )
    visitors.forgive("net::ERR_INTERNET_DISCONNECTED")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    page.context.set_offline(False)

    # Another tab has taken the file away: the form comes back, and says so first.
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.get_by_role("button", name="Entfernen: Protokoll.csv").click()
    expect(kept(tab)).to_have_count(0)
    tab.close()
    page.get_by_role("button", name="Ticket senden").click()
    errors = page.locator(".errors")
    expect(errors).to_contain_text("Eine Datei ist nicht mehr da")
    expect(errors).to_be_focused()
    visitors.forgive("422")


def test_who_comes_back_finds_an_upload_under_way(visitors):
    page = visitors.open("portal:new_ticket", role="newcomer")
    page.get_by_label("Betreff").fill("Fracht fehlt")
    page.get_by_label("Ihre Nachricht").fill("Wo ist sie?")
    held = []
    page.route(UPLOADS, lambda route: held.append(route))
    with page.expect_request(UPLOADS):
        page.locator("#id_files").set_input_files([LOG])
    page.get_by_role("button", name="Ticket senden").click()
    page.get_by_role("link", name="FAQ").click()
    expect(page).to_have_url(re.compile("/faq/$"))
    page.go_back()
    expect(page.get_by_role("button", name="Abbrechen: Protokoll.csv")).to_be_visible()
    held[0].continue_()

    # It is kept; what was to be sent was left, and is not sent by itself.
    expect(kept(page)).to_have_text(["Protokoll.csv"])
    expect(page).to_have_url(re.compile("/tickets/neu/$"))
    page.get_by_role("button", name="Entfernen: Protokoll.csv").click()
    expect(kept(page)).to_have_count(0)
