"""Who hears of what is said in a topic, and when.

A reply gives each follower a moment to be mailed at; the sweep of the outbox mails those that are
due, so a hundred replies in a quarter of an hour are one mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Min
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.timezone import now

from accounts import notification_list
from accounts.models import User
from accounts.notifications import Event
from forum.people import Follow
from forum.posts import Post
from forum.topics import Topic
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue

# At most one mail about a topic to a person in this time.
PAUSE = timedelta(minutes=15)


@act()
def follow(topic: Topic, user: User) -> None:
    """Tell somebody of what is said from now on; following twice changes nothing."""
    Follow.objects.get_or_create(topic=topic, user=user)


@act()
def unfollow(topic_id: int, user: User) -> None:
    Follow.objects.filter(topic=topic_id, user=user).delete()


def announce(post: Post) -> None:
    """A reply is there for everybody to read: who follows is told, but not who wrote it."""
    moment = now()
    followers = Follow.objects.filter(topic=post.topic_id).exclude(user=post.author_id)
    _list(post, followers.values_list("user_id", flat=True))
    soon = Greatest(moment, Coalesce(F("mailed_at") + PAUSE, moment))
    if not followers.update(mail_at=Coalesce(Least(F("mail_at"), soon), soon)):
        return
    first = followers.aggregate(first=Min("mail_at"))["first"]
    wakeups.ask(Wakeup.Kind.OUTBOX, first)
    if first <= moment:
        enqueue("forum.mail_followers")


def _list(post: Post, followers: Iterable[int]) -> None:
    """In the portal at once; whose topic it is reads it so."""
    author = post.topic.author_id
    told = set(followers)
    if post.topic.is_hidden:
        # Nobody else sees the topic.
        told &= {author}
    others = told - {author}
    for people, event in ((told - others, Event.TOPIC_ANSWERED), (others, Event.TOPIC_FOLLOWED)):
        notification_list.add(people, event, post.topic_id, first=post.pk)


def next_moment() -> datetime | None:
    """When the next follower of this tenant is to be mailed."""
    found: datetime | None = Follow.objects.filter(mail_at__isnull=False).aggregate(
        next=Min("mail_at")
    )["next"]
    return found
