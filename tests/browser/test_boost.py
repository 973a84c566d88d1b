"""From page to page of the portal without a whole load: as quick as htmx, as right as a browser."""

from __future__ import annotations

import re

import pytest
from django.shortcuts import redirect
from django.test import RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxMiddleware
from playwright.sync_api import expect

from helpdesk.http import keep_anchor

pytestmark = pytest.mark.xdist_group("browser")

IS_FOCUSED = "() => document.activeElement === document.getElementById('main')"
SCRIPTS = "() => [...document.querySelectorAll('script[src]')].map((one) => one.src)"
# As a double click does it, but surely before the first is answered.
TWICE = "(element) => { element.click(); element.click(); }"
# Low enough for every page to be scrolled.
LOW = {"width": 1280, "height": 400}
PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
FAQ = "Häufige Fragen"
TOPIC = re.compile("Etikettendrucker druckt")


def mark(page):
    page.evaluate("() => { window.stayed = true }")


def stayed(page):
    """True while nothing was loaded as a whole since `mark`."""
    return page.evaluate("() => window.stayed === true")


def expect_page(page, path, heading):
    """The page with this address, complete: heading, title, focus at its beginning."""
    expect(page).to_have_url(re.compile(re.escape(path) + r"$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page).to_have_title(re.compile(f"^{re.escape(heading)} · "))
    page.wait_for_function(IS_FOCUSED)
    expect(page.locator("#arrived")).to_have_text(page.title())


def style(page, selector, name):
    return page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element)[name]", name
    )


def sheets(page):
    found = page.evaluate("() => [...document.styleSheets].map((one) => one.href)")
    return {re.sub(r".*/(\w+)\..*", r"\1", one) for one in found if one}


def canonical(page):
    return page.locator("link[rel=canonical]").evaluate_all("all => all.map((one) => one.href)")


def test_a_stranger_reads_through_the_portal_and_goes_back(visitors, stack, known):
    page = visitors.open("portal:home")
    page.set_viewport_size(LOW)
    mark(page)
    nav = page.locator("header nav")

    nav.get_by_role("link", name="FAQ").click()
    expect_page(page, "/faq/", FAQ)
    assert "faq" in sheets(page)
    assert "home" not in sheets(page)
    expect(nav.locator("[aria-current=page]")).to_have_text("FAQ")
    assert canonical(page) == [stack.url("/faq/")]

    slug = known.value("article_slug")
    link = page.locator(f'main a[href^="/faq/{slug}/"]').first
    article = link.inner_text()
    link.click()
    expect_page(page, f"/faq/{slug}/", article)
    assert canonical(page) == [stack.url(f"/faq/{slug}/")]
    assert style(page, ".faq-voices", "display") in {"flex", "grid"}
    page.evaluate("() => scrollTo(0, 120)")

    # A mouse would have to scroll up first.
    nav.get_by_role("link", name="Forum").evaluate("link => link.click()")
    expect_page(page, "/forum/", "Forum")
    assert page.evaluate("() => scrollY") == 0
    page.get_by_role("link", name=TOPIC).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TOPIC)
    page.wait_for_function(IS_FOCUSED)
    assert page.locator('link[type="application/atom+xml"]').count() == 1
    assert "forum" in sheets(page)

    page.go_back()
    expect_page(page, "/forum/", "Forum")
    page.go_back()
    expect_page(page, f"/faq/{slug}/", article)
    assert page.evaluate("() => scrollY") == 120
    assert canonical(page) == [stack.url(f"/faq/{slug}/")]
    assert "forum" not in sheets(page)
    page.go_forward()
    expect_page(page, "/forum/", "Forum")
    expect(nav.locator("[aria-current=page]")).to_have_text("Forum")
    assert stayed(page)


def test_anchors_scroll_and_mark_their_target(visitors, known):
    page = visitors.open("portal:faq_article", known.value("article_slug"))
    mark(page)

    crumb = page.locator(".faq-crumbs a[href*='#']")
    place = crumb.evaluate("link => link.hash")
    crumb.click()
    expect(page.locator(f":target{place}")).to_be_visible()
    assert page.url.endswith(f"/faq/{place}")

    page.go_back()
    expect(page.locator(".faq-voices")).to_be_visible()
    page.go_forward()
    expect(page.locator(place)).to_be_visible()
    assert stayed(page)


def test_a_page_that_has_moved_to_an_anchor_is_shown_there(visitors, known):
    page = visitors.open("portal:faq_article", known.value("article_slug"))
    place = page.locator(".faq-crumbs a[href*='#']").evaluate("link => link.hash")

    # No page of ours has moved like this yet: only the view stands in for one.
    def moved(route):
        request = RequestFactory().get("/umgezogen/", headers=route.request.headers)
        view = HtmxMiddleware(keep_anchor(lambda _request: redirect(f"/faq/{place}")))
        answer = view(request)
        route.fulfill(status=answer.status_code, headers=dict(answer.headers))

    page.route("**/umgezogen/", moved)
    page.locator("header nav").get_by_role("link", name="FAQ").evaluate(
        "link => { link.href = '/umgezogen/'; htmx.process(link); link.click() }"
    )

    expect(page).to_have_url(re.compile(rf"/faq/{place}$"))
    expect(page.locator(f":target{place}")).to_be_visible()
    page.go_back()
    expect(page.locator(".faq-voices")).to_be_visible()


def test_a_customer_writes_after_going_from_page_to_page(visitors, known):
    page = visitors.open("portal:tickets", role="caller")
    mark(page)
    page.locator(".hits a.subject").first.click()
    expect(page.locator("#reply textarea")).to_be_visible()
    page.go_back()
    expect(page.locator(".hits a.subject").first).to_be_visible()
    page.locator("header nav").get_by_role("link", name="Neues Ticket").click()
    expect(page.get_by_label("Betreff")).to_be_visible()

    # Each script is there, and once.
    scripts = page.evaluate(SCRIPTS)
    assert len(scripts) == len(set(scripts))
    assert sum("upload" in one for one in scripts) == 1
    page.get_by_label("Betreff").fill("Etiketten werden nicht gedruckt")
    page.get_by_label("Ihre Nachricht").fill("Nach dem Sprung von Seite zu Seite.")
    expect(page.locator(".draft-kept")).to_have_text("Entwurf in diesem Browser gesichert")
    page.locator("input[type=file]").set_input_files(
        [{"name": "Protokoll.csv", "mimeType": "text/csv", "buffer": b"zeile;wert"}]
    )
    kept = page.locator("[data-drafts] [data-kept] .name")
    expect(kept).to_have_text(["Protokoll.csv"])
    expect(page.locator("[data-faq-suggestions] a").first).to_contain_text("Etiketten")
    assert stayed(page)

    # Away and back: what was written is there.
    page.go_back()
    expect(page.locator(".hits a.subject").first).to_be_visible()
    page.go_forward()
    expect(page.get_by_label("Betreff")).to_have_value("Etiketten werden nicht gedruckt")
    expect(kept).to_have_text(["Protokoll.csv"])
    assert stayed(page)

    # Pressed twice it is sent once, and going back does not bring it back.
    sent = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.get_by_role("button", name="Ticket senden").evaluate(TWICE)
    expect(page).to_have_url(re.compile(r"/tickets/\d+/#message-\d+$"))
    expect(page.locator(".thread")).to_contain_text("Sprung von Seite zu Seite")
    assert len(sent) == 1
    page.go_back()
    expect(page.get_by_label("Ihre Nachricht")).to_have_value("")


def test_what_cannot_be_swapped_is_loaded_as_a_whole(visitors, stack):
    page = visitors.open("portal:home")

    # The sign-in is an application of its own.
    mark(page)
    page.locator("header nav").get_by_role("link", name="Anmelden").click()
    expect(page).to_have_url(re.compile(r"/konto/anmelden/"))
    assert not stayed(page)

    # This page is from before a new release.
    page.goto(stack.url("/"))
    page.evaluate("() => { document.querySelector('.portal').dataset.shell += ' old' }")
    mark(page)
    page.locator("header nav").get_by_role("link", name="FAQ").click()
    expect(page).to_have_url(re.compile(r"/faq/$"))
    assert not stayed(page)

    # An error says what happened on its own page.
    mark(page)
    page.locator("main a[href^='/faq/']").first.evaluate(
        "link => { link.href = '/faq/gibt-es-nicht/'; htmx.process(link); link.click() }"
    )
    expect(page.locator(".error-page .code")).to_have_text("404")
    assert not stayed(page)
    visitors.forgive("404")


def test_back_over_a_whole_load_and_a_server_that_fails(visitors):
    page = visitors.open("portal:faq")
    page.locator("main [role=search] input").fill("Etikett")
    page.locator("main [role=search] input").press("Enter")
    expect(page).to_have_url(re.compile(r"/suche/\?q=Etikett$"))
    page.locator("header nav").get_by_role("link", name="Anmelden").click()
    expect(page).to_have_url(re.compile("/konto/anmelden/"))

    page.go_back()
    expect(page.locator("#found a").first).to_be_visible()
    mark(page)
    page.go_back()
    expect_page(page, "/faq/", FAQ)

    page.route("**/forum/", lambda route: route.fulfill(status=500, content_type="text/html"))
    page.locator("header nav").get_by_role("link", name="Forum").click()
    expect(page.locator("#flash")).to_contain_text("nicht geklappt")
    expect(page).to_have_url(re.compile(r"/faq/$"))
    assert stayed(page)
    visitors.complaints.clear()


def test_enter_in_the_live_search_goes_to_the_page_of_what_was_found(visitors):
    page = visitors.open("portal:home")
    mark(page)
    field = page.get_by_role("searchbox")
    length = "() => history.length"
    began = page.evaluate(length)

    field.press_sequentially("Etikett")
    # What was found for its beginning may come first.
    expect(page.locator(".found-tabs a[href*='q=Etikett&']").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))
    live = page.locator("#found").inner_text()
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/suche/\?q=Etikett$"))
    expect(page).to_have_title(re.compile("^Suche: Etikett · "))
    expect(page.locator("#found")).to_have_text(live, use_inner_text=True)
    expect(field).to_be_focused()
    assert page.evaluate(length) == began + 1

    # Typed on where one is, the same page says more: nothing to go back to.
    page.locator(".found-tabs").get_by_role("link", name="FAQ").click()
    expect(page).to_have_url(re.compile(r"/suche/\?q=Etikett&in=faq$"))
    field.press("End")
    field.press_sequentially("en")
    expect(page).to_have_url(re.compile(r"/suche/\?q=Etiketten&in=faq$"))
    field.press("Enter")
    expect(page).to_have_title(re.compile("^Suche: Etiketten · "))
    expect(field).to_be_focused()
    expect(page).to_have_url(re.compile(r"/suche/\?q=Etiketten&in=faq$"))
    assert page.evaluate(length) == began + 2

    page.go_back()
    expect(page).to_have_title(re.compile("^Suche: Etikett · "))
    page.go_back()
    expect(page.locator("main .hero, main h1").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))
    assert stayed(page)


def test_enter_on_a_touch_screen_puts_the_keys_away(visitors, stack):
    context = visitors.chromium.new_context(**PHONE, locale="de")
    visitors.own.append(context)
    page = context.new_page()
    page.goto(stack.url("/"))
    mark(page)

    page.get_by_role("searchbox").fill("Etikett")
    page.get_by_role("searchbox").press("Enter")

    expect(page).to_have_url(re.compile(r"/suche/\?q=Etikett$"))
    page.wait_for_function(IS_FOCUSED)
    assert stayed(page)


def test_signed_out_meanwhile_leads_to_the_sign_in(visitors):
    page = visitors.open("portal:tickets", role="caller")
    mark(page)
    page.context.clear_cookies(name="sessionid")

    page.locator("header nav").get_by_role("link", name="Neues Ticket").click()

    expect(page).to_have_url(re.compile(r"/konto/anmelden/\?next=/tickets/neu/$"))
    assert not stayed(page)


def test_one_page_at_a_time_and_none_without_a_connection(visitors, stack):
    page = visitors.open("portal:home")
    mark(page)
    asked = []
    page.on("request", lambda one: asked.append(one.url) if "hx-boosted" in one.headers else None)

    nav = page.locator("header nav")
    nav.get_by_role("link", name="FAQ").evaluate(TWICE)
    expect(page).to_have_url(re.compile(r"/faq/$"))
    assert asked == [stack.url("/faq/")]

    # The second choice counts, however late the first is answered.
    page.evaluate(
        """() => {
          const links = [...document.querySelectorAll("header nav a")];
          for (const path of ["/forum/", "/supportlevel/"])
            links.find((link) => link.pathname === path).click();
        }"""
    )
    expect(page).to_have_url(re.compile(r"/supportlevel/$"))
    page.wait_for_load_state("networkidle")
    expect(page).to_have_url(re.compile(r"/supportlevel/$"))

    page.context.set_offline(True)
    nav.get_by_role("link", name="FAQ").click()
    expect(page.locator("#flash")).to_contain_text("Keine Verbindung")
    expect(page).to_have_url(re.compile(r"/supportlevel/$"))
    page.context.set_offline(False)
    nav.get_by_role("link", name="FAQ").click()
    expect(page).to_have_url(re.compile(r"/faq/$"))
    assert stayed(page)
    for complaint in ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest"):
        visitors.forgive(complaint)


def test_shift_opens_a_window_and_files_are_the_browsers(visitors, known):
    page = visitors.open("portal:faq")
    with page.context.expect_page() as opened:
        page.locator("header nav").get_by_role("link", name="Forum").click(modifiers=["Shift"])
    expect(opened.value).to_have_url(re.compile(r"/forum/$"))
    expect(page).to_have_url(re.compile(r"/faq/$"))

    # A file behind a link that nobody marked: its headers tell.
    mark(page)
    feed = reverse("portal:robots")
    page.locator("main a[href^='/faq/']").first.evaluate(
        "(link, path) => { link.href = path; htmx.process(link); link.click() }", feed
    )
    expect(page).to_have_url(re.compile(re.escape(feed) + "$"))
    assert not stayed(page)


def test_a_file_that_looks_like_a_page_takes_no_pages_place(visitors):
    page = visitors.open("portal:tickets", role="caller")
    page.locator(".hits a.subject").first.click()
    page.locator("#reply textarea").fill("Mit Anlage")
    shell = page.locator(".portal").get_attribute("data-shell")
    looks = f'<div class="portal" data-shell="{shell}"><main id="main">Untergeschoben</main></div>'
    page.locator("input[type=file]").set_input_files(
        [{"name": "Seite.html", "mimeType": "text/html", "buffer": looks.encode()}]
    )
    page.locator("#reply button[type=submit]").first.click()
    file = page.locator("a.attachment", has_text="Seite.html")
    expect(file).to_be_visible()
    mark(page)
    # As a link to it in somebody's words would lead there: nothing marks it.
    with page.expect_download() as loaded:
        file.evaluate(
            "({ href }) => { const link = document.createElement('a'); link.href = href;"
            " document.getElementById('main').append(link); htmx.process(link); link.click() }"
        )
    assert loaded.value.suggested_filename == "Seite.html"
    expect(page.locator("#main")).not_to_contain_text("Untergeschoben")
    assert stayed(page)
