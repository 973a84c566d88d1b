"""The contact form: from the settings to somebody's website, and from there to the desk."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.keyboard import step_to
from tests.browser.mailbox import link_in
from tests.browser.visitors import NARROW

pytestmark = pytest.mark.xdist_group("browser")

# What a careful website allows: this one script, and to send to where it came from.
POLICY = (
    "default-src 'none'; script-src {0}; connect-src {0}; base-uri 'none'; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="de"><head><title>Laden</title>
<meta name="viewport" content="width=device-width">{line}</head>
<body><main><h1>Mein Laden</h1><a href="#a">Angebote</a></main></body></html>"""
IS_KEPT = "(words) => Object.values(localStorage).some((kept) => kept.includes(words))"
LANDS_IN_DIALOG = """() => {
  const host = [...document.body.children].find((one) => one.shadowRoot);
  return Boolean(host?.shadowRoot.activeElement?.closest("dialog"));
}"""
FILE = {"name": "Protokoll.csv", "mimeType": "text/csv", "buffer": b"zeile;wert\n" * 50_000}


@contextmanager
def website() -> Iterator[tuple[str, dict[str, str]]]:
    """A website of its own; the second part is the line in its head, and who may run scripts."""
    shown = {"line": "", "helpdesk": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = PAGE.format(line=shown["line"]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(shown["helpdesk"]))
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", shown
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def set_up(visitors, origin):
    """What an admin does: the website on the list, a text, the preview; returns the line."""
    settings = visitors.open("desk:contact_form", role="admin", language="en")
    settings.locator("[name=origins]").fill(f"{origin}/impressum")
    settings.locator("[name=title_de]").fill("Fragen Sie uns")
    preview = settings.frame_locator("iframe.widget-preview")
    expect(preview.locator("script[data-title='Fragen Sie uns']")).to_be_attached()
    preview.get_by_role("button", name="Kontakt").press("Enter")
    expect(preview.get_by_role("heading", name="Fragen Sie uns")).to_be_visible()
    settings.get_by_role("button", name="Save").click()
    expect(settings.locator(".toast.success")).to_contain_text("saved")
    expect(settings.locator("[name=origins]")).to_have_value(origin)
    return settings.locator("#line").input_value()


def fill_in(page, email):
    for label, text in {
        "Ihr Name": "Eva Formular",
        "Ihre E-Mail-Adresse": email,
        "Betreff": "Wo ist meine Rechnung?",
        "Ihre Nachricht": "Guten Tag,\n\nich finde sie nicht.",
    }.items():
        page.get_by_label(label).fill(text)


def test_from_somebodys_website_to_a_confirmed_ticket(visitors, stack):
    with website() as (origin, shown):
        shown["line"], shown["helpdesk"] = set_up(visitors, origin), stack.url("").rstrip("/")
        page = visitors.page("", "demo", "de", fresh=True)
        page.goto(origin)
        opener = page.get_by_role("button", name="Kontakt")
        expect(opener).to_be_visible()

        # By the keys alone: into the dialog, round in it, out, and back where one was.
        step_into(page)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Fragen Sie uns")).to_be_visible()
        assert axe.violations(page) == []
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate(LANDS_IN_DIALOG) or page.evaluate("() => !document.hasFocus()")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()

        # A draft outlives the page.
        fill_in(page, "eva.formular@kunden.example")
        page.reload()
        page.set_viewport_size(NARROW)
        opener.click()
        expect(page.get_by_label("Ihre Nachricht")).to_have_value(re.compile("ich finde sie nicht"))
        axe.show(page, "dark")
        assert axe.violations(page) == []

        page.get_by_label("Anhängen").set_input_files(FILE)
        page.wait_for_timeout(2600)  # what is sent faster is a robot's
        page.get_by_role("button", name="Nachricht senden").click()
        expect(page.get_by_role("heading", name="Ihre Nachricht ist angekommen")).to_be_focused()
        number = page.get_by_text(re.compile(r"^#\d+$")).inner_text()
        assert axe.violations(page) == []
        assert page.evaluate("() => localStorage.length") == 0
        assert page.context.cookies(origin) == []

    mail = stack.mailbox.wait("eva.formular@kunden.example")
    desk = visitors.open(
        role="agent", path=f"/desk/tickets/{number[1:]}/", language="en", fresh=False
    )
    expect(desk.locator("#ticket-header")).to_contain_text("Address not confirmed")
    expect(desk.get_by_text("Protokoll.csv")).to_be_visible()

    confirmation = visitors.page("", "demo", "de", fresh=True)
    confirmation.goto(link_in(mail))
    confirmation.get_by_role("button", name="Ja, das war ich").click()
    expect(confirmation.locator("h1")).to_have_text("Danke, das ist bestätigt")
    expect(confirmation.locator("main")).to_contain_text("Wir wollen bis")
    desk.reload()
    expect(desk.locator("#ticket-header")).not_to_contain_text("Address not confirmed")


def step_into(page):
    """Press Tab until the widget's button has the focus."""
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("() => Boolean(document.activeElement?.shadowRoot)"):
            return
    raise AssertionError("Tab does not lead to the button.")


def test_the_page_keeps_everything_until_it_is_sent(visitors):
    page = visitors.open("portal:contact")
    fill_in(page, "uwe@")
    page.get_by_label("Anhängen").set_input_files(FILE)
    page.wait_for_timeout(600)
    page.locator("#contact").evaluate("form => { form.noValidate = true }")
    step_to(page, page.get_by_role("button", name="Nachricht senden"))
    page.keyboard.press("Enter")

    # The address is wrong: the text and the file are still there, and one can go on at once.
    expect(page.get_by_label("Ihre E-Mail-Adresse")).to_be_focused()
    visitors.forgive("422")
    expect(page.locator(".attachment")).to_contain_text("Protokoll.csv")
    page.get_by_label("Ihre E-Mail-Adresse").fill("uwe.formular@kunden.example")
    page.wait_for_function(IS_KEPT, arg="uwe.formular@kunden.example")
    page.reload()
    expect(page.get_by_label("Betreff")).to_have_value("Wo ist meine Rechnung?")
    expect(page.get_by_label("Ihre E-Mail-Adresse")).to_have_value("uwe.formular@kunden.example")
    page.wait_for_timeout(2000)
    page.get_by_label("Anhängen").set_input_files(FILE)
    page.get_by_role("button", name="Nachricht senden").click()

    expect(page.locator("h1")).to_have_text("Ihre Nachricht ist angekommen")
    assert (
        page.evaluate("() => Object.keys(localStorage).filter((key) => key.includes('contact'))")
        == []
    )
