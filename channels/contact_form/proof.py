"""The link by which the sender of a form proves that the address is theirs.

It works for two weeks and more than once: what came from the same address meanwhile is offered
with it, each by itself. Anybody can give another's address, so nothing is confirmed unread.
"""

from __future__ import annotations

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts import services as accounts
from accounts.models import User
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Tenant
from tickets import senders
from tickets.models import Ticket, TicketQuerySet

VALID_FOR = timedelta(days=14)


class LinkInvalidError(LookupError):
    """The link is damaged, too old, or for an address that the person no longer has."""


def token(ticket: Ticket) -> str:
    """The secret that only whoever reads the sender's mailbox gets."""
    sender = ticket.requester
    return _signer().sign_object([ticket.pk, sender.pk, sender.email])


def url(ticket: Ticket) -> str:
    """Where the sender confirms, as a whole address."""
    return Tenant.current().url(reverse("portal:contact_confirmation", args=[token(ticket)]))


def ticket_of(token: str) -> Ticket:
    """The ticket whose sender got this link; raises LinkInvalidError."""
    try:
        pk, sender, email = _signer().unsign_object(token, max_age=VALID_FOR)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkInvalidError("The link is damaged or too old.") from error
    tickets = Ticket.objects.select_related("requester", "organisation")
    found = tickets.filter(pk=pk, requester=sender, requester__email=email).first()
    if found is None:
        raise LinkInvalidError("The ticket is gone, or its sender has another address.")
    return found


def waiting(sender: User) -> TicketQuerySet:
    """What the sender's confirmation is missing for, the latest first."""
    return senders.unconfirmed(sender).order_by("-opened_at", "-pk")


def disown(ticket: Ticket) -> None:
    """Whoever reads the mailbox did not write this."""
    senders.disown(ticket)


@act()
def confirm(ticket: Ticket) -> None:
    """The sender wrote this: what was promised to their organisation counts from the arrival.

    The address is proven with it; what else came from it waits for a word of its own. Somebody else
    may have signed up with the address before: a password that was chosen without any proof opens
    nothing from now on.
    """
    # Locked as intake locks people: two clicks, or a click and a form, come one after the other.
    people = User.objects.get_queryset().select_related("membership__organisation")
    person = people.select_for_update(of=("self",), no_key=True).get(pk=ticket.requester_id)
    address, _is_new = EmailAddress.objects.get_or_create(
        user=person, email=person.email, defaults={"primary": True}
    )
    if not address.verified:
        person.set_unusable_password()
        person.save(update_fields=["password"])
        address.set_verified()
    accounts.prove_mailbox(person)
    senders.confirm_sender(person, only=ticket)


def subject(sender: User) -> str:
    """The mail's subject: nobody's words but ours."""
    with translation.override(_language(sender)):
        return gettext("Please confirm your message to %(tenant)s") % {"tenant": Tenant.current()}


def text(ticket: Ticket, *, link: str = "") -> str:
    """What the mail says, in the sender's language; without the link as agents see it.

    Not a word in it was typed by whoever filled in the form: the address may be a stranger's.
    """
    with translation.override(_language(ticket.requester)):
        context = {"ticket": ticket, "tenant": Tenant.current(), "link": link}
        return render_to_string("channels/proof.txt", context).strip()


def _language(sender: User) -> str:
    return sender.language or settings.LANGUAGE_CODE


def _signer() -> signing.TimestampSigner:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return signing.TimestampSigner(salt=f"contact_form.proof:{connection.schema_name}")
