"""Working on the desk: by keyboard, with drafts that stay, in one's language and theme."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.keyboard import press

pytestmark = pytest.mark.xdist_group("browser")

# Milliseconds that a page needs at most to have looked again.
SETTLED = 1_500
LOOK_AGAIN = "() => window.htmx.trigger(document.getElementById('ticket-live'), 'refresh')"


def reached_by_number(request):
    """The same request for who, unlike a browser, does not know names below localhost."""
    host = urlsplit(request.url).hostname
    headers = {**request.all_headers(), "host": urlsplit(request.url).netloc}
    return {"url": request.url.replace(host, "127.0.0.1"), "headers": headers}


def settle(page):
    """Wait until the page has looked once more, as it does when its stream opens.

    What somebody has chosen but not sent would be gone with that look.
    """
    expect(page.locator("body")).to_have_class(re.compile("is-live"))
    page.wait_for_timeout(SETTLED)


def subjects(page):
    return page.locator("[data-row]").all_inner_texts()


def focused(page):
    return page.evaluate("() => document.activeElement.textContent.trim()")


def test_j_and_k_walk_the_queue_and_enter_opens(visitors):
    page = visitors.open("desk:queue", role="agent")
    first, second = subjects(page)[:2]

    press(page, "j")
    assert focused(page) == first
    press(page, "j")
    assert focused(page) == second
    press(page, "k")
    assert focused(page) == first
    press(page, "Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(first)


@pytest.mark.parametrize(
    ("key", "place"),
    [("r", "#reply textarea"), ("n", "#note textarea"), ("a", "[data-assign]")],
)
def test_a_key_leads_to_its_place_on_the_ticket(key, place, visitors, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")

    press(page, key)

    expect(page.locator(place)).to_be_focused()


@pytest.mark.parametrize(
    ("key", "place"),
    [("r", "#reply textarea"), ("n", "#note textarea"), ("a", "[data-assign]")],
)
def test_a_key_in_the_queue_opens_the_ticket_at_its_place(key, place, visitors):
    page = visitors.open("desk:queue", role="agent")
    subject = subjects(page)[0]

    press(page, f"j {key}")

    expect(page.get_by_role("heading", level=1)).to_have_text(subject)
    expect(page.locator(place)).to_be_focused()


def test_g_q_leads_to_the_queue(visitors, stack, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")

    press(page, "g q")

    expect(page).to_have_url(stack.url("/desk/"))


def test_slash_searches(visitors):
    page = visitors.open("desk:queue", role="agent")

    press(page, "/")
    page.keyboard.type("Bildschirmfoto")
    press(page, "Enter")

    expect(page.locator(".hits [data-row]")).to_have_count(1)
    expect(page.locator(".hits [data-row]")).to_contain_text("Etikettendruck")


def test_a_number_finds_its_ticket(visitors, stack, known):
    number = known.value("number")
    page = visitors.open("desk:queue", role="agent")

    press(page, "/")
    page.keyboard.type(f"#{number}")
    press(page, "Enter")

    expect(page).to_have_url(stack.url(f"/desk/tickets/{number}/"))


def test_the_question_mark_explains_the_keys(visitors):
    page = visitors.open("desk:queue", role="agent")

    press(page, "?")
    expect(page.locator("#help")).to_be_visible()
    press(page, "Escape")

    expect(page.locator("#help")).to_be_hidden()


def test_keys_are_letters_while_somebody_writes(visitors, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")
    press(page, "r")

    page.keyboard.type("ja, gq und nr?")

    expect(page.locator("#reply textarea")).to_have_value("ja, gq und nr?")


def test_a_draft_survives_a_reload(visitors, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")
    press(page, "r")
    page.keyboard.type("Noch nicht fertig")
    expect(page.locator("#reply .draft-kept")).not_to_be_empty()

    page.reload()

    expect(page.locator("#reply textarea")).to_have_value("Noch nicht fertig")


def test_a_draft_is_gone_once_it_is_sent(visitors, known):
    page = visitors.open("desk:ticket", known.value("settled"), role="agent")
    press(page, "n")
    page.keyboard.type("Fertig geschrieben")
    press(page, "Control+Enter")
    expect(page.locator(".message.note").last).to_contain_text("Fertig geschrieben")

    page.reload()

    expect(page.locator("#note textarea")).to_have_value("")


def test_an_answer_on_a_stale_page_shows_what_came_in_between(visitors, known):
    number = known.value("settled")
    page = visitors.open("desk:ticket", number, role="agent")
    page.locator("[name=last_message]").first.evaluate("field => { field.value = 1; }")
    press(page, "r")
    page.keyboard.type("Hat sich das überschnitten?")

    press(page, "Control+Enter")

    expect(page.locator("#reply [role=alert]")).to_be_visible()
    expect(page.locator("#reply textarea")).to_have_value("Hat sich das überschnitten?")
    visitors.forgive("status of 422")


def test_an_assignment_shows_at_once_and_in_the_history(visitors, known):
    page = visitors.open("desk:ticket", known.value("settled"), role="agent")
    settle(page)
    press(page, "a")
    page.locator("[data-assign]").select_option(label="Bea Leitner")

    page.locator("form[action$='/zuweisung/'] button.button").click()

    expect(page.locator("#ticket-side .timeline").last).to_contain_text("Bea Leitner")


def test_what_is_chosen_but_not_sent_stays_when_the_page_looks_again(visitors, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")
    settle(page)
    other = page.locator("[data-assign] option:not(:checked)").first.get_attribute("value")
    page.locator("[data-assign]").select_option(value=other)
    page.locator("form[action$='/zuweisung/'] button.button").focus()

    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(SETTLED)

    expect(page.locator("[data-assign]")).to_have_value(other)


def test_a_look_that_began_before_an_act_does_not_cover_it(visitors, known):
    page = visitors.open("desk:ticket", known.value("settled"), role="agent")
    settle(page)
    held = []

    def hold(route):
        if not held and "hx-request" in route.request.headers:
            held.append((route, route.fetch(**reached_by_number(route.request))))
        else:
            route.continue_()

    page.route(page.url, hold)
    with page.expect_request(page.url):
        page.evaluate(LOOK_AGAIN)
    entries = page.locator("#ticket-side .timeline li")
    before = entries.count()
    other = page.locator("[data-assign] option:not(:checked)").first.get_attribute("value")
    page.locator("[data-assign]").select_option(value=other)
    page.locator("form[action$='/zuweisung/'] button.button").click()
    expect(entries).to_have_count(before + 1)

    [(route, answer)] = held
    route.fulfill(response=answer)

    page.evaluate(axe.SETTLE)
    expect(entries).to_have_count(before + 1)


def test_an_explanation_stays_open_when_the_page_looks_again(visitors, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")
    page.locator(".explanation > summary").click()
    steps = page.locator(".explanation table.steps")
    expect(steps).to_be_visible()

    with page.expect_response(lambda response: "HX-Request" in response.headers.get("vary", "")):
        page.evaluate(
            "() => window.htmx.trigger(document.getElementById('ticket-live'), 'refresh')"
        )

    page.evaluate(axe.SETTLE)
    expect(steps).to_be_visible()


def test_an_explanation_asked_for_while_the_page_looks_again_comes(visitors, known):
    page = visitors.open("desk:ticket", known.value("number"), role="agent")

    page.evaluate(
        """() => {
          window.htmx.trigger(document.getElementById("ticket-live"), "refresh");
          document.querySelector(".explanation").open = true;
        }"""
    )

    expect(page.locator(".explanation table.steps")).to_be_visible()


def test_next_ticket_hands_over_one_that_nobody_has(visitors, stack):
    free = [row for row in stack.queue() if row["assignee"] is None]
    page = visitors.open("desk:queue", role="agent")

    press(page, "N")

    expect(page.get_by_role("heading", level=1)).to_have_text(str(free[0]["subject"]))
    assigned = page.locator("[data-assign] option:checked")
    expect(assigned).to_have_text("Ada Prüfer")


def test_the_language_is_chosen_on_any_page_and_stays(visitors):
    page = visitors.open("portal:home")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wie können wir helfen?")

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How can we help?")
    page.reload()

    expect(page.get_by_role("heading", level=1)).to_have_text("How can we help?")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_theme_is_chosen_on_any_page_and_stays(visitors):
    page = visitors.open("portal:home")
    page.emulate_media(color_scheme="light")
    light = background(page)

    page.locator("label:has([name=theme][value=dark])").click()
    dark = background(page)
    page.goto(page.url + "konto/anmelden/")

    assert dark != light
    assert background(page) == dark
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def background(page):
    page.evaluate(axe.SETTLE)
    return page.evaluate("() => getComputedStyle(document.body).backgroundColor")


def test_due_moments_say_the_same_in_the_page_and_in_the_browser(visitors, stack):
    """The server's words stand there before any script ran; the countdown must not change them."""
    page = visitors.open("desk:queue", role="agent")
    shown = page.locator("[data-due] .words").all_inner_texts()
    written = page.evaluate(
        """async () => {
          const text = await (await fetch(location.href)).text();
          const page = new DOMParser().parseFromString(text, "text/html");
          return [...page.querySelectorAll("[data-due] .words")].map((one) => one.textContent);
        }"""
    )

    unstable = re.compile(r"\d+(?= min| Min)")
    assert [unstable.sub("", one) for one in shown] == [unstable.sub("", one) for one in written]
