"""What the Graph API's reading calls have in common: `fields=…`, and lists in portions."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from graph_standin import errors
from graph_standin.graph import Graph
from graph_standin.http import Call

NESTED = re.compile(r"(\.\w+\([^()]*\))|(\{[^{}]*\})")


def names(text: str) -> list[str]:
    """The names of the asked fields; what is asked of a field's own fields is left out."""
    before = ""
    while before != text:
        before, text = text, NESTED.sub("", text)
    return [name.strip() for name in text.split(",") if name.strip()]


def pick(
    values: dict[str, Any], fields: list[str], kind: str, optional: Set[str] = frozenset()
) -> dict[str, Any]:
    """The asked of the values, always with the id; None is left out, as the Graph API does.

    Raises error 100 for a field that neither exists nor is optional.
    """
    found = {"id": values["id"]}
    for name in fields:
        if name not in values and name not in optional:
            raise errors.invalid(
                f"Tried accessing nonexisting field ({name}) on node type ({kind})"
            )
        if values.get(name) is not None:
            found[name] = values[name]
    return found


def portion(graph: Graph, call: Call, rows: list[dict[str, Any]], path: str) -> dict[str, Any]:
    """One page of a list: `limit` rows after the cursor `after`, with Meta's paging."""
    limit, start = _number(call, "limit", 25), _number(call, "after", 0)
    end = start + limit
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(min(end, len(rows)))}}
    if end < len(rows):
        version = call.path.split("/")[1]
        paging["next"] = f"{graph.base_url}/{version}/{path}?limit={limit}&after={end}"
    return {"data": rows[start:end], "paging": paging}


def _number(call: Call, name: str, default: int) -> int:
    text = call.text(name) or str(default)
    if not text.isdecimal():
        raise errors.invalid(f"Param {name} must be a number.")
    return int(text)
