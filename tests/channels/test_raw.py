"""Durable before it is acknowledged: written, synced, renamed, folder synced (law 1)."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from channels import intake, raw
from channels.models import InboundRecord
from tests.channels.mail import accepted, written

CONTENT = b"Subject: x\r\n\r\nText\r\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def system(monkeypatch):
    """What reaches the operating system, in order: ("sync", path) and ("rename", from, to)."""
    calls = []
    fsync, rename = os.fsync, os.rename

    def noted_fsync(descriptor):
        calls.append(("sync", Path(os.readlink(f"/proc/self/fd/{descriptor}"))))
        fsync(descriptor)

    def noted_rename(source, target, **more):
        calls.append(("rename", Path(source), Path(target)))
        rename(source, target, **more)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "rename", noted_rename)
    return calls


def test_the_content_is_synced_before_it_gets_its_name_and_the_folder_after(tenant, system):
    raw.store(CONTENT)

    path = raw.path_of(DIGEST)
    renamed = next(number for number, call in enumerate(system) if call[0] == "rename")
    draft = system[renamed][1]
    assert system[renamed] == ("rename", draft, path)
    assert system[renamed - 1] == ("sync", draft)
    assert system[renamed + 1 :] == [("sync", path.parent)]


def test_the_names_of_new_folders_are_synced_up_to_the_media_folder(tenant, system):
    raw.store(CONTENT)

    synced = [call[1] for call in system if call[0] == "sync"]
    media = Path(django_settings.MEDIA_ROOT)
    folder = raw.path_of(DIGEST).parent
    assert {media.parent, media, media / tenant.schema_name, folder.parent} <= set(synced)


def test_storing_again_syncs_the_folder_for_whoever_was_killed_before_it(tenant, system):
    raw.store(CONTENT)
    system.clear()

    assert raw.store(CONTENT) == DIGEST

    assert system == [("sync", raw.path_of(DIGEST).parent)]


def test_only_we_may_read_what_was_stored(tenant):
    raw.store(CONTENT)

    path = raw.path_of(DIGEST)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_each_tenant_has_a_folder_of_its_own(tenant):
    raw.store(CONTENT)

    assert tenant.schema_name in raw.path_of(DIGEST).parts


def full(*_arguments, **_more):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["write", "fsync", "rename", "mkdir"])
def test_a_full_disk_leaves_nothing_and_says_so(tenant, monkeypatch, step):
    if step == "write":
        monkeypatch.setattr(os, "fdopen", lambda *_: _Full())
    else:
        monkeypatch.setattr(os, step, full)

    with pytest.raises(raw.StorageFullError):
        raw.store(CONTENT)

    monkeypatch.undo()
    folder = raw.path_of(DIGEST).parent
    assert not folder.exists() or list(folder.iterdir()) == []
    assert raw.store(CONTENT) == DIGEST
    assert raw.read(DIGEST) == CONTENT


class _Full:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    write = full


def test_what_could_not_be_stored_is_on_no_record(tenant, monkeypatch):
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(raw.StorageFullError):
        accepted(written())

    assert InboundRecord.objects.count() == 0


def test_a_half_written_file_is_written_again(tenant):
    """A name without its content cannot come from us, but a restored backup may have it."""
    raw.store(CONTENT)
    raw.path_of(DIGEST).write_bytes(CONTENT[:4])

    raw.store(CONTENT)

    assert raw.read(DIGEST) == CONTENT


def test_the_row_is_written_after_the_file(tenant, monkeypatch):
    order = []
    store, put = raw.store, InboundRecord.objects.all().__class__.put

    monkeypatch.setattr(raw, "store", lambda content: (order.append("file"), store(content))[1])
    monkeypatch.setattr(
        InboundRecord.objects.all().__class__,
        "put",
        lambda self, *given: (order.append("row"), put(self, *given))[1],
    )
    accepted(written())

    assert order == ["file", "row"]
    assert intake.MOST_ATTEMPTS > 1
