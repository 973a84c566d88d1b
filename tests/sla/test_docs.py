"""The worked examples of docs/promises.md are what the program does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from sla.calendar import Calendar
from sla.changes import assign_tier
from sla.provisioning import office_hours
from tests.factories import tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import berlin

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
ROW = re.compile(r"\| (\d{4}-\d\d-\d\d \d\d:\d\d) \| (\d+) h \| (\d{4}-\d\d-\d\d \d\d:\d\d) \|")


def examples(name: str) -> list[tuple[str, ...]]:
    return ROW.findall((DOCS / name).read_text(encoding="utf-8"))


def test_both_languages_show_the_same_examples():
    assert examples("promises.md") == examples("promises.de.md")
    assert len(examples("promises.md")) == 7


@pytest.mark.parametrize(("received", "hours", "due"), examples("promises.md"))
def test_example_of_the_rules_is_right(received, hours, due):
    calendar = Calendar.from_spec(office_hours("NW"))

    assert calendar.add(berlin(received), timedelta(hours=int(hours))) == berlin(due)


def test_example_of_a_booking_is_right(tenant):
    ticket = opened("Basis", "2026-03-10 09:00")
    target = promise_of(ticket)
    with time_machine.travel(berlin("2026-03-10 10:00"), tick=False):
        assign_tier(ticket.organisation, tier("Gold"))
    with time_machine.travel(berlin("2026-03-10 11:00"), tick=False):
        assign_tier(ticket.organisation, tier("Basis"))

    kept = promise_of(ticket)
    assert (target.due_at, target.is_guaranteed) == (berlin("2026-03-11 17:00"), False)
    assert (kept.due_at, kept.is_guaranteed) == (berlin("2026-03-10 14:00"), True)
