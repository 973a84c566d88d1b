"""A simulated year, recounted from outside by the laws alone: right to the ticket.

`recount.py` imports nothing of the project and reads only what could be seen to happen. Here what
the project stored is compared with it, and faults are planted to see whether it would find them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sla.models import Promise
from tests.sla import recount, simulation_stored
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
COUNTED = (recount.KEPT, recount.BROKEN, recount.OPEN)


def differences(clock: Clock) -> dict[str, tuple[object, object]]:
    """Where the project and the recount differ: by ticket, and by the sums' names."""
    recounted = recount.recount(clock.seen())
    stored = {**simulation_stored.rows(clock.end), **simulation_stored.sums(clock.end)}
    expected = {**recounted["tickets"], **counted(recounted["sums"])}
    return {
        name: (stored.get(name), expected.get(name))
        for name in {**stored, **expected}
        if stored.get(name) != expected.get(name)
    }


def counted(sums: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The part of the recount's sums that the querysets know too."""
    shown = {
        place: {became: number for became, number in counts.items() if became in COUNTED}
        for place, counts in sums.items()
        if "week of" not in place
    }
    return {place: counts for place, counts in shown.items() if counts}


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
