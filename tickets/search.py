"""Full-text search: German stems, umlauts folded the same way on both sides.

PostgreSQL 15 and 18 differ in how their German stemmer treats umlauts and `unaccent` is not
everywhere, so both the text and the query are folded here before they reach `to_tsvector`.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import filterfalse

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

# A tsvector may hold 1 MB; what a person looks for stands in the first pages of a message.
INDEXED_CHARACTERS = 60_000
CONFIG = "german"
DOCUMENT = " || ".join(
    f"setweight(to_tsvector('{CONFIG}'::regconfig, %s), '{weight}')" for weight in "ABC"
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# Normalising is quadratic in a run of combining marks, so it is done piece by piece, cut before a
# blank where there is one.
_PIECES = re.compile(r".{1,500}(?!\S)|.{1,500}", re.S)


def fold(text: str) -> str:
    """Lower case, ä ö ü ß as ae oe ue ss, every other accent dropped; NUL becomes a blank."""
    text = text.replace("\x00", " ")
    if text.isascii():
        return text.lower()
    return "".join(_folded(piece) for piece in _PIECES.findall(text))


def _folded(piece: str) -> str:
    composed = unicodedata.normalize("NFC", piece).lower().translate(_UMLAUTS)
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", composed)))


class Document(Expression):
    """The search vector of a message: its ticket's subject, the names, then the text."""

    output_field = SearchVectorField()

    def __init__(self, subject: str, names: str, text: str) -> None:
        super().__init__()
        # One letter may unfold into eighteen (U+FDFA): cut once more.
        body = fold(text[:INDEXED_CHARACTERS])[:INDEXED_CHARACTERS]
        self.parts = [fold(subject), fold(names), body]

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[str | int]]:
        return DOCUMENT, [*self.parts]


def query(words: str) -> SearchQuery:
    """What a person typed: words, "phrases", -without (PostgreSQL's websearch syntax)."""
    return SearchQuery(fold(words), config=CONFIG, search_type="websearch")
