"""Every page of the URL table, as its visitors see it: both languages, themes and widths.

A page that stands there more than once is looked at from all sides once, then in one look each.
"""

import pytest
from django.urls import reverse

from tests.browser import axe, pages
from tests.browser.pages import PAGES
from tests.browser.states import STATES
from tests.browser.visitors import NARROW, WIDE

pytestmark = pytest.mark.xdist_group("browser")

FOUND = [page for page in PAGES if page.status != 404]
# The first of each name in the table is looked at from all sides.
FIRST = list({page.name: page for page in reversed(FOUND)}.values())
# What a page is looked at with: width, theme, and whether axe looks too. A theme changes colours
# alone, and a language no colour and no structure: not every combination needs axe. The last look
# is at the page as everybody else expects it.
LOOKS = {
    "de": [(NARROW, "dark", True), (WIDE, "light", True)],
    "en": [(NARROW, "light", False)],
}
IN_USE = LOOKS["de"]
# The same page with other data or for somebody else: where room is short and colours are fewest.
ONE_MORE = {"de": [(NARROW, "dark", True)]}

# The page or a box on it that can be scrolled sideways, and what sticks out of a box with an edge.
TOO_WIDE = """() => {
  const found = [];
  const tell = (element, why) => found.push(`${why} ${element.scrollWidth} > ` +
    `${element.clientWidth}: ${element.outerHTML.replace(/\\s+/g, " ").slice(0, 200)}`);
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) tell(root, "page");
  for (const element of document.querySelectorAll("body *")) {
    if (element.scrollWidth <= element.clientWidth + 1 || element.clientWidth <= 1) continue;
    const style = getComputedStyle(element);
    if (["auto", "scroll"].includes(style.overflowX)) tell(element, "scrolls");
    const isClear = style.backgroundColor === "rgba(0, 0, 0, 0)";
    const hasEdge = style.borderRightWidth !== "0px" || !isClear;
    if (style.overflowX === "visible" && hasEdge) tell(element, "sticks out");
  }
  return found;
}"""


# How many first headings show, whether there is a title, and the language.
SAYS = """() => [
  [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility()).length,
  document.title.trim() !== "",
  document.documentElement.lang,
]"""


def test_every_url_is_in_the_table():
    listed = {page.name for page in PAGES} | set(pages.ACTS)
    listed |= pages.FRAMES | pages.PARTS | pages.FILES | pages.MACHINES | pages.THROUGH_FACEBOOK

    assert pages.names() == listed


@pytest.mark.parametrize("page_of", FOUND, ids=str)
def test_page_is_sound(page_of, visitors):
    for language, looks in (LOOKS if page_of in FIRST else ONE_MORE).items():
        page = visitors.open(
            role=page_of.role,
            tenant=page_of.tenant,
            path=page_of.path(visitors.known),
            language=language,
            fresh=False,
            status=page_of.status,
        )
        visitors.forgive(page_of.complaint)

        assert page.evaluate(SAYS) == [1, True, language]
        assert wrong_with(page, looks) == []


def test_what_is_not_for_somebody_is_not_found(visitors):
    hidden = [page for page in PAGES if page.status == 404]
    windows = {
        (page.role, page.tenant): visitors.open(
            "portal:home", role=page.role, tenant=page.tenant, fresh=False
        )
        for page in hidden
    }

    answers = {
        str(page): status_of(windows[page.role, page.tenant], page.path(visitors.known))
        for page in hidden
    }

    assert answers == dict.fromkeys(map(str, hidden), 404)
    visitors.forgive("404")


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_of_what_is_not_found_is_sound(language, visitors):
    page = visitors.open(
        path="/gibt-es-nicht/", role="customer", language=language, fresh=False, status=404
    )
    visitors.forgive("status of 404")

    assert page.locator("h1:visible").count() == 1
    assert wrong_with(page, LOOKS[language]) == []


def wrong_with(page, looks):
    """What is too wide or breaks a rule of axe."""
    found = []
    for width, theme, with_axe in looks:
        page.set_viewport_size(width)
        axe.show(page, theme)
        wrong = page.evaluate(TOO_WIDE) + (axe.violations(page) if with_axe else [])
        found += [f"{width['width']} {theme} {one}" for one in wrong]
    return found


def status_of(page, path):
    """What the host answers when this path is opened with this visitor's rights."""
    return page.evaluate("async (path) => (await fetch(path)).status", path)


def test_what_a_form_sends_is_no_page(visitors, known):
    portal = visitors.open("portal:home", role="customer", fresh=False)
    desk = visitors.open("desk:queue", role="admin", fresh=False)

    answers = {
        name: status_of(
            portal if name.startswith("portal:") else desk,
            reverse(name, args=[known.value(value) for value in values]),
        )
        for name, values in pages.ACTS.items()
    }

    assert answers == dict.fromkeys(pages.ACTS, 405)
    visitors.forgive("405")


def test_health_says_ok_to_a_machine_and_to_somebody_signed_in(visitors):
    for role in ("", "agent"):
        page = visitors.open("portal:home", role=role, fresh=False)
        assert status_of(page, "/health/") == 200


def test_unknown_host_gets_a_page_that_names_no_tenant(visitors):
    page = visitors.open("portal:home", tenant="niemand", fresh=False, status=404)
    visitors.forgive("status of 404")

    text = page.inner_text("body")
    assert "Billbee" not in text
    assert "Zweitmarke" not in text
    assert axe.violations(page) == []


def test_the_formatted_mail_is_shown_without_scripts_and_without_remote_pictures(visitors):
    number = visitors.known.value("html_message")
    seen = []
    page = visitors.page("agent", "demo", "de", fresh=False)
    page.on("request", lambda request: seen.append(request.url))

    answer = page.goto(visitors.stack.url(reverse("desk:html_body", args=[number])))

    policy = answer.headers["content-security-policy"]
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert page.locator("strong").inner_text() == "die Meldung"
    assert page.get_by_alt_text("Die Meldung").evaluate("image => image.naturalWidth") == 1
    assert [url for url in seen if "bilder.example" in url] == []


@pytest.mark.parametrize("state", STATES, ids=str)
def test_page_stays_sound_when_it_is_used(state, visitors):
    page = visitors.open(
        role=state.page.role, path=state.page.path(visitors.known), status=state.page.status
    )

    state.act(page)
    visitors.forgive(state.complaint)

    assert wrong_with(page, IN_USE) == []
