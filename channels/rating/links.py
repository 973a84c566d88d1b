"""The signed link by which the requester rates without signing in."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from tenants.connection import connection
from tenants.models import Tenant
from tickets.models import Ticket

VALID_FOR = timedelta(days=90)


class LinkInvalidError(LookupError):
    """The link is damaged, too old, of another tenant, or the ticket is no longer theirs."""


def token(ticket: Ticket) -> str:
    """The right to rate this ticket in its requester's name, and to do nothing else."""
    return _signer().sign_object([ticket.pk, ticket.requester_id])


def url(ticket: Ticket) -> str:
    """Where the requester rates, as a whole address; looking at it changes nothing."""
    return Tenant.current().url(reverse("portal:rating_link", args=[token(ticket)]))


def ticket_of(token: str) -> Ticket:
    """The ticket that a link is about; raises LinkInvalidError."""
    try:
        pk, person = _signer().unsign_object(token, max_age=VALID_FOR)
        tickets = Ticket.objects.select_related("requester", "organisation")
        found = tickets.filter(pk=pk, requester=person, merged_into=None).first()
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkInvalidError from error
    # Who has left the organisation has no part in its tickets any more.
    if found is None or not Ticket.objects.written_by(found.requester).filter(pk=found.pk).exists():
        raise LinkInvalidError
    return found


def _signer() -> signing.TimestampSigner:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.TimestampSigner(salt=f"channels.rating:{connection.schema_name}")
