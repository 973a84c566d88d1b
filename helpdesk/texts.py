"""What people type, made fit for one line."""

from __future__ import annotations

import unicodedata

INVISIBLE = {"Cc", "Cf"}


def one_line(text: str) -> str:
    """A text without line breaks, stray spaces, and characters that nobody can see."""
    plain = " ".join(text.split())
    return "".join(char for char in plain if unicodedata.category(char) not in INVISIBLE)
