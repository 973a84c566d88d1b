"""Public pages as crawlers read them, in one process: `script/bench public_pages`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

from benchmarks import scratch
from benchmarks.scratch import Row

HOST = "bench.localhost"
AIM = 15
PARAGRAPHS = 40
# How long one after the other is asked, for requests a second.
SECONDS = 5


def measure() -> Iterator[Row]:
    """Measure in this process, in a database that is made for it; takes half a minute."""
    scratch.set_up()
    with scratch.database():
        yield from _measure()


def _measure() -> Iterator[Row]:
    from django.db import connection

    connection.set_tenant(scratch.tenant())
    for name, address in (("an article", _article()), ("the front page", "/")):
        ask = scratch.page(HOST, "", address)
        anew = _anew(ask)
        made = scratch.times(anew, count=100, warm_up=10)
        yield Row(
            f"{name}, made anew, p95",
            made[1],
            "ms",
            f"aim < {AIM} ms; p50 {made[0]:.1f} ms, {scratch.queries(anew)} SQL queries",
        )
        kept = scratch.times(ask)
        yield Row(
            f"{name}, from the cache, p95",
            kept[1],
            "ms",
            f"p50 {kept[0]:.2f} ms, {scratch.queries(ask)} SQL queries, "
            f"{kept[0] / made[0]:.2f}× of making it",
        )
    bare = _a_second(scratch.page(HOST, "", "/health/"))
    served = _a_second(ask)
    yield Row(
        "public pages from the cache, one process",
        served,
        "/s",
        f"crawlers at 100/s; {served / bare:.2f}× of the health page ({bare:,.0f}/s)",
    )


def _article() -> str:
    from accounts.models import User
    from faq import services
    from faq.models import Category

    shelf, _is_new = Category.objects.get_or_create(slug="alles", defaults={"name": "Alles"})
    text = "\n\n".join(f"## Schritt {n}\n\n" + "Ein Satz davon. " * 20 for n in range(PARAGRAPHS))
    writing = services.Writing(title="Etiketten drucken", text=text, category=shelf)
    jana = User.objects.create_agent("jana@bench.localhost", "Jana Lind")
    article = services.write(None, writing, by=jana)
    services.publish(article)
    return article.get_absolute_url()


def _anew(ask: Callable[[], bytes]) -> Callable[[], None]:
    """The same page, none of it in the cache."""
    from helpdesk import page_cache

    turn = iter(range(10**9))

    def read() -> None:
        before, page_cache.EDITION = page_cache.EDITION, f"bench {next(turn)}"
        try:
            ask()
        finally:
            page_cache.EDITION = before

    return read


def _a_second(ask: Callable[[], object]) -> float:
    count, begun = 0, perf_counter()
    while perf_counter() - begun < SECONDS:
        ask()
        count += 1
    return count / (perf_counter() - begun)
