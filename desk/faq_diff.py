"""What changed between two texts, line by line."""

from __future__ import annotations

import difflib
from typing import NamedTuple

# Comparing costs the square of what differs; nobody reads the difference of longer texts.
LINES = 2_000


class Line(NamedTuple):
    kind: str
    text: str


def lines(before: str, after: str) -> list[Line]:
    """Every line with "same", "removed" or "added"; all at once where it is too much to compare."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > LINES:
        return [Line("removed", one) for one in old] + [Line("added", one) for one in new]
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            found += [Line("same", one) for one in old[a:b]]
            continue
        found += [Line("removed", one) for one in old[a:b]]
        found += [Line("added", one) for one in new[c:d]]
    return found
