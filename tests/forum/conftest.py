from __future__ import annotations

import pytest

from forum import names, writing
from forum.models import Category, Post, Topic
from forum.writing import Draft
from tests.factories import CustomerFactory


@pytest.fixture(autouse=True)
def _outbox(settings) -> None:
    """Mails become rows, as they do outside of tests."""
    settings.EMAIL_BACKEND = "channels.email.backend.OutboxBackend"


@pytest.fixture
def category(tenant) -> Category:
    return Category.objects.order_by("position")[0]


@pytest.fixture
def member(tenant):
    """Makes customers with a public name, known to the forum unless `newcomer`."""

    def make(name: str = "Teekanne", *, newcomer: bool = False, **values):
        user = CustomerFactory(**values)
        profile = names.choose(user, name)
        if not newcomer:
            profile.shown_posts = 5
            profile.save(update_fields=["shown_posts"])
        return user

    return make


@pytest.fixture
def topic(category, member) -> Topic:
    return writing.open_topic(
        category,
        author=member("Fragerin"),
        title="Etiketten drucken ohne Rand",
        draft=Draft("Wo stelle ich den **Rand** ein?"),
    )


def question_of(topic: Topic) -> Post:
    return topic.posts.get(is_question=True)


def url_of(topic: Topic) -> str:
    return f"/forum/{topic.category.slug}/{topic.key}/"
