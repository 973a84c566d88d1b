"""Which articles the desk's list shows, and what the statistics say."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from faq.models import (
    Article,
    ArticleQuerySet,
    ArticleUse,
    ArticleVote,
    FailedSearch,
    State,
    Visibility,
)

SHOWN = 25


@dataclass(frozen=True)
class Choice:
    key: str
    label: str
    is_chosen: bool


def choices(chosen: str) -> list[Choice]:
    """The filters over the list."""
    known = [
        ("", _("All")),
        ("drafts", _("Drafts")),
        ("review", _("Due for review")),
        *((one.value, str(one.label)) for one in Visibility),
    ]
    return [Choice(key, label, key == chosen) for key, label in known]


def filtered(only: str, words: str) -> ArticleQuerySet:
    """The articles of one filter, with words in them where some are asked for."""
    found = Article.objects.for_list()
    if words.strip():
        found = found.matching(words)
    if only == "drafts":
        return found.filter(state=State.DRAFT)
    if only == "review":
        return found.due_for_review()
    return found.filter(visibility=only) if only in Visibility.values else found


def statistics() -> dict[str, object]:
    """What readers did: each list bounded, the most telling first."""
    read = Count("uses", filter=Q(uses__kind=ArticleUse.Kind.READ))
    solved = Count("uses", filter=Q(uses__kind=ArticleUse.Kind.SOLVED))
    articles = Article.objects.for_list()
    used = articles.annotate(read=read, solved=solved).filter(Q(read__gt=0) | Q(solved__gt=0))
    unhelpful = articles.filter(not_helpful_count__gt=0)
    comments = ArticleVote.objects.exclude(comment="").select_related("article", "person")
    sums = ArticleUse.objects.aggregate(
        read=Count("pk", filter=Q(kind=ArticleUse.Kind.READ)),
        solved=Count("pk", filter=Q(kind=ArticleUse.Kind.SOLVED)),
    )
    return {
        "sums": sums,
        "used": list(used.order_by("-solved", "-read", "title")[:SHOWN]),
        "unhelpful": list(unhelpful.order_by("-not_helpful_count", "title")[:SHOWN]),
        "comments": list(comments.order_by("-created_at")[:SHOWN]),
        "searches": list(FailedSearch.objects.order_by("-count", "-last_at")[:SHOWN]),
        "popular": list(articles.filter(read_count__gt=0).order_by("-read_count")[:SHOWN]),
    }
