"""Files of a tenant, durable before anything relies on them.

Written, fsynced, renamed, folder fsynced (law 1): after `keep` returns, neither a killed process
nor a power cut loses the bytes. Files are named by their content, so keeping twice is keeping once.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

# Folders of which this process knows that they, and all above them, are on the disk.
_durable_folders: set[Path] = set()


def keep(name: str, content: bytes) -> None:
    """Make bytes durable under a name of the current tenant's storage.

    Raises OSError for a full disk, and then nothing has that name.
    """
    path = Path(default_storage.path(name))
    _make_durable(path.parent)
    # Only a whole, synced file ever gets this name.
    if not (path.exists() and path.stat().st_size == len(content)):
        _write(path, content)
    # Whoever wrote it may have been killed before this.
    _sync_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _make_durable(folder: Path) -> None:
    """Make a folder of the media folder, and sync its name and those above it."""
    if folder in _durable_folders and folder.is_dir():
        return
    top = Path(settings.MEDIA_ROOT).parent
    if folder != top and top in folder.parents:
        _make_durable(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    _durable_folders.add(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
