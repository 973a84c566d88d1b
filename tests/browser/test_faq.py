"""The FAQ where it meets writing: offered in a form, and put into an answer by keyboard."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")


def test_article_is_offered_while_somebody_writes_and_the_draft_stays(visitors):
    page = visitors.open("portal:contact")

    page.get_by_label("Betreff").fill("Etiketten werden nicht gedruckt")
    page.get_by_label("Ihre Nachricht").fill("Der Drucker zieht nur leere Seiten ein.")
    offer = page.locator("[data-faq-suggestions] a").filter(has_text="Etiketten")
    expect(offer).to_be_visible()
    with page.context.expect_page() as opened:
        offer.click()
    article = opened.value
    article.get_by_role("button", name="kein Ticket nötig").click()

    expect(article.get_by_text("Schön, dass es geholfen hat")).to_be_visible()
    expect(page.get_by_label("Ihre Nachricht")).to_have_value(re.compile("leere Seiten"))
    # Asking for articles is not sending the form.
    expect(page.locator("[data-upload-state]")).to_be_hidden()


def test_where_nothing_matches_nothing_is_offered(visitors):
    page = visitors.open("portal:new_ticket", role="customer")
    subject, offers = page.get_by_label("Betreff"), page.locator("[data-faq-suggestions]")

    subject.fill("Etiketten werden nicht gedruckt")
    expect(offers.get_by_role("link").first).to_be_visible()
    subject.fill("Quastenflosser")

    expect(offers).to_be_hidden()


def test_article_goes_into_an_answer_by_keyboard(visitors):
    page = visitors.open("desk:ticket", visitors.known.value("number"), role="agent")
    page.locator("#reply textarea").fill("Guten Tag,")

    page.get_by_text("Artikel einfügen").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Etiketten gedruckt")
    link = page.get_by_role("button", name=re.compile("Link zu „Etiketten"))
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")

    answer = page.locator("#reply textarea")
    expect(answer).to_have_value(
        re.compile(r"^Guten Tag,\n\nEtiketten .*: http://.*/faq/etiketten")
    )
    expect(answer).to_be_focused()
    page.locator("#reply textarea").fill("")
