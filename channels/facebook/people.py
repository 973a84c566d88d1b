"""Who writes to a page: one person for each of Meta's ids, a customer of their own at first.

A person is locked by locking their user, as every other way in does: whoever links a person to
another customer must lock the old user first (`channels.people.locked`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.models import User
from channels import people
from channels.facebook import graph, pages
from channels.facebook.errors import FacebookError
from channels.facebook.events import text_of
from channels.facebook.models import FacebookPage, FacebookPerson
from tenants import live
from tenants.acts import act
from tenants.plans import Statement
from tenants.prepared import Prepared
from tickets import recording
from tickets.models import Message, Ticket

# A name that Meta did not tell is asked for again after this.
ASK_AGAIN = timedelta(days=7)
# So many messages of a person whose name is known at last are found by it.
MOST_FOUND_BY_NAME = 50

# Of a person who was not given to another customer meanwhile.
_note_action = Statement(
    """
UPDATE channels_facebookperson
SET last_inbound_at = GREATEST(last_inbound_at, %s), unreachable_at = NULL
WHERE id = %s AND user_id = %s RETURNING last_inbound_at
""",
    name="note_action",
)

# That it is not empty is said so that a plan for any value can use the index.
_by_psid = Prepared(
    lambda page, psid: (
        FacebookPerson.objects.select_related("user").filter(page=page, psid=psid).exclude(psid="")
    ),
    -1,
    "sample",
)
_locking_by_psid = Prepared(
    lambda page, psid: (
        FacebookPerson.objects.select_related("user__membership__organisation")
        .filter(page=page, psid=psid)
        .exclude(psid="")
        .select_for_update(of=("user",), no_key=True)
    ),
    -1,
    "sample",
)


def locked(page: FacebookPage, psid: str, *, at: datetime | None = None) -> FacebookPerson:
    """The person behind a PSID, locked; a stranger becomes a customer. Inside an act only.

    `at` is when they did something that opens the time for answers, by Meta's clock.
    """
    while person := _locking_by_psid.first(page.pk, psid):
        if at is not None:
            if note_action(person, at):
                return person
        else:
            again = _by_psid.first(page.pk, psid)
            if again is None or again.user_id == person.user_id:
                return person
        # Somebody has linked them to another customer while we waited for the lock.
    return _new(page, psid, at)


def lock(person: FacebookPerson, read: Callable[[], FacebookPerson | None]) -> FacebookPerson:
    """Lock a person by their user; `read` reads the same person again. Inside an act only."""
    while True:
        user = people.locked(person.user)
        again = read()
        if again is None or again.user_id == user.pk:
            # Nobody has linked them to another customer meanwhile.
            person.user = user
            return person
        person = again


def is_known(page: FacebookPage, psid: str) -> bool:
    """Whether this person has ever written to the page, or been written to by a human."""
    return _by_psid.first(page.pk, psid) is not None


def placeholder(psid: str) -> str:
    """What somebody is called whose name Meta does not tell."""
    return _("Facebook user …%(digits)s") % {"digits": psid[-4:]}


def address_of(person: FacebookPerson) -> str:
    """What stands for an address while nobody knows who the person is."""
    return f"{person.psid}.{person.page.page_id}@facebook.invalid"


def note_action(person: FacebookPerson, at: datetime) -> bool:
    """They did something in Messenger: the time for answers begins anew, in any order of events.

    False where somebody has linked them to another customer since they were read.
    """
    row = _note_action.row(at, person.pk, person.user_id)
    if row is not None:
        person.last_inbound_at = row[0]
    return row is not None


def needs_name(person: FacebookPerson) -> bool:
    """Whether the name should be asked for now."""
    asked = person.name_checked_at
    return not person.name and (asked is None or now() - asked > ASK_AGAIN)


def look_up(pk: int) -> None:
    """Ask Meta for a person's name; without one they keep the placeholder. Never in an act."""
    person = FacebookPerson.objects.select_related("page", "user").filter(pk=pk).first()
    if person is None or not needs_name(person) or not person.page.is_active:
        return
    # Written down first: whatever happens, the next message does not ask again.
    FacebookPerson.objects.filter(pk=pk).update(name_checked_at=now())
    name = _asked(person)
    if name:
        _give_name(person, name)


def _asked(person: FacebookPerson) -> str:
    try:
        answer = graph.call(
            "GET",
            person.psid,
            pages.token_of(person.page),
            params={"fields": "first_name,last_name,name"},
        )
    except FacebookError:
        # A name is nice to have; that the page as a whole fails shows elsewhere.
        return ""
    parts = (text_of(answer.body, "first_name"), text_of(answer.body, "last_name"))
    name = text_of(answer.body, "name") or " ".join(filter(None, parts))
    return " ".join(name.split())[:120]


@act()
def _give_name(person: FacebookPerson, name: str) -> None:
    """The name goes wherever the placeholder stands, unless somebody has written another."""
    FacebookPerson.objects.filter(pk=person.pk).update(name=name)
    user, old = people.locked(person.user), placeholder(person.psid)
    if user.name != old:
        return
    user.name = name
    user.save(update_fields=["name"])
    if user.organisation is not None and user.organisation.name == old:
        user.organisation.name = name
        user.organisation.save(update_fields=["name"])
    _find_by_name(user)


def _find_by_name(user: User) -> None:
    """What they wrote before is found by their name too, and open pages show it."""
    written = Message.objects.filter(author=user).select_related("author", "ticket__organisation")
    for message in written.order_by("-pk")[:MOST_FOUND_BY_NAME]:
        recording.rewrite(message, message.text, message.reply_text)
    for number in Ticket.objects.filter(requester=user).values_list("number", flat=True)[:10]:
        live.announce("ticket", number)
    live.announce("queue")


def _new(page: FacebookPage, psid: str, at: datetime | None) -> FacebookPerson:
    """A stranger: a user without an address, alone in an organisation, locked."""
    address = address_of(FacebookPerson(page=page, psid=psid))
    user = people.sender(address, placeholder(psid))
    known = _by_psid.first(page.pk, psid)
    if known is not None:
        # Another worker has met them at the same moment.
        return locked(page, psid, at=at)
    return FacebookPerson.objects.create(page=page, psid=psid, user=user, last_inbound_at=at)
