"""A newcomer connects a page at the stand-in for Facebook, and plays its customer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from graph_standin import Standin, running
from tests.browser import axe

pytestmark = pytest.mark.xdist_group("browser")
PAGE = "100200300"


@pytest.fixture
def standin() -> Iterator[Standin]:
    with running() as found:
        found.staff.add_page("Teehaus Nord", page=PAGE)
        yield found


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 360, "height": 740}, locale="de-DE", reduced_motion="reduce"
    )
    page = context.new_page()
    problems: list[object] = []
    page.on("pageerror", lambda error: problems.append(error))
    page.on("console", lambda message: problems.append(message.text))
    yield page
    context.close()
    assert problems == []


def looks_right(page: Page) -> None:
    for theme in ("light", "dark"):
        axe.show(page, theme)
        assert axe.violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_customer_writes_and_sees_the_answers(standin, visitor):
    visitor.goto(standin.base_url)
    visitor.get_by_label("Ihr Name").fill("Eva Muster")
    looks_right(visitor)
    visitor.keyboard.press("Enter")

    visitor.get_by_label("Ihre Nachricht").fill("Wo ist mein Paket?")
    visitor.keyboard.press("Enter")
    log = visitor.get_by_role("log")
    expect(log).to_contain_text("Wo ist mein Paket?")
    eva = next(iter(standin.world.people))
    standin.people.answer_by_hand(PAGE, eva, "Kommt morgen <b>früh</b>.")
    expect(log).to_contain_text("Kommt morgen <b>früh</b>.")
    visitor.get_by_role("button", name="Daumen hoch senden").click()
    expect(log.get_by_role("img", name="Daumen hoch")).to_be_visible()
    looks_right(visitor)

    visitor.get_by_role("button", name="Pinnwand").click()
    visitor.get_by_label("Etwas auf die Pinnwand schreiben").fill("Wann habt ihr offen?")
    visitor.get_by_role("button", name="Veröffentlichen").click()
    post = visitor.get_by_role("article", name="Eva Muster: Wann habt ihr offen?")
    draft = post.get_by_label("Kommentar zu dem, was Eva Muster schreibt")
    draft.fill("Auch")
    standin.wall.comment(next(iter(standin.world.entries)), PAGE, "Ab 9 Uhr.")
    expect(post).to_contain_text("Ab 9 Uhr.")
    expect(draft).to_have_value("Auch")
    post.get_by_role("button", name="Antworten: Teehaus Nord").click()
    visitor.keyboard.press("End")
    visitor.keyboard.type(" samstags?")
    visitor.keyboard.press("Enter")
    expect(post.locator(".replies")).to_contain_text("Auch samstags?")
    looks_right(visitor)

    visitor.get_by_role("button", name="English").click()
    expect(visitor.get_by_role("heading", name="Wall")).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_text("You are Eva Muster")).to_be_visible()


def test_a_late_answer_does_not_send_a_customer_away(standin, visitor):
    late = []

    def hold_first(route: Route) -> None:
        answer = route.fetch()
        if late:
            route.fulfill(response=answer)
        else:
            late.append((route, answer))

    visitor.goto(standin.base_url)
    expect(visitor.get_by_label("Ihr Name")).to_be_visible()
    visitor.route("**/_standin/player/view", hold_first)
    with visitor.expect_request("**/_standin/player/view"):
        pass
    visitor.get_by_label("Ihr Name").fill("Eva Muster")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text("Sie sind Eva Muster")).to_be_visible()
    ((route, answer),) = late

    with visitor.expect_response("**/_standin/player/view"):
        route.fulfill(response=answer)
    with visitor.expect_response("**/_standin/player/view"):
        pass

    expect(visitor.get_by_text("Sie sind Eva Muster")).to_be_visible()


def test_consent_leads_back_with_what_was_ticked(standin, visitor):
    other_origin = standin.base_url.replace("127.0.0.1", "localhost")
    query = f"client_id={standin.world.app.id}&redirect_uri={other_origin}/&state=abc"
    scope = "pages_show_list,pages_messaging"
    visitor.goto(f"{standin.base_url}/v26.0/dialog/oauth?{query}&scope={scope}")
    looks_right(visitor)

    visitor.get_by_label("Nachrichten Ihrer Seiten lesen und beantworten").uncheck()
    visitor.get_by_role("button", name="Erlauben").click()

    expect(visitor.get_by_label("Ihr Name")).to_be_visible()
    assert "state=abc" in visitor.url
    code = next(iter(standin.world.codes.values()))
    assert (code.scopes, code.page_ids) == (["pages_show_list"], [PAGE])
