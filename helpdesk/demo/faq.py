"""The demo's FAQ, written through the functions of the desk."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import localdate

from accounts.models import User
from faq import services
from faq.models import Article, Category
from helpdesk.demo.faq_articles import CATEGORIES, SEARCHED_IN_VAIN, DemoArticle

REVIEW_AFTER = timedelta(days=180)


def write_faq(author: User) -> None:
    """A dozen articles with votes, and what readers have looked for in vain."""
    written: dict[str, Article] = {}
    for position, topic in enumerate(CATEGORIES):
        category = services.add_category(
            Category(name=topic.name, description=topic.description, position=position)
        )
        for one in topic.articles:
            written[one.title] = _write(one, category, author)
    for topic in CATEGORIES:
        for one in topic.articles:
            written[one.title].related.set(written[title] for title in one.related)
    # One that somebody should look at again.
    oldest = written[CATEGORIES[0].articles[0].title]
    Article.objects.filter(pk=oldest.pk).update(review_on=localdate() - timedelta(days=3))
    for times, words in enumerate(SEARCHED_IN_VAIN, start=1):
        for _time in range(times):
            services.note_failed_search(words)


def _write(one: DemoArticle, category: Category, author: User) -> Article:
    writing = services.Writing(
        title=one.title,
        text=one.text,
        category=category,
        visibility=one.visibility,
        review_on=localdate() + REVIEW_AFTER,
    )
    article = services.write(None, writing, by=author)
    if one.is_published:
        services.publish(article)
    _vote(article, one)
    return article


def _vote(article: Article, one: DemoArticle) -> None:
    for is_helpful, count in zip((True, False), one.helpful, strict=True):
        for number in range(count):
            services.vote(
                article,
                is_helpful=is_helpful,
                comment=one.comment if number == 0 and is_helpful == (count > 10) else "",
                person=None,
                visitor=f"demo-{is_helpful}-{number}",
            )
    reads = sum(one.helpful) * 7
    Article.objects.filter(pk=article.pk).update(read_count=reads)
    for _reading in range(reads // 30):
        services.count_reading(article, is_before_ticket=True)
    for _ticket in range(reads // 80):
        services.count_solved(article)
