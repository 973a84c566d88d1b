"""Stored messages of a channel that come many at once, taken in by one task in groups.

A task for each would cost more than what is done in it. A group holds only what is tried for the
first time: what failed, or was there when a worker died, is tried again by itself (`intake`), so
that nothing has to share the tries of another.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from types import ModuleType

from channels.arrivals import GROUPED, TAKE_GROUPS
from channels.models import InboundRecord
from tenants.queue import begun, enqueue_once

# A claim lasts for as many events as these are (a single one has about 250 bytes).
MOST, MOST_BYTES = 60, 20_000
# Seconds; so long one task works, then other tenants' are next.
MOST_SECONDS = 5.0
# Seconds for which it waits for more when there is nothing: the events of such a moment need no
# task of their own.
LINGERS = 0.25
HELPER = "helper"


def take_groups(role: str = "") -> None:
    """Take in what waits in this tenant, until nothing does or others should have their turn.

    While there is more than one worker can do, a second one is asked to help.
    """
    end, is_helper = time.monotonic() + MOST_SECONDS, role == HELPER
    if is_helper:
        begun(TAKE_GROUPS, HELPER)
    while time.monotonic() < end:
        if _take_next(has_help=is_helper):
            continue
        if is_helper:
            return
        time.sleep(LINGERS)
        if _take_next():
            continue
        # Who stores a message from here on sends a task; what was stored before is seen here.
        begun(TAKE_GROUPS)
        if not _take_next():
            return
    if not is_helper:
        begun(TAKE_GROUPS)
    enqueue_once(TAKE_GROUPS, *([HELPER] if is_helper else []))


def take_waiting(seconds: float) -> None:
    """Take in what no task was sent for, or whose task got lost."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and _take_next(has_help=True):
        pass


def _take_next(*, has_help: bool = False) -> bool:
    """Take in the next group of each channel; False where there is none."""
    has_any = False
    for channel in GROUPED:
        records = InboundRecord.objects.all().claim_group(channel, MOST, MOST_BYTES)
        if records:
            has_any = True
            if not has_help and _is_full(records):
                enqueue_once(TAKE_GROUPS, HELPER)
            _way(channel).take_group(records)
    return has_any


def _is_full(records: Sequence[InboundRecord]) -> bool:
    """Whether more is probably waiting than this group."""
    return len(records) == MOST or sum(record.size for record in records) >= MOST_BYTES


def _way(channel: str) -> ModuleType:
    return importlib.import_module(f"channels.{channel}.inbound")
