"""The place in a list where its next page begins, as a piece of an address.

It is plain and unsigned: it names a place in an order that its reader may see anyway. What is not
one leads to the first page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# 64-bit ids and the years 1970 to 9999: what is beyond is no place in our lists.
LARGEST = 2**63 - 1
LATEST = 253_402_300_799_999_999
_NUMBERS = re.compile(r"-?\d{1,19}(\.-?\d{1,19})*", re.ASCII)

# How the parts of a key are written: "s"mall number, "m"oment, "n"umber.
QUEUE = "ssmmn"
NEWEST_FIRST = "mn"


def encode(key: Sequence[Any]) -> str:
    """Write a key down; moments become microseconds since 1970."""
    return ".".join(
        str((part - EPOCH) // MICROSECOND if isinstance(part, datetime) else int(part))
        for part in key
    )


def decode(written: str, kinds: str) -> tuple[Any, ...] | None:
    """Read a key of these kinds; None unless it is one."""
    if not _NUMBERS.fullmatch(written):
        return None
    numbers = [int(part) for part in written.split(".")]
    if len(numbers) != len(kinds):
        return None
    parts = tuple(_part(number, kind) for number, kind in zip(numbers, kinds, strict=True))
    return None if None in parts else parts


def older(field: str, key: Sequence[Any]) -> Q:
    """What comes behind a place in a list that shows the newest first: (moment, id)."""
    at, pk = key
    return Q(**{f"{field}__lt": at}) | Q(**{field: at, "pk__lt": pk})


def _part(number: int, kind: str) -> Any:
    if kind == "m":
        return EPOCH + number * MICROSECOND if 0 <= number <= LATEST else None
    limit = 2**15 - 1 if kind == "s" else LARGEST
    return number if -limit <= number <= limit else None
