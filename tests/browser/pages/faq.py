"""The articles, as they are read and as they are written."""

from __future__ import annotations

from tests.browser.pages.page_of import PageOf

PAGES = [
    PageOf("portal:faq"),
    PageOf("portal:faq", role="customer"),
    PageOf("portal:faq_article", ("article_slug",)),
    PageOf("portal:faq_article", ("article_slug",), query="?aus=formular"),
    PageOf("portal:faq_article", ("article_slug",), role="customer", query="?danke=1"),
    PageOf("portal:faq_article", ("internal_slug",), role="customer", status=404),
    PageOf("portal:faq_article", ("internal_slug",), role="agent"),
    PageOf("desk:faq", role="agent"),
    PageOf("desk:faq", role="agent", query="?only=drafts"),
    PageOf("desk:faq", role="agent", query="?q=gibtesnicht"),
    PageOf("desk:faq", role="customer", status=404),
    PageOf("desk:faq_article", ("article",), role="agent"),
    PageOf("desk:faq_article", ("draft_article",), role="admin"),
    PageOf("desk:faq_article", ("article",), role="customer", status=404),
    PageOf("desk:faq_versions", ("article",), role="agent"),
    PageOf("desk:faq_version", ("article", "first_version"), role="agent"),
    PageOf("desk:faq_version", ("article", "second_version"), role="agent"),
    PageOf("desk:faq_statistics", role="agent"),
    PageOf("desk:faq_picker", role="agent", query="?q=Prüfung"),
    PageOf("desk:faq_categories", role="agent"),
    PageOf("desk:faq_category", ("category",), role="agent"),
    PageOf("desk:faq_category", ("empty_category",), role="agent"),
]

ACTS: dict[str, tuple[str, ...]] = {
    "desk:faq_publication": ("draft_article",),
    "desk:faq_removal": ("draft_article",),
    "desk:faq_category_removal": ("empty_category",),
    "desk:faq_restoration": ("article", "first_version"),
    "portal:faq_vote": ("article_slug",),
    "portal:faq_solution": ("article_slug",),
}
