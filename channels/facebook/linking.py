"""A Facebook sender turns out to be a customer whom we know: an agent asks, the customer confirms.

Two proofs make one person of two: only the customer, signed in in the portal, is shown a number,
and only who writes in the conversation can send it there. The link alone proves nothing: whoever
writes under a customer's name could pass it on to them. No agent can replace either proof.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from channels import people
from channels.facebook import window
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.facebook.people import address_of, placeholder
from helpdesk import limits
from tenants import live
from tenants.acts import act
from tenants.connection import connection
from tickets import recording, senders, writing
from tickets.models import Channel, Event, Ticket

VALID_FOR = timedelta(days=7)
# A person is not asked twice in a row, whoever asks.
ASK_AGAIN_AFTER = timedelta(minutes=15)
MOST_CANDIDATES = 3
# As a number of the portal is written in a message, among other words or alone.
NUMBER = re.compile(r"(?<!\d)(\d{4})[ \u00a0-]?(\d{4})(?!\d)")
# In one message, and messages with a number for one question: guessing eight digits stays hopeless,
# however fast a program writes.
MOST_NUMBERS = 3
MOST_TRIES = 100


class LinkRefusedError(ValueError):
    """Why a person cannot be asked now, in a sentence for the agent."""


class LinkInvalidError(LookupError):
    """Nothing waits behind this link: it is used, replaced, expired or for somebody else."""


def sender_on(ticket: Ticket) -> FacebookPerson | None:
    """Who wrote last on a ticket from Facebook; None for tickets of other ways."""
    written = FacebookObject.objects.filter(
        message__ticket=ticket, is_own=False, person__isnull=False
    )
    last = written.order_by("-at", "-pk").select_related("person__page", "person__user").first()
    return last.person if last is not None else None


def is_linked(person: FacebookPerson) -> bool:
    """Whether the person is a customer who has confirmed it."""
    return person.confirmed_at is not None


def is_asked(person: FacebookPerson, at: datetime | None = None) -> bool:
    """Whether a link waits for the person."""
    asked = person.linked_at
    return not is_linked(person) and asked is not None and (at or now()) < asked + VALID_FOR


def candidates(person: FacebookPerson) -> QuerySet[User]:
    """Customers with the same name as the person has on Facebook."""
    name = (person.name or person.user.name).strip()
    return customers().filter(name__iexact=name) if name else customers().none()


def customers() -> QuerySet[User]:
    """Who can sign in in the portal to confirm."""
    known = User.objects.filter(role=User.Role.CUSTOMER, is_active=True)
    known = known.exclude(email__endswith=".invalid").filter(membership__isnull=False)
    return known.select_related("membership__organisation").order_by("name", "email")


def refusal(person: FacebookPerson, at: datetime | None = None) -> str:
    """Why the person cannot be asked now; empty when they can."""
    moment = at or now()
    if is_linked(person):
        return _("This person has confirmed already who they are.")
    if not person.psid:
        return _("This person has only written on the wall; the question needs a direct message.")
    # An automatic message may not use the window for people.
    if window.kind(person.last_inbound_at, moment, is_human=False) != window.Kind.RESPONSE:
        return _("Facebook lets us ask only within 24 hours of the person's last message.")
    if person.linked_at is not None and moment - person.linked_at < ASK_AGAIN_AFTER:
        return _("The person was asked just now. Please give them a quarter of an hour.")
    return ""


@act()
def ask(ticket: Ticket, customer: User, *, by: User, base_url: str) -> None:
    """Send a link into the conversation by which the customer confirms; an earlier one ends.

    It is no answer and keeps no promise. `base_url` is the portal's. Raises LinkRefusedError.
    """
    found = sender_on(ticket)
    if found is not None:
        # First, as whoever takes in what they write locks them.
        people.locked(found.user)
    ticket = recording.locked(ticket)
    if found is None or ticket.channel != Channel.FACEBOOK:
        raise LinkRefusedError(_("This ticket is not answered on Facebook."))
    person = FacebookPerson.objects.select_for_update().get(pk=found.pk)
    if reason := refusal(person):
        raise LinkRefusedError(reason)
    person.asked_customer, person.linked_by, person.linked_at = customer, by, now()
    person.save(update_fields=["asked_customer", "linked_by", "linked_at"])
    address = base_url.rstrip("/") + reverse("portal:facebook_link", args=[token(person, customer)])
    with translation.override(customer.language or settings.LANGUAGE_CODE):
        text = _(
            "Is this you? Our customer portal shows you a number: %(link)s\n\n"
            "Please write that number here. It is valid for seven days and counts once. "
            "This message was sent automatically."
        ) % {"link": address}
    writing.acknowledge(ticket, text=text, what="asked_who")
    recording.event(
        ticket, Event.Kind.LINKED, by, person.linked_at, what="asked", after=str(customer)
    )
    recording.touch(ticket, person.linked_at)


def token(person: FacebookPerson, customer: User) -> str:
    """The secret of the latest question to a person."""
    asked = person.linked_at.isoformat() if person.linked_at else ""
    return _signer().sign_object([person.pk, customer.pk, asked])


def asked_by(token: str, customer: User, *, at: datetime | None = None) -> FacebookPerson:
    """Whom a signed-in customer is asked to be, or has proven to be by this very link.

    Raises LinkInvalidError.
    """
    try:
        pk, customer_pk, stamp = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkInvalidError("The link is damaged.") from error
    known = FacebookPerson.objects.select_related("page", "user")
    person = known.filter(pk=pk, linked_at__isnull=False).first()
    if customer_pk != customer.pk or person is None or person.linked_at is None:
        raise LinkInvalidError("The link is for somebody else.")
    is_theirs = is_linked(person) and person.user_id == customer.pk
    if person.linked_at.isoformat() != stamp or not (is_theirs or is_asked(person, at)):
        raise LinkInvalidError("The link was used, replaced or has expired.")
    return person


def number(person: FacebookPerson, customer: User) -> str:
    """What the customer reads in the portal and writes in the conversation: 1234 5678."""
    digest = salted_hmac(_salt(), token(person, customer), algorithm="sha256").digest()
    digits = f"{int.from_bytes(digest[:8]) % 10**8:08}"
    return f"{digits[:4]} {digits[4:]}"


def take_number(page: FacebookPage, psid: str, text: str, *, at: datetime) -> bool:
    """Somebody writes: with the number, they are the customer, and what they wrote is theirs.

    So is what they write later. The customer's tier counts for what is not settled; no promise
    gets worse. True where the number was in it.
    """
    # Nearly every message ends here: it must not cost a statement.
    written = [" ".join(pair) for pair in NUMBER.findall(text)[:MOST_NUMBERS]]
    asked = _asked(page, psid, at) if written else None
    if asked is None or not _may_try(asked) or not _is_number(asked, written):
        return False
    with act():
        before = people.locked(asked.user)
        # Read again behind the lock: of two messages the second finds it used.
        person = _asked(page, psid, at)
        customer = person.asked_customer if person is not None else None
        if person is None or customer is None or person.user_id != before.pk:
            return False
        if not _is_number(person, written):
            return False
        senders.become(before, customer, at=now())
        linked = FacebookPerson.objects.filter(pk=person.pk)
        linked.update(user=customer, confirmed_at=now())
    return True


def thank(ticket: Ticket, page: FacebookPage) -> None:
    """Say in the conversation that the number came."""
    with translation.override(ticket.requester.language or settings.LANGUAGE_CODE):
        text = _(
            "Thank you. What you write to %(page)s on Facebook belongs to your account now. "
            "This message was sent automatically."
        ) % {"page": page}
    writing.acknowledge(ticket, text=text)


def _asked(page: FacebookPage, psid: str, at: datetime) -> FacebookPerson | None:
    """Whoever writes, if a question waits for them; None for everybody else."""
    known = FacebookPerson.objects.select_related("page", "user", "asked_customer")
    person = known.filter(page=page, psid=psid, asked_customer__in=customers()).first()
    return person if person is not None and is_asked(person, at) else None


def _may_try(person: FacebookPerson) -> bool:
    """Count one more message with a number; a new question may be tried anew."""
    question = f"facebook.number:{person.pk}:{person.linked_at}"
    return limits.allowed(question, MOST_TRIES, int(VALID_FOR.total_seconds()))


def _is_number(person: FacebookPerson, written: list[str]) -> bool:
    if person.asked_customer is None:
        return False
    wanted = number(person, person.asked_customer)
    return any(constant_time_compare(one, wanted) for one in written)


def links_of(customer: User) -> QuerySet[FacebookPerson]:
    """Whom a customer is on Facebook."""
    linked = FacebookPerson.objects.filter(user=customer, confirmed_at__isnull=False)
    return linked.select_related("page").order_by("confirmed_at")


@act()
def remove(person: FacebookPerson) -> None:
    """The customer takes it back: what comes from now on is a stranger's again.

    What has come stays theirs; they have it in the portal.
    """
    people.locked(person.user)
    name = person.name or placeholder(person.psid)
    stranger = people.sender(address_of(person), name)
    linked = FacebookPerson.objects.filter(pk=person.pk, user=person.user)
    linked.update(
        user=stranger, asked_customer=None, linked_by=None, linked_at=None, confirmed_at=None
    )
    live.announce("queue")


def _signer() -> signing.Signer:
    return signing.Signer(salt=_salt())


def _salt() -> str:
    # Ids are equal in every tenant; the schema in the salt keeps a link to its own (law 4).
    return f"channels.facebook.linking:{connection.schema_name}"
