"""Full-text search over tickets: German stems of folded text (`helpdesk.fulltext`)."""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

from helpdesk.fulltext import fold, indexed

CONFIG = "german"
DOCUMENT = " || ".join(
    f"setweight(to_tsvector('{CONFIG}'::regconfig, %s), '{weight}')" for weight in "ABC"
)


class Document(Expression):
    """The search vector of a message: its ticket's subject, the names, then the text."""

    output_field = SearchVectorField()

    def __init__(self, subject: str, names: str, text: str) -> None:
        super().__init__()
        self.parts = [fold(subject), fold(names), indexed(text)]

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[str | int]]:
        return DOCUMENT, [*self.parts]


def query(words: str) -> SearchQuery:
    """What a person typed: words, "phrases", -without (PostgreSQL's websearch syntax)."""
    return SearchQuery(fold(words), config=CONFIG, search_type="websearch")
