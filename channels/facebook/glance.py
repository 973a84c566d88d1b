"""What is known around a direct message before it is taken in, asked in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS

from channels.facebook.models import FacebookPerson
from tenants.plans import Statement
from tickets.models import Ticket

# In the order of the model.
TICKET = ("id", "number", "state", "requester_id", "merged_into_id")
_glance = Statement(
    """
SELECT EXISTS (
        SELECT FROM channels_facebookobject WHERE page_id = %s AND external_id = %s
        AND external_id <> ''
    ), EXISTS (
        SELECT FROM channels_facebookobject
        WHERE person_id = %s AND is_own AND kind = 'message' AND at >= %s
    ), last.id, last.number, last.state, last.requester_id, last.merged_into_id
FROM (SELECT) AS here LEFT JOIN LATERAL (
    SELECT ticket.* FROM channels_facebookobject AS said
    JOIN tickets_message AS message ON message.id = said.message_id
    JOIN tickets_ticket AS ticket ON ticket.id = message.ticket_id
    WHERE said.person_id = %s AND said.kind = 'message' AND said.at IS NOT NULL
    ORDER BY said.at DESC LIMIT 1
) AS last ON true
""",
    name="glance",
    slots=(0, 1, 2, 3, 2),
)


@dataclass(frozen=True, slots=True)
class Glance:
    """Whether its id is known, whether the page has written since, and the person's last ticket.

    Of the ticket only what decides where a message belongs is read; it may have been merged.
    """

    is_known: bool
    has_answers_since: bool
    ticket: Ticket | None


def at_message(person: FacebookPerson, external_id: str, at: datetime) -> Glance:
    """Look around a message that a person wrote at a moment by Meta's clock; they are locked."""
    row = _glance.row(person.page_id, external_id, person.pk, at)
    if row is None:
        raise FacebookPerson.DoesNotExist
    is_known, has_answers_since, *columns = row
    ticket = Ticket.from_db(DEFAULT_DB_ALIAS, TICKET, columns) if columns[0] else None
    if ticket is not None and ticket.merged_into is not None:
        ticket = ticket.merged_into
    return Glance(is_known, has_answers_since, ticket)
