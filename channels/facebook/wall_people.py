"""Who writes on a wall: one person for each of Meta's ids, as in Messenger, but of another kind.

The id of an author is no PSID; that one is known once the person has been answered in private.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels import people
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.facebook.people import lock


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote; a name that Facebook does not tell is empty."""

    author_id: str
    name: str

    @property
    def shown_name(self) -> str:
        return self.name or _("Somebody on Facebook")


def author_of(author_id: str, name: str, external_id: str) -> Author:
    """The author of a post or comment; one that Facebook does not name is nobody else's."""
    return Author(author_id or f"?{external_id}"[-64:], name)


def locked(page: FacebookPage, author: Author, *, is_made: bool) -> FacebookPerson | None:
    """The person, locked as every way in locks them; a stranger becomes a customer if `is_made`.

    Inside an act only.
    """
    person = _known(page, author)
    if person is None:
        if not is_made:
            return None
        person = _new(page, author)
    return lock(person, lambda: _known(page, author))


def learn_psid(page: FacebookPage, person: FacebookPerson, psid: str) -> None:
    """A private answer tells who its reader is in Messenger: what they write there goes on here.

    Where they have a conversation already, that one stays theirs.
    """
    if not psid or FacebookPerson.objects.filter(page=page, psid=psid).exists():
        return
    # They may be writing their first direct message at this moment: then it is theirs, too.
    with suppress(IntegrityError), transaction.atomic():
        FacebookPerson.objects.filter(pk=person.pk, psid="").update(psid=psid[:64])


def forget(author_id: str) -> int:
    """Empty what somebody said on the walls, ticket or not; returns how much it was.

    What stands in tickets is forgotten with the person behind them.
    """
    said = FacebookObject.objects.filter(author_id=author_id, is_own=False)
    return said.exclude(author_id="").update(
        state=FacebookObject.State.DELETED,
        author_id="",
        author_name="",
        text="",
        permalink="",
        edits=[],
        reactions={},
        files=[],
        fetch_at=None,
    )


def _known(page: FacebookPage, author: Author) -> FacebookPerson | None:
    found = FacebookPerson.objects.select_related("user").filter(page=page)
    return found.filter(author_id=author.author_id).first()


def _new(page: FacebookPage, author: Author) -> FacebookPerson:
    address = f"wall-{author.author_id.lstrip('?')}.{page.page_id}@facebook.invalid"
    user = people.sender(address, author.shown_name)
    made = FacebookPerson(page=page, author_id=author.author_id, name=author.name, user=user)
    FacebookPerson.objects.bulk_create([made], ignore_conflicts=True)
    found = _known(page, author)
    if found is None:
        raise FacebookPerson.DoesNotExist
    return found
