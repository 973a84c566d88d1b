"""Programs that come inside Python packages, made reachable for the user who runs them."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from helpdesk.embedded.place import SYSTEM_HOME, Place, can_reach, locked, make_folder


def find_package(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    folders = spec.submodule_search_locations if spec else None
    return Path(next(iter(folders))) if folders else None


def reachable(folder: Path, place: Place, program: str) -> Path:
    """Return `folder`, or a copy of it where the servers' user cannot reach the original.

    A checkout under /root is closed to everybody else, and stays so.
    """
    if not place.is_foreign or can_reach((folder / program).parent, place.uid, place.gid):
        return folder
    make_folder(SYSTEM_HOME, 0o711)
    stamp = (folder / program).stat()
    copy = SYSTEM_HOME / "programs" / f"{folder.name}-{stamp.st_mtime_ns}-{stamp.st_size}"
    with locked(SYSTEM_HOME / "programs.lock"):
        if not copy.exists():
            _copy(folder, copy)
    return copy / folder.parent.name / folder.name


def _copy(folder: Path, copy: Path) -> None:
    """Copy programs together with the libraries beside their package, complete or not at all."""
    package = folder.parent
    libraries = package.with_name(f"{package.name}.libs")
    draft = copy.with_name(f"{copy.name}.{os.getpid()}")
    make_folder(copy.parent, 0o711)
    make_folder(draft, 0o755)
    shutil.copytree(folder, draft / package.name / folder.name)
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for path in draft.rglob("*"):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
    draft.rename(copy)
