"""Saying that a post helped; saying it twice is saying it once."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import User
from forum.posts import Post, Vote
from forum.topics import Topic
from tenants.acts import act


@act()
def vote(post: Post, *, by: User) -> bool:
    """Count somebody's vote; False when it was counted before."""
    _vote, is_new = Vote.objects.get_or_create(post=post, user=by)
    if is_new:
        _count(post, 1)
    return is_new


@act()
def take_back(post: Post, *, by: User) -> bool:
    """Take a vote back; False when there was none. Of two at once, one does it."""
    gone, _rows = Vote.objects.filter(post=post, user=by).delete()
    if gone:
        _count(post, -1)
    return bool(gone)


def _count(post: Post, one: int) -> None:
    """In the database, so that votes at the same time add up.

    Topic first, as writing does: two acts never wait for each other crosswise.
    """
    if post.is_question:
        Topic.objects.filter(pk=post.topic_id).update(votes=Greatest(F("votes") + one, 0))
    Post.objects.filter(pk=post.pk).update(votes=Greatest(F("votes") + one, 0))
