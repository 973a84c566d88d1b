"""A person's own data as a ZIP: asked for as a row, packed by a task, kept for seven days.

Packing takes up to a quarter of an hour, and holds no transaction meanwhile: one that is open keeps
the database from tidying up behind all tenants, and whoever ends their account would wait for it.
For the same reason it reads no snapshot. What is written in those minutes may be in one section and
not yet in another; each request, each file and each section's JSON is whole by itself. A worker
takes an export by a claim, and only who still has it names the file and says that it is ready.
"""

from __future__ import annotations

import json
import logging
import secrets
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import IO

from allauth.account.adapter import get_adapter
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.timezone import now

from accounts import privacy
from accounts.models import DataExport, User
from tenants.acts import act
from tenants.models import Tenant
from tenants.queue import enqueue

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
# What three workers could not do within their time, the next one cannot either.
MOST_TRIES = 3
# Years of somebody's files take longer than any other task may.
PACKING_SECONDS = 900
# The queue has killed whoever packs by then; another one may begin.
CLAIM_LASTS = timedelta(seconds=PACKING_SECONDS + 60)


@act()
def request_export(user: User) -> DataExport:
    """Ask for one's own data; asking again while it is being packed changes nothing."""
    DataExport.objects.filter(user=user).exclude(failed_at=None).delete()
    try:
        with transaction.atomic():
            export = DataExport.objects.create(user=user)
    except IntegrityError:
        return DataExport.objects.get(user=user, ready_at=None, failed_at=None)
    enqueue("accounts.export", export.pk)
    return export


def pack(pk: int) -> None:
    """Make the file and write to its person; running it twice makes it once.

    What is not done after MOST_TRIES is given up, and its person told. Raises what ended the try.
    """
    claim = _begin(pk)
    if claim is None:
        return
    try:
        with tempfile.TemporaryFile() as packed:
            write(claim.user, packed)
            _keep(claim, packed)
    except Exception:
        # Whatever ended it, too: the last try is not waited for again.
        _release(claim)
        raise


@act()
def _begin(pk: int) -> DataExport | None:
    """Claim an export and count the try, so that one whose worker dies counts as well."""
    export = _waiting(pk, skip_locked=True)
    if export is None or _is_claimed(export):
        return None
    if export.tries >= MOST_TRIES:
        _give_up(export)
        return None
    _drop_file(export)
    export.tries += 1
    export.claimed_at = now()
    # Nobody guesses the name; the page that gives it out asks who is there.
    export.path = f"exports/{export.pk}-{secrets.token_hex(16)}.zip"
    export.save(update_fields=["tries", "claimed_at", "path"])
    return export


@act()
def _keep(claim: DataExport, packed: IO[bytes]) -> None:
    """Store what was packed, if the export is still there and still this worker's.

    Behind the row's lock, for as long as the copy takes: who ends the account in this moment waits,
    and finds the file by its name.
    """
    export = _waiting(claim.pk)
    if export is None or export.claimed_at != claim.claimed_at:
        return
    export.size = packed.tell()
    packed.seek(0)
    export.path = default_storage.save(export.path, File(packed))
    export.ready_at = now()
    export.save(update_fields=["path", "size", "ready_at"])
    _mail(export, "ready")
    # One archive a person: what was packed before says less, and may be as large again.
    for older in DataExport.objects.filter(user=export.user).exclude(pk=export.pk):
        _remove(older)


@act()
def _release(claim: DataExport) -> None:
    """A try has failed: the next one need not wait for the claim's end, or there is none."""
    export = _waiting(claim.pk)
    if export is None or export.claimed_at != claim.claimed_at:
        return
    if export.tries >= MOST_TRIES:
        _give_up(export)
        return
    export.claimed_at = None
    export.save(update_fields=["claimed_at"])


def _give_up(export: DataExport) -> None:
    """Say of a locked export that had all its tries that it failed."""
    _drop_file(export)
    export.failed_at = now()
    export.save(update_fields=["failed_at", "path"])
    logger.error("Data export %s was given up after %s tries", export.pk, export.tries)
    _mail(export, "failed")


def _waiting(pk: int, *, skip_locked: bool = False) -> DataExport | None:
    """The export, locked, unless it is done or given up.

    Waits for who has it locked, who may just be looking; with `skip_locked` it is left to them.
    """
    free = DataExport.objects.select_for_update(skip_locked=skip_locked, of=("self",))
    found = free.select_related("user").filter(pk=pk, ready_at=None, failed_at=None)
    return found.filter(user__is_active=True).first()


def _is_claimed(export: DataExport) -> bool:
    return export.claimed_at is not None and now() < export.claimed_at + CLAIM_LASTS


def _drop_file(export: DataExport) -> None:
    """Remove what a worker left that was killed between storing the file and saying so."""
    if export.path:
        default_storage.delete(export.path)
        export.path = ""


def _mail(export: DataExport, what: str) -> None:
    context = {
        "user": export.user,
        "url": Tenant.current().url(reverse("portal:own_data")),
        "days": KEPT_FOR.days,
    }
    get_adapter().send_mail(f"account/email/export_{what}", export.user.email, context)


def write(user: User, packed: IO[bytes]) -> None:
    """Write the archive: one JSON file a section, and its files in a folder beside it."""
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for section in privacy.sections():
            told = json.dumps(
                section.export(user), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2
            )
            archive.writestr(f"{section.name}.json", told)
            _add_files(archive, section.name, section.files(user) or ())


def latest(user: User) -> DataExport | None:
    """The export this person is waiting for, or can still fetch."""
    return _current(user).filter(failed_at=None).order_by("-pk").first()


def failed(user: User) -> DataExport | None:
    """What could not be packed for this person, until they ask anew."""
    return DataExport.objects.filter(user=user).exclude(failed_at=None).first()


def fetchable(user: User, pk: int) -> DataExport:
    """A packed export of this very person; raises DataExport.DoesNotExist."""
    return _current(user).exclude(ready_at=None).get(pk=pk)


def forget(user: User) -> None:
    """Remove all files of a person's exports, and the rows.

    Waits for one whose file is being stored at this moment. Who is still packing finds no row any
    more, and stores nothing.
    """
    exports = DataExport.objects.select_for_update(of=("self",)).filter(user=user)
    # The newest first: who stores it has locked it, and removes the older ones then.
    for export in exports.order_by("-pk"):
        _remove(export)


def tidy(at: datetime | None = None) -> None:
    """Remove what is too old, and pack what a lost task left."""
    moment = at or now()
    for old in DataExport.objects.filter(ready_at__lte=moment - KEPT_FOR):
        _remove(old)
    DataExport.objects.filter(failed_at__lte=moment - KEPT_FOR).delete()
    waiting = DataExport.objects.filter(ready_at=None, failed_at=None)
    free = waiting.filter(Q(claimed_at=None) | Q(claimed_at__lte=moment - CLAIM_LASTS))
    late = free.filter(requested_at__lt=moment - timedelta(minutes=5))
    for pk in list(late.values_list("pk", flat=True)):
        enqueue("accounts.export", pk)


def _current(user: User) -> QuerySet[DataExport]:
    return DataExport.objects.filter(user=user).exclude(ready_at__lte=now() - KEPT_FOR)


def _remove(export: DataExport) -> None:
    _drop_file(export)
    export.delete()


def _add_files(archive: zipfile.ZipFile, folder: str, files: Iterable[tuple[str, bytes]]) -> None:
    taken: set[str] = set()
    for path, content in files:
        # A path is what somebody once called a file: it stays within its folder, and unique.
        parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
        name = "/".join([folder, *parts]) if parts else f"{folder}/file"
        while name in taken:
            stem, dot, ending = name.rpartition(".")
            name = f"{stem or ending}-{secrets.token_hex(3)}{dot}{ending if stem else ''}"
        taken.add(name)
        archive.writestr(name, content)
