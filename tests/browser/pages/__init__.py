"""The URL table as its visitors see it: who opens which page, and which URLs are no pages.

`test_sweep` walks Django's resolver: a URL that stands in no table fails it. Each area has a file:
a new page goes into its PAGES, a URL that only a form sends into its ACTS, any other into
`no_pages`.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.pages import account, billing, desk, faq, forum, portal, settings
from tests.browser.pages.no_pages import FILES, FRAMES, MACHINES, PARTS, THROUGH_FACEBOOK
from tests.browser.pages.page_of import PageOf

__all__ = [
    "ACTS",
    "FILES",
    "FRAMES",
    "MACHINES",
    "PAGES",
    "PARTS",
    "THROUGH_FACEBOOK",
    "PageOf",
    "names",
]

_AREAS = (portal, account, faq, forum, billing, desk, settings)
PAGES = [page for area in _AREAS for page in area.PAGES]
# Only ever sent by a form: opened as a page they answer 405 and change nothing.
ACTS = {name: values for area in _AREAS for name, values in area.ACTS.items()}


def names() -> set[str]:
    """The names of all URLs, as `reverse` takes them; a nameless one by its pattern."""
    return set(_names(get_resolver(), ""))


def _names(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield prefix + (entry.name or str(entry.pattern))
        else:
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from _names(entry, inner)
