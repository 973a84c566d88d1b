"""What can be printed: PDF/A refuses a character that the fonts do not have."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont


def printable(typed: str, fonts: tuple[Path, ...]) -> str:
    """The text in characters that all of some fonts have; what has no likeness becomes "?"."""
    return unicodedata.normalize("NFC", typed).translate(_letters(fonts))


class _Letters(dict[int, str]):
    """What is printed for a character; filled as characters are asked for."""

    def __init__(self, covered: set[int]) -> None:
        super().__init__()
        self.covered = covered

    def __missing__(self, code: int) -> str:
        self[code] = self._likeness(code)
        return self[code]

    def _likeness(self, code: int) -> str:
        kind = unicodedata.category(chr(code))
        if kind in {"Cc", "Cf"}:
            # Not to be seen, and some would turn the line around.
            return ""
        if code in self.covered:
            return chr(code)
        if kind == "Pd":
            return "-"
        parts = unicodedata.normalize("NFKD", chr(code))
        return "".join(one for one in parts if ord(one) in self.covered) or "?"


@lru_cache(maxsize=4)
def _letters(fonts: tuple[Path, ...]) -> _Letters:
    return _Letters(set.intersection(*(_covered(font) for font in fonts)))


def _covered(font: Path) -> set[int]:
    with TTFont(font, lazy=True) as found:
        return set(found.getBestCmap())
