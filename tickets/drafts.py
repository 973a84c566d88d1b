"""What goes along with a message that is still being written.

The words of a draft are in the browser they are typed in; its files are here, so that they are
there on every device. They go onto the message in the act that takes it in (`channels`).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet, Sum
from django.utils.timezone import now

from accounts.models import User
from helpdesk.uploads import MESSAGE_LIMIT
from tenants import files
from tenants.acts import act
from tickets.draft_files import DraftFile
from tickets.models import Ticket
from tickets.recording import FILENAME_LENGTH, File

# As long as a browser keeps the words (static/js/composer.js).
KEPT_FOR = timedelta(days=14)
# Of one person, in all their drafts together.
MOST_FILES = 100
MOST_BYTES = 200_000_000
FOLDER = "drafts"
# Bytes without a row: their upload was ended between the two. One that runs takes less.
HALF_AFTER = timedelta(hours=1)
_OFTEN_ENOUGH = timedelta(days=1)


class TooMuchForAMessageError(ValueError):
    """One message could not take all of its draft's files along."""


class TooMuchForAPersonError(ValueError):
    """Somebody keeps as many files in their drafts as anybody may."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is writing: a new request, or an answer on a ticket."""

    person: User
    ticket: Ticket | None = None

    def files(self) -> QuerySet[DraftFile]:
        """In the order in which they came; those of a ticket that goes on in this one too."""
        own = DraftFile.objects.filter(person=self.person).order_by("pk")
        if self.ticket is None:
            return own.filter(ticket=None)
        return own.filter(Q(ticket=self.ticket) | Q(ticket__merged_into=self.ticket))


def before_their_person(draft: Draft) -> list[DraftFile]:
    """A draft's files, to be shown; from now on they are kept as long as new ones."""
    found, at = list(draft.files()), now()
    if any(one.used_at < at - _OFTEN_ENOUGH for one in found):
        DraftFile.objects.filter(pk__in=[one.pk for one in found]).update(used_at=at)
    return found


@act()
def keep(draft: Draft, file: File) -> DraftFile:
    """Keep a file with a draft; the same file once more is the one that is there.

    Raises TooMuchForAMessageError, TooMuchForAPersonError, User.DoesNotExist for an account that
    has ended, and OSError where the disk does not take it; then nothing is kept.
    """
    # Several come at once: each sees what the others have taken.
    people = User.objects.get_queryset().select_for_update(no_key=True)
    people.get(pk=draft.person.pk, is_active=True)
    digest = hashlib.sha256(file.content).hexdigest()
    filename = file.filename[:FILENAME_LENGTH] or "unnamed"
    same = draft.files().filter(filename=filename, sha256=digest).first()
    if same is not None:
        return same
    _check_room(draft, len(file.content))
    name = f"{FOLDER}/{uuid.uuid4().hex}"
    files.keep(name, file.content)
    return DraftFile.objects.create(
        person=draft.person,
        ticket=draft.ticket,
        file=name,
        filename=filename,
        content_type=file.content_type[:127],
        size=len(file.content),
        sha256=digest,
    )


def read(kept: DraftFile) -> File:
    """The file as a message takes it; raises FileNotFoundError when it went meanwhile."""
    with kept.file.open("rb") as content:
        return File(kept.filename, kept.content_type, content.read())


@act()
def forget(person: User, pks: Iterable[int]) -> None:
    """Let go of these files of a person's drafts; what is nobody's or another's stays."""
    for one in DraftFile.objects.filter(person=person, pk__in=list(pks)):
        one.discard()


@act()
def erase(person: User) -> None:
    """Let go of all files of a person's drafts."""
    for one in DraftFile.objects.filter(person=person):
        one.discard()


def tidy(at: datetime | None = None) -> None:
    """Forget what no one came back to, and the bytes of uploads that were ended half-way."""
    moment = at or now()
    with act():
        for old in DraftFile.objects.filter(used_at__lte=moment - KEPT_FOR):
            old.discard()
    _remove_halves(moment)


def _check_room(draft: Draft, size: int) -> None:
    if _bytes(draft.files()) + size > MESSAGE_LIMIT:
        raise TooMuchForAMessageError
    own = DraftFile.objects.filter(person=draft.person)
    if own.count() >= MOST_FILES or _bytes(own) + size > MOST_BYTES:
        raise TooMuchForAPersonError


def _bytes(kept: QuerySet[DraftFile]) -> int:
    return kept.aggregate(all=Sum("size"))["all"] or 0


def _remove_halves(moment: datetime) -> None:
    if not default_storage.exists(FOLDER):
        return
    _folders, names = default_storage.listdir(FOLDER)
    paths = {f"{FOLDER}/{name}" for name in names}
    owned = set(DraftFile.objects.filter(file__in=paths).values_list("file", flat=True))
    for path in paths - owned:
        try:
            is_old = default_storage.get_modified_time(path) <= moment - HALF_AFTER
        except FileNotFoundError:
            continue
        if is_old:
            default_storage.delete(path)
