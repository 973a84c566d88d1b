"""Nothing crosses a tenant: two of them side by side, seen from a browser."""

import re
import time

import pytest
from playwright.sync_api import expect

from helpdesk.live import tokens
from tests.browser.mailbox import letter

pytestmark = pytest.mark.xdist_group("browser")

# A hint that wrongly reached the other tenant would be there as soon as the right one is.
STRAY_SECONDS = 1.0
# Notes what came over the live stream.
LISTEN = """(() => {
  window.hints = [];
  const Plain = window.EventSource;
  window.EventSource = class extends Plain {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({data}) => window.hints.push({data, at: Date.now()}));
    }
  };
})()"""


def live_queue(visitors, tenant):
    """An agent's queue of a tenant, connected to the live stream."""
    page = visitors.page("agent", tenant, "de", fresh=True)
    page.add_init_script(LISTEN)
    page.goto(visitors.stack.url("/desk/", tenant))
    expect(page.locator("body")).to_have_class(re.compile("is-live"))
    page.evaluate("() => { window.hints.length = 0; }")
    return page


def test_live_events_stay_in_their_tenant(visitors, stack):
    own = live_queue(visitors, "demo")
    other = live_queue(visitors, "zweitmarke")

    mail = letter("kai@strand.example", "support@demo.localhost", "Nur für Demo", "Moin!")
    stack.send(mail)
    expect(own.locator("[data-row]", has_text="Nur für Demo")).to_be_visible()
    time.sleep(STRAY_SECONDS)

    assert own.evaluate("() => window.hints.length") > 0
    assert other.evaluate("() => window.hints") == []
    other.reload()
    assert "Nur für Demo" not in other.content()


def test_the_other_tenant_hears_its_own_events(visitors, stack):
    """The silence above means something: the same page does hear what is its own."""
    other = live_queue(visitors, "zweitmarke")

    mail = letter("ute@deich.example", "support@zweitmarke.localhost", "Nur für Zwei", "Moin!")
    stack.send(mail)

    expect(other.locator("[data-row]", has_text="Nur für Zwei")).to_be_visible()
    assert other.evaluate("() => window.hints.length") > 0


def status_of(page, path):
    return page.evaluate("async (path) => (await fetch(path)).status", path)


def status_of_stream(page, token):
    """What the live process answers to this token, asked by the page."""
    return page.evaluate(
        """async (token) => {
          const address = new URL(document.getElementById("live").dataset.url, location.href);
          address.searchParams.set("token", token);
          const stop = new AbortController();
          try {
            const answer = await fetch(address, {signal: stop.signal});
            return answer.status;
          } catch { return 0; } finally { stop.abort(); }
        }""",
        token,
    )


def own_token(page):
    return page.locator("#live").get_attribute("data-token")


def test_the_stream_opens_to_its_own_token_alone(visitors):
    demo = visitors.open("desk:queue", role="agent")
    other = visitors.open("desk:queue", role="agent", tenant="zweitmarke")

    assert status_of_stream(demo, own_token(demo)) == 200
    # Another tenant's page may not read the answer: the browser refuses it.
    assert status_of_stream(other, own_token(demo)) == 0
    visitors.complaints.clear()


def test_a_changed_or_foreign_token_opens_nothing(visitors, settings):
    settings.SECRET_KEY = "somebody else's"
    page = visitors.open("desk:queue", role="agent")
    forged = tokens.issue(
        schema="public", user_id=1, is_agent=True, origin=page.evaluate("location.origin")
    ).token
    own = own_token(page)
    changed = own[:-1] + ("A" if own[-1] != "A" else "B")

    for token in ("", forged, changed):
        assert status_of_stream(page, token) in {0, 403}
    visitors.complaints.clear()


def test_a_session_of_one_tenant_is_none_in_the_other(visitors, stack, known):
    page = visitors.page("", "zweitmarke", "de", fresh=True)
    page.context.add_cookies(
        [
            {
                "name": "sessionid",
                "value": known.session("agent", "demo"),
                "url": stack.url("/", "zweitmarke"),
            }
        ]
    )

    page.goto(stack.url("/desk/", "zweitmarke"))

    expect(page).to_have_url(re.compile("/konto/anmelden/"))


def test_equal_numbers_are_different_tickets(visitors, known):
    number = known.value("number", "zweitmarke")

    page = visitors.open("desk:ticket", number, role="agent", tenant="zweitmarke")

    expect(page.get_by_role("heading", level=1)).to_have_text("Zweitmarke: Etiketten")


def test_search_finds_nothing_of_the_other_tenant(visitors):
    own = visitors.open(path="/desk/suche/?q=Bildschirmfoto", role="agent")
    other = visitors.open(path="/desk/suche/?q=Bildschirmfoto", role="agent", tenant="zweitmarke")

    assert own.locator(".hits [data-row]").count() == 1
    assert other.locator(".hits [data-row]").count() == 0


@pytest.mark.parametrize("name", ["attachment", "html_message"])
def test_a_file_of_one_tenant_is_none_in_the_other(name, visitors, known):
    form = {"attachment": "/desk/anhaenge/{}/", "html_message": "/desk/nachrichten/{}/html/"}[name]
    path = form.format(known.value(name))
    own = visitors.open("desk:queue", role="agent")
    other = visitors.open("desk:queue", role="agent", tenant="zweitmarke")

    assert status_of(own, path) == 200
    assert status_of(other, path) == 404
    visitors.forgive("404")


def test_a_signed_picture_of_one_tenant_is_none_in_the_other(visitors, known):
    frame = visitors.open("desk:html_body", known.value("html_message"), role="agent")
    path = frame.get_by_alt_text("Die Meldung").get_attribute("src")
    home = visitors.open("portal:home")
    other = visitors.open("desk:queue", role="agent", tenant="zweitmarke")

    assert status_of(home, path) == 200
    assert status_of(other, path) == 404
    visitors.forgive("404")
