"""Style sheets that every page of the portal needs, as one file.

A browser that comes for the first time asks for each file of a page, six at a time: twenty small
ones cost it a second on a phone. The files stay as they are, one for each component; what is
collected for the web server has them in one besides, in the order of this list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

SHEETS = {
    "css/portal.bundle.css": (
        "tokens",
        "base",
        "button",
        "form",
        "chip",
        "tier",
        "due",
        "menu",
        "toast",
        "empty",
        "pager",
        "list",
        "attachment",
        "thread",
        "composer",
        "steps",
        "rail",
        "portal",
        "hero",
        "card",
        "entrance",
    )
}


class BundleFinder(BaseFinder):
    """Finds the bundles, made anew where one of their parts has changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.DATA_DIR / "bundles")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in SHEETS:
            return [] if find_all else None
        found = str(_made(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        for path in SHEETS:
            _made(path)
            yield path, self.storage


def _made(path: str) -> Path:
    """The bundle's file; written only when it differs, so that its time tells of changes."""
    folder = settings.BASE_DIR / "static" / "css"
    wanted = "".join((folder / f"{name}.css").read_text("utf-8") for name in SHEETS[path])
    file: Path = settings.DATA_DIR / "bundles" / path
    if not file.exists() or file.read_text("utf-8") != wanted:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(wanted, "utf-8")
        draft.replace(file)
    return file
