"""What a first visit costs: everything a page loads, as it goes over the wire."""

import pytest

from tests.browser.pages import PageOf

pytestmark = pytest.mark.xdist_group("browser")

MOST_BYTES = 60 * 1024
PAGES = [
    PageOf("portal:home"),
    PageOf("portal:levels"),
    PageOf("portal:contact"),
    PageOf("portal:search", query="?q=Etikett"),
    PageOf("portal:faq"),
    PageOf("portal:faq_article", ("article_slug",)),
    PageOf("portal:forum"),
    PageOf("portal:forum_topic", ("forum_slug", "forum_key")),
]


@pytest.mark.parametrize("page_of", PAGES, ids=str)
def test_a_first_page_is_light(visitors, page_of):
    page = visitors.page("", "demo", "de", fresh=True)
    sizes = {}

    def weigh(request):
        if request.resource_type != "image":
            size = request.sizes()
            sizes[request.url] = size["responseBodySize"] + size["responseHeadersSize"]

    page.on("requestfinished", weigh)
    page.goto(visitors.stack.url(page_of.path(visitors.known)), wait_until="networkidle")

    assert sum(sizes.values()) < MOST_BYTES, sorted(sizes.items(), key=lambda one: -one[1])
    assert len(sizes) < 15


def test_pages_are_compressed_and_kept(visitors):
    page = visitors.page("", "demo", "de", fresh=True)
    heads = {}
    page.on("response", lambda response: heads.update({response.url: response.headers}))
    page.goto(visitors.stack.url("/"), wait_until="networkidle")

    text = {url: head for url, head in heads.items() if "/static/" in url and ".svg" not in url}
    assert text
    assert {head.get("content-encoding") for head in text.values()} == {"gzip"}
    assert all("immutable" in head["cache-control"] for head in text.values())
    start = heads[visitors.stack.url("/")]
    assert (start["content-encoding"], start["cache-control"]) == ("gzip", "public, no-cache")
