"""One search over 50,000 articles and 1,000,000 posts: `script/bench search`.

`HELPDESK_BENCH_POSTS` and `HELPDESK_BENCH_ARTICLES` take smaller numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import scratch
from benchmarks.scratch import Row

POSTS = int(os.environ.get("HELPDESK_BENCH_POSTS", "1000000"))
ARTICLES = int(os.environ.get("HELPDESK_BENCH_ARTICLES", "50000"))
PER_TOPIC = 8
STEP = 100_000
HOST = "bench.localhost"
AIM = 60
# A word by how often it stands in posts, topics and articles.
EVERY = {
    5: "lagerbestand",
    30: "paketband",
    100: "gutschein",
    300: "barcode",
    1_000: "spediteur",
    3_000: "hubwagen",
    10_000: "zollnummer",
}
# A word that has gone out of use: it stands in the oldest entries, so many, and in no other.
OLD, OLDEST = "telefax", 20_000
WORDS = {
    **{f"in every {every:,}th": word for every, word in EVERY.items()},
    "a beginning": "lagerbest",
    "two words": "lagerbestand gutschein",
    "an old one": OLD,
    "nowhere": "gibtesnicht",
}
# The vectors are made as `helpdesk.fulltext.Document` makes them: stems of both languages.
VECTOR = """setweight(to_tsvector('german', {0}) || to_tsvector('english', {0}), '{1}')"""
# Twelve words of a vocabulary of 5,000, and the words that are looked for.
BODY = "\n|| ".join(
    [
        """(SELECT string_agg('wort' || ((one::bigint * 7919 + at * 104729) %% 5000), ' ')
    FROM generate_series(1, 12) at)""",
        *(
            f"CASE WHEN one %% {every} = 0 THEN ' {word}' ELSE '' END"
            for every, word in EVERY.items()
        ),
        f"CASE WHEN one <= {OLDEST} THEN ' {OLD}' ELSE '' END",
    ]
)
SHELVES = """
INSERT INTO forum_category (name, slug, description, position)
VALUES ('Alles', 'alles', '', 99);
INSERT INTO faq_category (name, slug, description, position) VALUES ('Alles', 'alles', '', 99);
"""
ARTICLE_ROWS = f"""
INSERT INTO faq_article (category_id, slug, title, language, visibility, state, created_at,
    updated_at, published_at, helpful_count, not_helpful_count, read_count, words, search)
SELECT (SELECT id FROM faq_category WHERE slug = 'alles'), 'artikel-' || one, 'Artikel ' || one,
    'de', 'public', 'published', now(), now(), now(), one %% 40, one %% 7, 0, body,
    {VECTOR.format("body", "B")}
FROM (SELECT one, {BODY} AS body FROM generate_series(%(first)s, %(last)s) one) AS made;
"""
TOPIC_ROWS = f"""
INSERT INTO forum_topic (category_id, title, slug, state, is_pinned, is_hidden, replies, votes,
    created_at, last_post_at, search)
SELECT (SELECT id FROM forum_category WHERE slug = 'alles'), 'Thema ' || one, 'thema', 'open',
    false, false, {PER_TOPIC - 1}, one %% 9, moment, moment, {VECTOR.format("body", "C")}
FROM (SELECT one, now() - (%(all)s - one) * interval '1 minute' AS moment, {BODY} AS body
    FROM generate_series(%(first)s, %(last)s) one) AS made;
"""
POST_ROWS = f"""
WITH topics AS (
    SELECT id, row_number() OVER (ORDER BY id) AS n FROM forum_topic
    WHERE category_id = (SELECT id FROM forum_category WHERE slug = 'alles')
)
INSERT INTO forum_post (topic_id, is_question, is_official, source, html, created_at,
    published_at, state, reason, votes, search)
SELECT topics.id, one %% {PER_TOPIC} = 1, false, body, body, now(), now(), 'visible', '',
    one %% 5, {VECTOR.format("body", "C")}
FROM (SELECT one, {BODY} AS body FROM generate_series(%(first)s, %(last)s) one) AS made
JOIN topics ON topics.n = (one - 1) / {PER_TOPIC} + 1;
"""
# What the machine cannot do without: as many posts read off the newest end as are ranked.
BARE = """
SELECT id, topic_id, search FROM forum_post WHERE state = 'visible' ORDER BY id DESC LIMIT 200
"""


def measure() -> Iterator[Row]:
    """Measure in this process, in a database that is made for it; takes a quarter of an hour."""
    scratch.set_up()
    with scratch.database():
        yield from _measure()


def _measure() -> Iterator[Row]:
    from django.db import connection

    from portal.views import search

    # All of it comes from one place.
    search.MOST_OF_A_PLACE = 1_000_000
    connection.set_tenant(scratch.tenant())
    _fill()
    with _bare() as read:
        bare = scratch.times(read)
    yield Row(
        "search, the newest 200 posts read bare", bare[0], "ms", f"p95 {bare[1]:.2f} ms, psycopg2"
    )
    for name, words in WORDS.items():
        ask = _page(words)
        p50, p95 = scratch.times(ask, count=100, warm_up=10)
        said = f"p50 {p50:.1f} ms, {p95 / bare[1]:.0f}× bare, {scratch.queries(ask)} SQL queries"
        yield Row(f"search, {POSTS:,} posts, {name}, p95", p95, "ms", f"aim < {AIM} ms; {said}")


def _fill() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(SHELVES)
        for statement, count in (
            (ARTICLE_ROWS, ARTICLES),
            (TOPIC_ROWS, POSTS // PER_TOPIC),
            (POST_ROWS, POSTS),
        ):
            for first in range(1, count + 1, STEP):
                last = min(first + STEP - 1, count)
                cursor.execute(statement, {"first": first, "last": last, "all": count})
        cursor.execute("VACUUM ANALYZE faq_article, forum_topic, forum_post")


def _page(words: str) -> Callable[[], None]:
    from urllib.parse import urlencode

    ask = scratch.page(HOST, "", "/suche/", urlencode({"q": words}))
    is_there = words != WORDS["nowhere"]

    def read() -> None:
        if (b'class="found-hit"' in ask()) != is_there:
            raise RuntimeError(f"The search for {words} found the wrong thing.")

    return read


@contextmanager
def _bare() -> Iterator[Callable[[], None]]:
    from tenants.models import Tenant

    with scratch.plain(Tenant.current().schema_name) as bare, bare.cursor() as cursor:

        def read() -> None:
            cursor.execute(BARE)
            if not cursor.fetchall():
                raise RuntimeError("There are no posts.")

        yield read
