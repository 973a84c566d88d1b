"""What belongs to writing in the forum: the form to answer with, and topics like a new one."""

from __future__ import annotations

from accounts.models import User
from forum import similar as like
from forum import writing
from forum.models import Topic
from portal.forum_forms import PostForm
from portal.forum_page import Row, rows


def reply_context(user: User | None, topic: Topic, form: PostForm | None) -> dict[str, object]:
    """The form to answer with, where this person may."""
    if user is None or not topic.takes_replies_of(user):
        return {"form": None}
    return {"form": form or PostForm(user), "is_newcomer": writing.is_newcomer(user)}


def similar(title: str) -> list[Row]:
    """Public topics about the same words, best first."""
    return rows(like.topics(title))
