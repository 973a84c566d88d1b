"""An article as search engines read it (schema.org, FAQPage), and its table of contents."""

from __future__ import annotations

import json

from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from faq.models import Article, ArticleVersion, Visibility

# Nothing in it may end the script or begin anything (as Django's json_script does it; for the
# length of an article, one replacement after the other takes a tenth of the time).
_ESCAPED = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}


def structured(article: Article, version: ArticleVersion, address: str) -> SafeString:
    """The question and its answer as JSON-LD; empty for what is not for everybody."""
    if article.visibility != Visibility.PUBLIC:
        return mark_safe("")
    data = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "url": address,
        "inLanguage": article.language,
        "dateModified": article.updated_at.isoformat(timespec="seconds"),
        "mainEntity": [
            {
                "@type": "Question",
                "name": article.title,
                "acceptedAnswer": {"@type": "Answer", "text": version.html},
            }
        ],
    }
    text = json.dumps(data, ensure_ascii=False)
    for sign, escaped in _ESCAPED.items():
        text = text.replace(sign, escaped)
    return mark_safe(text)  # noqa: S308


def contents(version: ArticleVersion) -> SafeString:
    """The entries of the table of contents; without a template's loop, there may be many."""
    return format_html_join(
        "",
        '<li class="level-{level}"><a href="#{id}">{text}</a></li>',
        version.contents,
    )
