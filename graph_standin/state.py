"""The world as JSON, so that a demo survives its restart."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

from graph_standin.world import (
    Account,
    Code,
    Entry,
    File,
    Message,
    Page,
    Person,
    Thread,
    Token,
    World,
)

KINDS: dict[str, Any] = {
    "pages": Page,
    "accounts": Account,
    "people": Person,
    "tokens": Token,
    "codes": Code,
    "threads": Thread,
    "messages": Message,
    "entries": Entry,
    "files": File,
}


def dump(world: World, *, files: bool = True) -> dict[str, Any]:
    """Everything but the app, which comes from the command line; without files their bytes and
    the tokens are left out."""
    found: dict[str, Any] = {}
    for name in KINDS:
        if not files and name in {"tokens", "codes", "files"}:
            continue
        rows = getattr(world, name).items()
        found[name] = {key: _plain(dataclasses.asdict(row)) for key, row in rows}
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    content = row.get("content")
    if isinstance(content, bytes):
        row["content"] = base64.b64encode(content).decode("ascii")
    return row


def save(world: World, path: Path) -> None:
    """Write the world beside the file, then put it in its place."""
    with world.lock:
        text = json.dumps(dump(world), ensure_ascii=False)
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(text, "utf-8")
    beside.replace(path)


def load(world: World, path: Path) -> None:
    """Read what `save` wrote; fields that are no longer known are left out."""
    content = json.loads(path.read_text("utf-8"))
    for name, kind in KINDS.items():
        known = {field.name for field in dataclasses.fields(kind)}
        for key, row in content.get(name, {}).items():
            values = {k: v for k, v in row.items() if k in known}
            if name == "files":
                values["content"] = base64.b64decode(values["content"])
            getattr(world, name)[key] = kind(**values)
