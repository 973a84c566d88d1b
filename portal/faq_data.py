"""An article as search engines read it (schema.org, FAQPage)."""

from __future__ import annotations

import json

from django.utils.safestring import SafeString, mark_safe

from faq.models import Article, ArticleVersion, Visibility

# Nothing in it may end the script or begin anything (as Django's json_script does it).
_ESCAPED = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


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
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPED))  # noqa: S308
