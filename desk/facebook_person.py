"""What the page of a ticket says about who somebody on Facebook is among the customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from channels.facebook import linking
from channels.facebook.models import FacebookPerson
from tickets.models import Channel, Ticket


@dataclass(frozen=True, slots=True)
class Sender:
    """A person on Facebook, and the customers whose name they have."""

    person: FacebookPerson
    candidates: list[User]

    @property
    def is_linked(self) -> bool:
        return linking.is_linked(self.person)

    @property
    def may_be_asked(self) -> bool:
        """True while nobody has confirmed who they are."""
        return not self.is_linked and not self.person.user.has_address

    @property
    def asked_at(self) -> datetime | None:
        """When they were asked, while the link waits."""
        return self.person.linked_at if linking.is_asked(self.person) else None


def on(ticket: Ticket) -> Sender | None:
    """Who wrote a ticket from Facebook; None for tickets of other ways."""
    if ticket.channel != Channel.FACEBOOK and ticket.requester.has_address:
        return None
    person = linking.sender_on(ticket)
    if person is None:
        return None
    if linking.is_linked(person):
        return Sender(person, [])
    return Sender(person, list(linking.candidates(person)[: linking.MOST_CANDIDATES]))
