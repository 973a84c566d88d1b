"""What agents do with the forum. Each call is one act; authors hear of what becomes of theirs."""

from __future__ import annotations

from django.utils.timezone import now

from accounts.models import User
from forum import mails, writing
from forum.posts import Post, Report
from forum.topics import Category, Topic
from tenants.acts import act


@act()
def approve(post: Post, *, by: User) -> Post:
    """Let everybody read a post that was held back; its author is mailed. Once is enough."""
    post = _locked(post)
    if post.state == Post.State.HELD:
        _show(post, by)
        mails.post_freed(post)
    settle_reports(post, by=by)
    return post


@act()
def hide(post: Post, *, by: User, reason: str) -> Post:
    """Take a post out of everybody's sight but its author's, who is mailed why.

    A question takes its whole topic with it.
    """
    post = _locked(post)
    if post.state != Post.State.HIDDEN:
        post.state, post.reason = Post.State.HIDDEN, reason
        _save(post, by)
        _leave(post)
        mails.post_hidden(post)
    settle_reports(post, by=by)
    return post


@act()
def restore(post: Post, *, by: User) -> Post:
    """Show a hidden post again."""
    post = _locked(post)
    if post.state == Post.State.HIDDEN:
        _show(post, by)
    return post


@act()
def settle_reports(post: Post, *, by: User) -> None:
    """Somebody has looked at what was reported."""
    Report.objects.filter(post=post, handled_at=None).update(handled_at=now(), handled_by=by)


@act()
def report(post: Post, *, by: User, reason: str, text: str = "") -> None:
    """Tell the agents of a post; reporting it again while they have not looked adds nothing."""
    Report.objects.get_or_create(
        post=post, reporter=by, handled_at=None, defaults={"reason": reason, "text": text}
    )


@act()
def change_topic(
    topic: Topic,
    *,
    is_locked: bool | None = None,
    is_pinned: bool | None = None,
    category: Category | None = None,
) -> Topic:
    """Lock, pin or move a topic; what is None stays as it is."""
    topic = writing.locked(topic)
    if is_locked is not None:
        topic.state = Topic.State.LOCKED if is_locked else Topic.State.OPEN
    if is_pinned is not None:
        topic.is_pinned = is_pinned
    if category is not None:
        topic.category = category
    topic.save(update_fields=["state", "is_pinned", "category"])
    return topic


@act()
def mark_official(post: Post, *, is_official: bool = True) -> Topic:
    """Make a visible reply its topic's official answer, or take the mark back."""
    topic = writing.locked(post.topic)
    if is_official and post.is_visible and not post.is_question:
        topic.official = post
    elif not is_official and topic.official_id == post.pk:
        topic.official = None
    topic.save(update_fields=["official"])
    return topic


@act()
def accept(post: Post, *, is_accepted: bool = True) -> Topic:
    """Say which reply solved the topic, or that none did after all."""
    topic = writing.locked(post.topic)
    if is_accepted and post.is_visible and not post.is_question:
        topic.accepted = post
    elif not is_accepted and topic.accepted_id == post.pk:
        topic.accepted = None
    topic.save(update_fields=["accepted"])
    return topic


def _locked(post: Post) -> Post:
    """Topic first, as writing does: two acts never wait for each other crosswise."""
    topic = writing.locked(post.topic)
    post = Post.objects.select_for_update(no_key=True, of=("self",)).get(pk=post.pk)
    post.topic = topic
    return post


def _show(post: Post, by: User) -> None:
    is_first_time = post.published_at is None
    post.state, post.reason = Post.State.VISIBLE, ""
    post.published_at = post.published_at or now()
    _save(post, by)
    if post.is_question:
        writing.hide(post.topic, is_hidden=False)
    elif is_first_time:
        writing.publish(post)
    else:
        writing.recount(post.topic)
    if is_first_time:
        writing.count_shown(post.author)


def _leave(post: Post) -> None:
    topic = post.topic
    if post.is_question:
        writing.hide(topic)
        return
    if topic.accepted_id == post.pk:
        topic.accepted = None
    if topic.official_id == post.pk:
        topic.official = None
    writing.recount(topic)


def _save(post: Post, by: User) -> None:
    post.moderated_by, post.moderated_at = by, now()
    post.save(update_fields=["state", "reason", "published_at", "moderated_by", "moderated_at"])
