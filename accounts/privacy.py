"""What is kept of a person, said by each app for its own: to hand out, and to erase (DSGVO).

An app registers its sections in AppConfig.ready:

    privacy.register(Section("tickets", _("Tickets"), export=…, files=…, erase=…))

`export` gives what JSON can hold: dates as ISO texts, no records. `files` gives paths within the
section's folder with their bytes, one after another, so that only one is in memory. `erase` runs
inside the transaction that deletes the account, and can fail it; the person's own row still exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText

from accounts.models import User

File = tuple[str, bytes]


def _no_files(user: User) -> Iterable[File] | None:
    return None


def _nothing_to_erase(user: User) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Section:
    """One app's part: `name` is its file and folder, `title` what people read."""

    name: str
    title: str | LazyText
    export: Callable[[User], object]
    files: Callable[[User], Iterable[File] | None] = _no_files
    erase: Callable[[User], None] = _nothing_to_erase


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Add a section; the same name again replaces it, as when Django starts twice."""
    _sections[section.name] = section


def sections() -> list[Section]:
    """All sections, in the order in which the apps named them: lower layers first."""
    return list(_sections.values())
