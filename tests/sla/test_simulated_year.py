"""A simulated year, recounted from outside by the laws alone: right to the ticket.

`recount.py` imports nothing of the project and reads only what could be seen to happen. Here what
the project stored is compared with it, and faults are planted to see whether it would find them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from sla.models import Promise
from sla.report import Period
from tests.sla import recount, simulation_stored
from tests.sla.moments import BERLIN
from tests.sla.simulation import TROUBLE, YEAR, Clock
from tests.sla.simulation_faults import BEAT_NEVER_UP, FAULTS
from tests.sla.simulation_lives import simulate
from tests.sla.simulation_stories import STORIES, play

# What the recount knows of, a method each.
WHATEVER_HAPPENS = {
    name.removeprefix("on_").replace("_", " ")
    for name in vars(recount.Recount)
    if name.startswith("on_")
}


def differences(clock: Clock) -> dict[str, tuple[object, object]]:
    """Where project and recount differ: by ticket, by the report's sums and by its times."""
    days = [datetime.fromisoformat(day).date() for day in (clock.plan.start, clock.plan.end)]
    period = Period(days[0], days[1], BERLIN)
    recounted = recount.recount(clock.seen())
    expected = flat(recounted["tickets"], recounted["sums"], recounted["times"])
    stored = flat(
        simulation_stored.rows(clock.end),
        simulation_stored.sums(period, clock.end),
        simulation_stored.times(period, clock.end),
    )
    return {
        name: (stored.get(name), expected.get(name))
        for name in {**stored, **expected}
        if stored.get(name) != expected.get(name)
    }


def flat(tickets: dict, sums: dict, times: dict) -> dict[str, object]:
    return {**tickets, **sums, **{f"times of {place}": taken for place, taken in times.items()}}


@pytest.fixture
def _nobody_listens(monkeypatch) -> None:
    """The network: no page is open, and no worker waits."""
    for network in ("tenants.live._publish", "tenants.queue._publish"):
        monkeypatch.setattr(network, lambda *_: None)


@pytest.mark.usefixtures("fresh_tenant", "_nobody_listens")
def test_year_is_right_to_the_ticket():
    clock = simulate(YEAR, seed=2026)

    assert differences(clock) == {}
    assert not Promise.objects.broken(clock.end).filter(breached_at=None).exists()
    assert {json.loads(line)["what"] for line in clock.seen()} == WHATEVER_HAPPENS


def test_month_of_trouble_is_right_to_the_ticket(tenant):
    assert differences(simulate(TROUBLE, seed=3)) == {}


def test_stories_are_right_to_the_ticket(tenant):
    clock, _tickets = play(STORIES)

    assert differences(clock) == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_recount_finds(tenant, monkeypatch, fault):
    planted = FAULTS[fault]
    planted.plant(monkeypatch)

    clock, tickets = play(
        {planted.spoils: STORIES[planted.spoils]},
        beat_is_down=BEAT_NEVER_UP if planted.is_beat_down else (),
    )

    assert tickets[planted.spoils] in differences(clock)


def test_recount_stands_alone(tenant, tmp_path):
    """Run by itself, without the project in sight, it says the same."""
    clock, _tickets = play({"bounced": STORIES["bounced"]})
    clock.write(tmp_path / "events.jsonl")
    command = [sys.executable, "-I", recount.__file__, "events.jsonl"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == recount.recount(clock.seen())
    imported = [
        line.split()[1].partition(".")[0]
        for line in Path(recount.__file__).read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "from "))
    ]
    assert set(imported) <= sys.stdlib_module_names
