"""Full text in German and English: what is stored, what is asked, what is shown of a hit.

PostgreSQL 15 and 18 differ in how their German stemmer treats umlauts and `unaccent` is not
everywhere, so text and query are folded here before PostgreSQL sees them. Nobody says in which
language they search, so a text's vector holds the stems of both, and a query asks for either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import filterfalse
from typing import NamedTuple

from django.contrib.postgres.search import CombinedSearchQuery, SearchQuery, SearchVectorField
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# A tsvector may hold 1 MB; what a person looks for stands in the first pages of a text.
INDEXED_CHARACTERS = 60_000
# What somebody types into a search box; the rest of a pasted page is no question.
ASKED_CHARACTERS = 200
# Shorter beginnings stand in every text.
SHORTEST_PREFIX = 3
EXCERPT = 200
CONFIGS = ("german", "english")

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
# Normalising is quadratic in a run of combining marks, so it is done piece by piece, cut before a
# blank where there is one.
_PIECES = re.compile(r".{1,500}(?!\S)|.{1,500}", re.S)
_TERMS = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_WORD = re.compile(r"\w+")
_ENDING = re.compile(r"(?:ern|ing|en|er|es|em|ed|e|n|s)$")


def fold(text: str) -> str:
    """Lower case, ä ö ü ß as ae oe ue ss, every other accent dropped; NUL becomes a blank."""
    text = text.replace("\x00", " ")
    if text.isascii():
        return text.lower()
    return "".join(_folded(piece) for piece in _PIECES.findall(text))


def _folded(piece: str) -> str:
    composed = unicodedata.normalize("NFC", piece).lower().translate(_UMLAUTS)
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", composed)))


def indexed(text: str) -> str:
    """The part of a text that is searched, folded."""
    # One letter may unfold into eighteen (U+FDFA): cut once more.
    return fold(text[:INDEXED_CHARACTERS])[:INDEXED_CHARACTERS]


class Document(Expression):
    """The search vector of up to four texts, the weightiest first (A to D).

    Assign it to a SearchVectorField before saving.
    """

    output_field = SearchVectorField()

    def __init__(self, *texts: str) -> None:
        super().__init__()
        self.parts = [indexed(text) for text in texts]

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[str | int]]:
        both = " || ".join(f"to_tsvector('{config}'::regconfig, %s)" for config in CONFIGS)
        weights = "ABCD"[: len(self.parts)]
        sql = " || ".join(f"setweight({both}, '{weight}')" for weight in weights)
        return sql, [part for part in self.parts for _config in CONFIGS]


class Either(CombinedSearchQuery):
    """Two queries joined with "or"; where both ask the same, it is asked once.

    PostgreSQL would look a beginning of a word up twice, and compare it twice with each text.
    """

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[str | int]]:
        (one, asked), (other, asked_other) = map(compiler.compile, self.get_source_expressions())
        sql = f"COALESCE({one} || NULLIF({other}, {one}), {one})"
        return sql, [*asked, *asked_other, *asked, *asked]


class Term(NamedTuple):
    """A word or phrase that somebody typed, folded."""

    text: str
    is_phrase: bool
    is_excluded: bool


def terms(words: str) -> list[Term]:
    """Read what a person typed: words, "phrases", -without."""
    return [
        Term((phrase or word).strip(), not word, bool(minus))
        for minus, phrase, word in _TERMS.findall(fold(words[:ASKED_CHARACTERS]))
        if _WORD.search(phrase or word)
    ]


def query(words: str, prefix: bool = True) -> SearchQuery | CombinedSearchQuery:
    """What a person typed as a query for `Document` vectors; nothing wanted finds nothing.

    With `prefix`, the last word may be the beginning of one: they are still typing.
    """
    found = terms(words)
    wanted = [term for term in found if not term.is_excluded]
    if not wanted:
        return SearchQuery("", config=CONFIGS[0])
    is_open = prefix and not found[-1].is_excluded and _may_go_on(wanted[-1])
    german, english = (_wanted(wanted, config, is_open) for config in CONFIGS)
    asked: CombinedSearchQuery = Either(german, "||", english, CONFIGS[0])
    # A text is left out by the stems of either language; joined with "or" it would slip through.
    for term in found:
        if term.is_excluded:
            for config in CONFIGS:
                asked &= ~SearchQuery(term.text, config=config, search_type="phrase")
    return asked


def any_of(words: str, most: int = 12) -> SearchQuery | CombinedSearchQuery:
    """A whole text as a question: any of its longest words, for a ranking to choose by."""
    found = {word for term in terms(words) for word in _WORD.findall(term.text) if len(word) > 3}
    longest = sorted(found, key=lambda word: (-len(word), word))[:most]
    asked = " | ".join(f"'{word}'" for word in longest)
    german, english = (SearchQuery(asked, config=c, search_type="raw") for c in CONFIGS)
    return german | english


def _may_go_on(term: Term) -> bool:
    return not term.is_phrase and len(term.text) >= SHORTEST_PREFIX


def _wanted(wanted: list[Term], config: str, is_open: bool) -> SearchQuery | CombinedSearchQuery:
    whole = wanted[:-1] if is_open else wanted
    # PostgreSQL leaves an empty side out of "and": a stop word alone narrows nothing.
    typed = " ".join(f'"{term.text}"' if term.is_phrase else term.text for term in whole)
    asked: SearchQuery | CombinedSearchQuery = SearchQuery(
        typed, config=config, search_type="websearch"
    )
    if is_open:
        # Read by the same parser as the text: a number with a dash is the same there and here.
        beginning = wanted[-1].text.replace("\\", " ").replace("'", "''")
        asked &= SearchQuery(f"'{beginning}':*", config=config, search_type="raw")
    return asked


@contextmanager
def index_only() -> Iterator[None]:
    """Have PostgreSQL find words by their index alone, whatever it believes about their frequency.

    What it may still do is to lay the hits of two indexes over each other (BitmapAnd).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_seqscan = off")
        yield
        # A transaction around this one goes on as it was.
        cursor.execute("SET LOCAL enable_indexscan = DEFAULT; SET LOCAL enable_seqscan = DEFAULT")


def excerpt(text: str, words: str, length: int = EXCERPT) -> SafeString:
    """The piece of a text around the first hit, escaped, with every hit in <mark>."""
    hits = _hits(text[:INDEXED_CHARACTERS], words)
    start = max(hits[0][0] - length // 4, 0) if hits else 0
    if start:
        # Begin with a whole word.
        start = next((m.start() for m in _WORD.finditer(text, start + 1)), start)
    piece = text[start : start + length]
    shown = _marked(piece, [(a - start, b - start) for a, b in hits if start <= a < b])
    before, after = "… " if start else "", " …" if start + length < len(text) else ""
    return mark_safe(f"{before}{shown}{after}")  # noqa: S308


def around(text: str, words: str, length: int) -> str:
    """So much of a text as begins a little before the first hit, for what costs more to read."""
    stems = _stems(words)
    found = _WORD.finditer(text) if stems and len(text) > length else ()
    first = next((m.start() for m in found if fold(m.group()).startswith(stems)), 0)
    start = max(first - length // 4, 0)
    return text[start : start + length]


def highlight(text: str, words: str) -> SafeString:
    """The whole text, escaped, with every hit in <mark>: for titles."""
    return _marked(text, _hits(text, words))


def _hits(text: str, words: str) -> list[tuple[int, int]]:
    stems = _stems(words)
    if not stems:
        return []
    return [m.span() for m in _WORD.finditer(text) if fold(m.group()).startswith(stems)]


def _stems(words: str) -> tuple[str, ...]:
    """The beginnings by which a reader recognises the words they asked for."""
    asked = (w for t in terms(words) if not t.is_excluded for w in _WORD.findall(t.text))
    return tuple(_ENDING.sub("", w) if len(w) > 5 else w for w in asked if len(w) > 1)


def _marked(text: str, hits: list[tuple[int, int]]) -> SafeString:
    parts, end = [], 0
    for start, stop in hits:
        if stop > len(text):
            break
        parts += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308
