"""Which ticket a message belongs to, and whether its sender belongs there (law 5)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from tenants.prepared import Prepared
from tickets.models import Message, Ticket
from tickets.states import State


@dataclass(frozen=True, slots=True)
class Thread:
    """The ticket to join, or none and a hint for the agent why a new one was opened."""

    ticket: Ticket | None = None
    hint: str = ""


def find(
    author: User,
    *,
    proven: Ticket | None = None,
    ticket_number: int | None,
    answers_to: tuple[str, ...],
    named_number: int | None = None,
    is_verified: bool,
) -> Thread:
    """A proof leads to a ticket, and the sender must take part in it.

    The proof is the ticket's own signed address or a Message-ID that the ticket sent or received;
    knowing a ticket's number is none, and only earns a hint. `proven` is a ticket that the channel
    has read already.
    """
    ticket = proven or _by_number(ticket_number) or _by_message_id(answers_to)
    if ticket is not None:
        # A reply to a merged ticket arrives where that one goes on.
        ticket = ticket.merged_into or ticket
        refusal = _refusal(ticket, author, is_verified=is_verified)
        return Thread(hint=refusal) if refusal else Thread(ticket=ticket)
    named = _by_number(named_number)
    if named is not None:
        text = _("Names #%(number)s, but does not prove that it belongs there.")
        return Thread(hint=text % {"number": named.number})
    return Thread()


def _refusal(ticket: Ticket, author: User, *, is_verified: bool) -> str:
    """Why a message may not join its ticket, for the agent; empty when it may."""
    if not is_verified:
        text = _("Claims to answer #%(number)s, but the sender could not be verified.")
    elif not _takes_part(ticket, author):
        text = _("Answers #%(number)s, but the sender has no part in that ticket.")
    elif ticket.state == State.SPAM:
        text = _("Answers #%(number)s, which is spam.")
    else:
        return ""
    return text % {"number": ticket.number}


def _takes_part(ticket: Ticket, author: User) -> bool:
    """The requester, or a colleague with whom the ticket is shared."""
    if ticket.requester_id == author.pk and _home(author) == ticket.organisation_id:
        return True
    return Ticket.objects.written_by(author).filter(pk=ticket.pk).exists()


def _home(author: User) -> int | None:
    membership = getattr(author, "membership", None)
    return membership.organisation_id if membership else None


_numbered = Prepared(lambda number: Ticket.objects.filter(number=number), -1)


def _by_number(number: int | None) -> Ticket | None:
    return _numbered.first(number) if number is not None else None


def _by_message_id(ids: tuple[str, ...]) -> Ticket | None:
    """The ticket of the strongest id that this tenant knows."""
    if not ids:
        return None
    known = dict(
        Message.objects.filter(message_id__in=ids)
        .order_by("-pk")
        .values_list("message_id", "ticket_id")
    )
    found = next((known[one] for one in ids if one in known), None)
    return Ticket.objects.get(pk=found) if found is not None else None
