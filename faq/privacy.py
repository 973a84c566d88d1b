"""What the FAQ keeps of a person: what they said about articles."""

from __future__ import annotations

import uuid

from accounts.models import User
from faq.statistics import ArticleVote


def export(user: User) -> object:
    """Each vote with the article's title, its comment and its moment."""
    votes = ArticleVote.objects.filter(person=user).select_related("article").order_by("pk")
    return [
        {
            "article": vote.article.title,
            "is_helpful": vote.is_helpful,
            "comment": vote.comment,
            "created_at": vote.created_at.isoformat(),
        }
        for vote in votes
    ]


def erase(user: User) -> None:
    """Keep the count and forget who it was, and what they wrote."""
    for vote in ArticleVote.objects.filter(person=user):
        vote.person, vote.visitor, vote.comment = None, uuid.uuid4().hex, ""
        vote.save(update_fields=["person", "visitor", "comment"])
