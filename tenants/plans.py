"""Statements that PostgreSQL plans once, for the few that are sent for each message.

Reading and planning a look-up by its key takes PostgreSQL about four times as long as answering it.
So one that a connection sends again and again is kept there as a prepared statement: one for each
schema, so that none is ever used in another tenant (PostgreSQL itself would plan it anew there).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import NotSupportedError, OperationalError
from psycopg2.extensions import AsIs

from tenants.connection import connection

# Sent so often on a connection, it is worth keeping.
KEPT_FROM = 3
# A connection keeps so many; each may take PostgreSQL some ten kilobytes.
MOST_KEPT = 200
# A plan was made for the tables as they were: after so many uses it is made anew.
RENEWED_AFTER = 500
NAME_LENGTH = 63


@dataclass(slots=True)
class _Kept:
    """A statement on one connection, in one schema; without a name it is not kept yet."""

    name: str = ""
    uses: int = 0


class Statement:
    """SQL with `%s` for each value, as a function of the values.

    `slots` says for each `%s` which of the values stands there; -1 is the constant of that place.
    """

    def __init__(
        self,
        sql: str,
        *,
        name: str = "statement",
        slots: Sequence[int] | None = None,
        constants: Sequence[object] = (),
    ) -> None:
        self._sql, self._name = sql, name
        self._slots = list(range(sql.count("%s"))) if slots is None else list(slots)
        self._constants = list(constants) or [None] * len(self._slots)
        self._arguments = ", ".join(["%s"] * (max(self._slots, default=-1) + 1))

    def rows(self, *values: object) -> list[tuple[Any, ...]]:
        """What it finds or returns."""
        with connection.cursor() as cursor:
            kept = self._kept(cursor)
            try:
                cursor.execute(*self._said(kept, values))
            except (NotSupportedError, OperationalError):
                # A table was changed below its plan, or the plan was thrown away: the next try
                # begins without it.
                kept.name, kept.uses = "", 0
                raise
            return list(cursor.fetchall())

    def row(self, *values: object) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return next(iter(self.rows(*values)), None)

    def _said(self, kept: _Kept, values: Sequence[object]) -> tuple[str, list[Any]]:
        if kept.name:
            arguments = f"({self._arguments})" if self._arguments else ""
            return f"EXECUTE {kept.name}{arguments}", list(values)
        pairs = zip(self._slots, self._constants, strict=True)
        return self._sql, [values[slot] if slot >= 0 else constant for slot, constant in pairs]

    def _kept(self, cursor: Any) -> _Kept:
        """What this connection knows of the statement, in the current schema."""
        # Below Django's own cursor: counting and logging of queries know one query here.
        raw, known = cursor.cursor, _known.setdefault(connection.connection, OrderedDict())
        key = (connection.schema_name, self)
        kept = known.setdefault(key, _Kept())
        known.move_to_end(key)
        kept.uses += 1
        if kept.name and kept.uses > RENEWED_AFTER:
            _drop(raw, kept.name)
            kept.name, kept.uses = "", KEPT_FROM
        if not kept.name and kept.uses >= KEPT_FROM:
            self._keep(raw, kept)
        while len(known) > MOST_KEPT:
            _key, oldest = known.popitem(last=False)
            if oldest.name:
                _drop(raw, oldest.name)
        return kept

    def _keep(self, raw: Any, kept: _Kept) -> None:
        pairs = zip(self._slots, self._constants, strict=True)
        places = [AsIs(f"${slot + 1}") if slot >= 0 else constant for slot, constant in pairs]
        number = f"_{next(_numbers)}"
        name = self._name[: NAME_LENGTH - len(number)] + number
        with connection.wrap_database_errors:
            raw.execute(f"PREPARE {name} AS {raw.mogrify(self._sql, places).decode()}")
        kept.name = name


def _drop(raw: Any, name: str) -> None:
    with connection.wrap_database_errors:
        raw.execute(f"DEALLOCATE {name}")


_numbers = count(1)
_known: WeakKeyDictionary[Any, OrderedDict[tuple[str, Statement], _Kept]] = WeakKeyDictionary()
