"""Queries that the ORM writes once, for the few places that ask the same thing for each message.

Django builds a query's SQL anew each time it is asked, which takes several times as long as
PostgreSQL takes to answer. Here the queryset is still what says what is asked, select_related and
locks included; only its SQL is kept, and PostgreSQL's plan for it (`tenants.plans`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]  # no stub
from django.db.transaction import TransactionManagementError

from tenants.connection import connection
from tenants.plans import Statement

M = TypeVar("M", bound=Model)


class Prepared(Generic[M]):
    """A queryset as a function of the values in it.

    `build` gets the sample values and returns the queryset; later calls put theirs in the samples'
    place. So each sample must be found nowhere else in the query, and be of its column's type.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *samples: object) -> None:
        self._build, self._samples = build, samples
        self._query: _Query | None = None

    def first(self, *values: object) -> M | None:
        """The first object, or None."""
        return next(iter(self.all(*values)), None)

    def all(self, *values: object) -> list[M]:
        """The objects of the queryset with these values in the samples' place."""
        if self._query is None:
            self._query = _Query(self._build(*self._samples), self._samples)
        return self._query.fetch(values)


class _Query:
    """A compiled query, and how its rows become objects (as in Django's ModelIterable)."""

    def __init__(self, queryset: QuerySet[Any], samples: tuple[object, ...]) -> None:
        compiler: Any = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._compiler = compiler
        self._is_locking = queryset.query.select_for_update
        sql, params = compiler.as_sql()
        slots = [samples.index(one) if one in samples else -1 for one in params]
        if set(range(len(samples))) - set(slots):
            raise ValueError(f"A sample is not in the query: {sql}")
        table = queryset.model._meta.db_table
        self._statement = Statement(sql, name=table, slots=slots, constants=params)
        self._shape(compiler)

    def _shape(self, compiler: Any) -> None:
        positions = compiler.klass_info["select_fields"]
        self._model = compiler.klass_info["model"]
        self._span = slice(positions[0], positions[-1] + 1)
        self._names = [column[0].target.attname for column in compiler.select[self._span]]
        self._related = get_related_populators(
            compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS
        )
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        self._converters = compiler.get_converters(columns)

    def fetch(self, values: tuple[object, ...]) -> list[Any]:
        if self._is_locking and connection.get_autocommit():
            raise TransactionManagementError("A lock lasts only in a transaction.")
        rows: Any = self._statement.rows(*values)
        if self._converters:
            rows = self._compiler.apply_converters(rows, self._converters)
        return [self._object(row) for row in rows]

    def _object(self, row: Any) -> Any:
        made = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._span])
        for related in self._related:
            related.populate(row, made)
        return made
