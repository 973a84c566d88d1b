"""What the forum writes to people: rows of the outbox, in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formataddr

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import notifications
from accounts.adapter import AUTOMATIC
from accounts.models import User
from accounts.notifications import Channel, Event
from forum import names
from forum.following import PAUSE
from forum.people import Follow
from forum.posts import Post, PostQuerySet
from helpdesk import markdown
from helpdesk.due_mails import mail_each
from helpdesk.texts import one_line
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Route, Tenant

# A mail shows so many posts, each so far; the rest is in the topic.
MOST_SHOWN = 5
EXCERPT = 600
BATCH = 500


class LinkInvalidError(LookupError):
    """The link is damaged, or what it names is gone."""


def mail_due() -> int:
    """Mail followers what is due; returns the number of mails. Running twice mails once."""
    due = Follow.objects.filter(mail_at__lte=now()).order_by("mail_at")
    return mail_each(due[:BATCH], _mail, again_after=PAUSE)


def post_freed(post: Post) -> None:
    """Tell its author that a post which was held back is there for everybody."""
    _tell(post, lambda: _("Your post in “%(title)s” can be read now"), "forum/mail/freed.txt")


def post_hidden(post: Post) -> None:
    """Tell its author that a post is hidden, and why."""
    _tell(post, lambda: _("Your post in “%(title)s” is hidden"), "forum/mail/hidden.txt")


def unfollow_token(follow: Follow) -> str:
    """The right to end the mails about one topic, for whoever reads the mailbox."""
    return _signer().sign_object([follow.topic_id, follow.user_id])


def follow_of(token: str) -> tuple[int, int]:
    """Topic and person of such a link; raises LinkInvalidError."""
    try:
        topic, user = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkInvalidError from error
    return int(topic), int(user)


@act()
def _mail(pk: int) -> bool:
    """Mail one follower all that is new to them; nothing new, or nobody to mail, is no mail."""
    follow = (
        Follow.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("topic__category", "user")
        .filter(pk=pk, mail_at__lte=now())
        .first()
    )
    if follow is None:
        return False
    posts = list(_news(follow))
    is_wanted = bool(posts) and may_be_mailed(follow.user) and _wants(follow)
    if posts:
        follow.told_at = max(post.published_at or follow.told_at for post in posts)
    follow.mail_at = None
    follow.mailed_at = now() if is_wanted else follow.mailed_at
    follow.save(update_fields=["mail_at", "mailed_at", "told_at"])
    if is_wanted:
        _compose(follow, posts).send()
    return is_wanted


def may_be_mailed(user: User) -> bool:
    """False without an address that is proven to be theirs and takes mail, and without ours."""
    if not user.is_active or not user.has_address or user.undeliverable_at is not None:
        return False
    if not Route.objects.filter(tenant=Tenant.current(), kind=Route.Kind.EMAIL).exists():
        return False
    proofs = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return bool(proofs.exists())


def _news(follow: Follow) -> PostQuerySet:
    return (
        follow.topic.posts.all()
        .public()
        .filter(is_question=False, published_at__gt=follow.told_at)
        .exclude(author=follow.user_id)
        .thread()
    )


def _wants(follow: Follow) -> bool:
    is_own = follow.topic.author_id == follow.user_id
    event = Event.TOPIC_ANSWERED if is_own else Event.TOPIC_FOLLOWED
    return notifications.wants(follow.user, event, Channel.MAIL)


def _compose(follow: Follow, posts: list[Post]) -> EmailMessage:
    tenant, topic, user = Tenant.current(), follow.topic, follow.user
    leave = tenant.url(reverse("portal:forum_unfollow", args=[unfollow_token(follow)]))
    with translation.override(user.language or settings.LANGUAGE_CODE):
        count = len(posts)
        said = ngettext("%(n)d new post: %(title)s", "%(n)d new posts: %(title)s", count)
        shown = [(names.of_post(post), _excerpt(post)) for post in posts[:MOST_SHOWN]]
        context = {
            "tenant": tenant,
            "topic": topic,
            "is_own": topic.author_id == user.pk,
            "shown": shown,
            "more": max(0, count - MOST_SHOWN),
            "url": tenant.url(topic.url_of(posts[0])),
            "leave": leave,
        }
        # RFC 8058: one press in the mail program ends these mails.
        headers = {
            **AUTOMATIC,
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        return EmailMessage(
            subject=one_line(said % {"n": count, "title": topic.title}),
            body=render_to_string("forum/mail/news.txt", context).strip() + "\n",
            from_email=formataddr((tenant.name, tenant.mailbox)),
            to=[user.email],
            headers=headers,
        )


def _excerpt(post: Post) -> str:
    text = markdown.words_of(post.html)
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + " …"


def _tell(post: Post, subject: Callable[[], str], template: str) -> None:
    """Write to a post's author about the post, in their language."""
    author, topic = post.author, post.topic
    if author is None or author.is_agent or not may_be_mailed(author):
        return
    tenant = Tenant.current()
    with translation.override(author.language or settings.LANGUAGE_CODE):
        context = {
            "tenant": tenant,
            "topic": topic,
            "post": post,
            "excerpt": _excerpt(post),
            "url": tenant.url(topic.url_of(post)),
        }
        EmailMessage(
            subject=one_line(subject() % {"title": topic.title}),
            body=render_to_string(template, context).strip() + "\n",
            from_email=formataddr((tenant.name, tenant.mailbox)),
            to=[author.email],
            headers=AUTOMATIC,
        ).send()


def _signer() -> signing.Signer:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.Signer(salt=f"forum.unfollow:{connection.schema_name}")
