"""From a post to a private ticket, and from the ticket's answer back to the topic.

The ticket is opened by the service that intake uses, so the promise of its author's tier is made
in the same act, from this moment on.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from forum import moderation, writing
from forum.posts import Post
from forum.topics import TopicTicket
from helpdesk import markdown
from tenants.acts import act
from tickets import opening
from tickets.models import Channel, Message
from tickets.opening import NewTicket
from tickets.recording import Content


class NoTicketError(ValueError):
    """No ticket can come of this post: it is an agent's, or its author has left."""


def may_become_ticket(post: Post, user: User) -> bool:
    """Its author may go on in private, and an agent may ask them to."""
    author = post.author
    if author is None or author.is_agent or post.is_official:
        return False
    return (user.is_agent or author.pk == user.pk) and hasattr(author, "membership")


@act()
def open_ticket(post: Post, *, by: User, text: str = "") -> TopicTicket:
    """Open the private ticket of a post's author, or find the one that is there.

    `text` is what the author adds that nobody else shall read. Raises NoTicketError.
    """
    topic = writing.locked(post.topic)
    if found := TopicTicket.objects.filter(post=post).select_related("ticket").first():
        return found
    author = post.author
    if author is None or not may_become_ticket(post, by):
        raise NoTicketError
    ticket, _message = opening.open_ticket(
        NewTicket(
            requester=author,
            subject=topic.title,
            channel=Channel.PORTAL,
            received_at=now(),
            is_verified=_is_confirmed(author),
        ),
        Content(text=_text(post, text)),
    )
    return TopicTicket.objects.create(topic=topic, post=post, ticket=ticket, made_by=by)


@act()
def bring_back(link: TopicTicket, *, by: User, draft: writing.Draft) -> Post:
    """Write a ticket's answer into its topic, as the official one; a second time edits it.

    What it says is the editor's: nothing of the ticket gets there by itself.
    """
    link = TopicTicket.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if link.answer is not None:
        return writing.edit(link.answer, by=by, draft=draft)
    post = writing.reply(link.topic, author=by, draft=draft)
    moderation.mark_official(post)
    link.answer = post
    link.save(update_fields=["answer"])
    return post


def last_answer(link: TopicTicket) -> Message | None:
    """What was last answered publicly on the ticket, to begin the editing with."""
    return link.ticket.messages.all().by_humans().order_by("-sent_at", "-pk").first()


def _text(post: Post, more: str) -> str:
    said = markdown.plain(post.source).strip()
    return f"{more.strip()}\n\n{_('From the forum:')}\n\n{said}" if more.strip() else said


def _is_confirmed(user: User) -> bool:
    proofs = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return bool(proofs.exists())
