"""A person's own data as a ZIP: asked for as a row, packed by a task, kept for seven days."""

from __future__ import annotations

import json
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
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timezone import now

from accounts import privacy
from accounts.models import DataExport, User
from tenants.acts import act
from tenants.models import Tenant
from tenants.queue import enqueue

KEPT_FOR = timedelta(days=7)


@act()
def request_export(user: User) -> DataExport:
    """Ask for one's own data; asking again while it is being packed changes nothing."""
    try:
        with transaction.atomic():
            export = DataExport.objects.create(user=user)
    except IntegrityError:
        return DataExport.objects.get(user=user, ready_at=None)
    enqueue("accounts.export", export.pk)
    return export


@act()
def pack(pk: int) -> None:
    """Make the file and write to its person; running it twice makes it once."""
    waiting = DataExport.objects.select_for_update(skip_locked=True, of=("self",))
    export = waiting.select_related("user").filter(pk=pk, ready_at=None).first()
    if export is None or not export.user.is_active:
        return
    with tempfile.TemporaryFile() as packed:
        write(export.user, packed)
        export.size = packed.tell()
        packed.seek(0)
        # Nobody guesses the name; the page that gives it out asks who is there.
        name = f"exports/{export.pk}-{secrets.token_hex(16)}.zip"
        export.path = default_storage.save(name, File(packed))
    export.ready_at = now()
    export.save(update_fields=["path", "size", "ready_at"])
    context = {
        "user": export.user,
        "url": Tenant.current().url(reverse("portal:own_data")),
        "days": KEPT_FOR.days,
    }
    get_adapter().send_mail("account/email/export_ready", export.user.email, context)
    # One archive a person: what was packed before says less, and may be as large again.
    for older in DataExport.objects.filter(user=export.user).exclude(pk=pk):
        _remove(older)


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
    return _current(user).order_by("-pk").first()


def fetchable(user: User, pk: int) -> DataExport:
    """A packed export of this very person; raises DataExport.DoesNotExist."""
    return _current(user).exclude(ready_at=None).get(pk=pk)


def forget(user: User) -> None:
    """Remove all files of a person's exports, and the rows.

    Waits for the one that is being packed at this moment: its file has no name yet.
    """
    for export in DataExport.objects.select_for_update(of=("self",)).filter(user=user):
        _remove(export)


def tidy(at: datetime | None = None) -> None:
    """Remove what is too old, and pack what a lost task left."""
    moment = at or now()
    for old in DataExport.objects.filter(ready_at__lte=moment - KEPT_FOR):
        _remove(old)
    late = DataExport.objects.filter(ready_at=None, requested_at__lt=moment - timedelta(minutes=5))
    for pk in list(late.values_list("pk", flat=True)):
        enqueue("accounts.export", pk)


def _current(user: User) -> QuerySet[DataExport]:
    return DataExport.objects.filter(user=user).exclude(ready_at__lte=now() - KEPT_FOR)


def _remove(export: DataExport) -> None:
    if export.path:
        default_storage.delete(export.path)
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
