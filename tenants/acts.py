"""An act: one call of a service, one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from tenants import wakeups


@contextmanager
def act() -> Iterator[None]:
    """Run a service's work in one transaction; usable as a decorator: `@act()`.

    The outermost act lowers the wakeups that were asked for, as its last statement. An act inside
    another joins it: what a higher layer does on a signal succeeds or fails with the whole.
    """
    if wakeups.pending.get() is not None:
        with transaction.atomic(savepoint=False):
            yield
        return
    moments: dict[tuple[str, str], datetime] = {}
    token = wakeups.pending.set(moments)
    try:
        with transaction.atomic():
            yield
            if moments:
                wakeups.write(moments)
    finally:
        wakeups.pending.reset(token)
