"""The bell of a page that stays open: it counts on while the page is seen, and says so once."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import axe

pytestmark = pytest.mark.xdist_group("browser")

COUNT = "/mitteilungen/anzahl/"
# A browser without a window shows every page: whether this one is seen is said here.
SEEN = """(isSeen) => {
  Object.defineProperty(document, "hidden", { value: !isSeen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# Remembers every word that a screen reader would have been given.
LISTEN = """() => {
  window.said = [];
  const status = document.getElementById("news");
  new MutationObserver(() => status.textContent && window.said.push(status.textContent))
    .observe(status, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
def page(visitors):
    """A customer's open page, its clock in our hands."""
    page = visitors.page("caller", "demo", "de", fresh=True)
    page.clock.install()
    page.goto(visitors.stack.url(reverse("portal:faq")))
    page.evaluate(LISTEN)
    return page


@pytest.fixture
def answer(visitors):
    """An agent answers a ticket of the customer's in a browser of their own."""
    form = visitors.open("portal:new_ticket", role="caller")
    form.get_by_label("Betreff").fill("Woran sehe ich, dass es weitergeht?")
    form.get_by_label("Ihre Nachricht").fill("Ich warte auf Ihre Antwort.")
    form.get_by_role("button", name="Ticket senden").click()
    expect(form).to_have_url(re.compile(r"/tickets/\d+/#message-\d+$"))
    number = re.search(r"/tickets/(\d+)/", form.url)[1]

    def write(text):
        desk = visitors.open("desk:ticket", number, role="agent")
        desk.locator("#reply textarea").fill(text)
        desk.locator("#reply").get_by_role("button", name="Antwort senden").click()
        expect(desk.locator("#thread")).to_contain_text(text)

    return write


def unread(page):
    return int(page.locator("#bell").get_attribute("data-count"))


def looks(page):
    """Lets a minute pass in which the page asks; returns what it was answered."""
    with page.expect_response(lambda response: COUNT in response.url) as answered:
        page.clock.fast_forward("01:00")
    return answered.value.status


def test_an_open_page_counts_on_and_says_it_once(page, answer):
    before = unread(page)
    assert looks(page) == 204

    answer("Wir haben nachgesehen.")
    page.evaluate(SEEN, True)
    words = f"Mitteilungen, {before + 1} neue"
    bell = page.get_by_role("link", name=words)
    expect(bell).to_be_visible()
    expect(page.locator("#news")).to_have_text(words)
    assert looks(page) == 204
    assert page.evaluate("() => window.said") == [words]
    assert axe.violations(page) == []

    # The number is exchanged beneath whoever is on the link, and going on is quick as ever.
    bell.click()
    expect(page).to_have_url(re.compile(r"/mitteilungen/$"))
    expect(page.locator("#news")).to_be_empty()
    expect(bell).to_have_attribute("aria-current", "page")
    page.go_back()
    # What is under way when a page comes back is given up with the page that goes.
    expect(page.locator("#arrived")).to_contain_text("Häufige Fragen")
    assert looks(page) == 204
    assert page.evaluate("() => window.said") == [words]


def test_a_page_in_the_background_asks_nothing_and_looks_when_it_is_seen_again(page):
    asked = []
    page.on("request", lambda request: COUNT in request.url and asked.append(request.url))

    page.evaluate(SEEN, False)
    page.clock.fast_forward("10:00")
    assert asked == []

    with page.expect_response(lambda response: COUNT in response.url):
        page.evaluate(SEEN, True)
    assert len(asked) == 1


def test_a_stranger_asks_nothing(visitors):
    page = visitors.page("", "demo", "de", fresh=True)
    page.clock.install()
    asked = []
    page.on("request", lambda request: COUNT in request.url and asked.append(request.url))
    page.goto(visitors.stack.url("/"))

    page.clock.fast_forward("10:00")

    assert page.locator("#bell, script[src*=bell]").count() == 0
    assert asked == []


def test_a_look_that_fails_says_nothing_and_the_next_one_counts(page, visitors):
    page.route(f"**{COUNT}*", lambda route: route.fulfill(status=503))
    assert looks(page) == 503
    page.unroute(f"**{COUNT}*")

    assert looks(page) == 204
    expect(page.locator("#flash")).to_be_empty()
    # Only now has the browser surely said all about the one that failed.
    visitors.forgive("503")


def test_who_has_signed_out_elsewhere_keeps_what_they_read(page):
    address = page.url
    page.evaluate("() => { window.stayed = true }")
    page.context.clear_cookies(name="sessionid")

    assert looks(page) == 204
    assert page.url == address
    assert page.evaluate("() => window.stayed")
