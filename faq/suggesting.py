"""Articles that may answer what somebody is writing."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from faq.models import Article
from helpdesk import fulltext

SUGGESTIONS = 4
# A single common word in a long article is no answer.
LEAST_RANK = 0.02


def suggestions(
    subject: str,
    text: str,
    reader: User | AnonymousUser,
    *,
    most: int = SUGGESTIONS,
    for_customers: bool = False,
) -> list[Article]:
    """The articles that fit best, those this reader may read; none while little is written.

    `for_customers` leaves out what agents alone may read.
    """
    # The subject says it shortest, so its words come before those of the text.
    asked = f"{subject[:120]} {text[:400]}"
    if len(asked.strip()) < fulltext.SHORTEST_PREFIX + 1:
        return []
    articles = Article.objects.visible_to(reader)
    if for_customers:
        articles = articles.for_customers()
    found = articles.ranked(fulltext.any_of(asked), least=LEAST_RANK)
    return list(found.for_list()[:most])
