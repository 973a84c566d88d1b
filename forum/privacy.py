"""What the forum keeps of a person: to hand out, and what becomes of it when they leave."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from forum.models import Follow, Picture, Post, Profile, Report, Vote


def export(user: User) -> object:
    """Everything a person wrote, chose or did here."""
    profile = Profile.objects.filter(user=user).first()
    posts = Post.objects.filter(author=user).select_related("topic").order_by("pk")
    return {
        "public_name": profile.public_name if profile else None,
        "posts": [_post(post) for post in posts.prefetch_related("versions", "pictures")],
        "votes": list(Vote.objects.filter(user=user).order_by("pk").values_list("post", flat=True)),
        "follows": [
            {"topic": follow.topic_id, "title": follow.topic.title}
            for follow in Follow.objects.filter(user=user).select_related("topic").order_by("pk")
        ],
        "reports": [
            {
                "post": one.post_id,
                "reason": one.reason,
                "text": one.text,
                "at": one.created_at.isoformat(),
            }
            for one in Report.objects.filter(reporter=user).order_by("pk")
        ],
    }


def files(user: User) -> Iterable[tuple[str, bytes]]:
    """The pictures of a person's posts, one after another."""
    for picture in Picture.objects.filter(post__author=user).order_by("pk"):
        ending = picture.content_type.partition("/")[2]
        try:
            with picture.file.open("rb") as file:
                yield f"{picture.post_id}-{picture.pk}.{ending}", bytes(file.read())
        except FileNotFoundError:
            continue


def erase(user: User) -> None:
    """Their posts stay, under "Deleted member"; name, follows and what tells who they were go."""
    Profile.objects.filter(user=user).delete()
    Follow.objects.filter(user=user).delete()
    for posts in (user.forum_posts, user.forum_topics):
        posts.update(author=None)
    Vote.objects.filter(user=user).update(user=None)
    Report.objects.filter(reporter=user).update(reporter=None)


def _post(post: Post) -> dict[str, object]:
    return {
        "id": post.pk,
        "topic": post.topic.title,
        "text": post.source,
        "state": post.state,
        "written_at": post.created_at.isoformat(),
        "edited_at": post.edited_at.isoformat() if post.edited_at else None,
        "votes": post.votes,
        "pictures": [f"{post.pk}-{one.pk}" for one in post.pictures.all()],
        "earlier": [
            {"text": one.source, "until": one.replaced_at.isoformat()}
            for one in post.versions.all()
        ],
    }
