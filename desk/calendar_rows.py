"""Rows of a form that are added and removed by a button: what was typed, as it is shown again."""

from __future__ import annotations

from django.http import QueryDict


def changed(typed: QueryDict, step: str) -> QueryDict:
    """What was typed with a row more ("add:week-0") or less ("remove:days-2")."""
    verb, _colon, what = step.partition(":")
    values = typed.copy()
    if verb == "add":
        _set_count(values, what, _count(values, what) + 1)
    elif verb == "remove":
        prefix, _dash, number = what.rpartition("-")
        if number.isascii() and number.isdigit():
            _remove(values, prefix, int(number))
    return values


def _remove(values: QueryDict, prefix: str, number: int) -> None:
    """Take a row out and move those behind it up by one."""
    count = _count(values, prefix)
    if not number < count:
        return
    rows = [_take(values, f"{prefix}-{index}-") for index in range(count)]
    del rows[number]
    for index, row in enumerate(rows):
        for name, typed in row.items():
            values.setlist(f"{prefix}-{index}-{name}", typed)
    _set_count(values, prefix, count - 1)


def _take(values: QueryDict, start: str) -> dict[str, list[str]]:
    names = [name for name in values if name.startswith(start)]
    row = {name.removeprefix(start): values.getlist(name) for name in names}
    for name in names:
        del values[name]
    return row


def _count(values: QueryDict, prefix: str) -> int:
    text = values.get(f"{prefix}-TOTAL_FORMS", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0


def _set_count(values: QueryDict, prefix: str, count: int) -> None:
    values[f"{prefix}-TOTAL_FORMS"] = str(count)
    # All rows are typed ones now: none is compared with what was stored.
    values[f"{prefix}-INITIAL_FORMS"] = "0"
