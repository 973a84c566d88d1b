"""Topics that are like one that somebody is about to open."""

from __future__ import annotations

import re

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F

from forum.topics import Topic
from helpdesk import fulltext

MOST = 5
# Words that are looked for, and topics that are ranked: what is beyond finds nothing better, and
# a word that stands in every fifth topic must not cost more than a rare one.
WORDS = 12
CANDIDATES = 500
_WORD = re.compile(r"\w{3,}")


def topics(title: str) -> list[Topic]:
    """Public topics with any of these words, those with the most and weightiest first."""
    words = _WORD.findall(fulltext.fold(title))[:WORDS]
    if not words:
        return []
    asked = " or ".join(words)
    either = SearchQuery(asked, config="german", search_type="websearch") | SearchQuery(
        asked, config="english", search_type="websearch"
    )
    found = Topic.objects.public().filter(search=either).values("pk")[:CANDIDATES]
    ranked = Topic.objects.filter(pk__in=found).annotate(rank=SearchRank(F("search"), either))
    return list(ranked.for_list().order_by("-rank", "-votes", "-pk")[:MOST])
