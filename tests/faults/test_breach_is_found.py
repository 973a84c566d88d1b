"""The real beat and the real worker find a breach by themselves, and date it to its moment."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils.timezone import now

from helpdesk import processes
from sla.models import CalendarVersion, Promise
from sla.tiers import default_calendar
from tests.factories import open_ticket, tier
from tickets.models import Ticket

# A promise may be found this long after its due moment, or after beat has come back.
FOUND_WITHIN = timedelta(seconds=45)
REDIS_DATABASE = 15
ALWAYS = {
    "zone": "Europe/Berlin",
    "weekly": {str(day): [["00:00", "24:00"]] for day in range(7)},
}


@pytest.fixture
def minute_tier(fresh_tenant) -> None:
    """The default tier guarantees an answer within one minute, around the clock."""
    CalendarVersion.objects.create(calendar=default_calendar(), number=2, spec=ALWAYS)
    basis = tier("Basis")
    basis.first_response_minutes, basis.is_guaranteed = 1, True
    basis.save()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the processes need to work on this test's database, with a broker of their own."""
    here = connection.settings_dict
    secret = f"{quote(here['USER'])}:{quote(here['PASSWORD'])}"
    place = f"host={quote(here['HOST'])}&port={here['PORT']}".removesuffix("&port=")
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{secret}@/{here['NAME']}?{place}",
        "REDIS_URL": _broker(settings.REDIS_URL),
        "HELPDESK_DATA": str(tmp_path / "data"),
    }


def _broker(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts._replace(query=f"db={REDIS_DATABASE}").geturl()
    return parts._replace(path=f"/{REDIS_DATABASE}").geturl()


@contextmanager
def running(name: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    """One of the helpdesk's own processes, as the process manager starts it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            processes.commands()[name],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for_breach(ticket: Ticket, until: datetime, log: Path) -> Promise:
    while now() < until:
        promise = ticket.promises.get()
        if promise.breached_at is not None:
            return promise
        time.sleep(0.5)
    raise AssertionError(f"Nothing was found by {until}. The log says: {log.read_text()[-2000:]}")


def test_breach_is_found_by_itself_and_dated_to_its_moment(minute_tier, environment, tmp_path):
    log = tmp_path / "log"
    with ExitStack() as stack:
        stack.enter_context(running("sweep", environment, log))
        stack.enter_context(running("beat", environment, log))
        ticket = open_ticket()
        due_at = ticket.promises.get().due_at

        promise = wait_for_breach(ticket, due_at + FOUND_WITHIN, log)

    assert due_at == ticket.opened_at + timedelta(minutes=1)
    assert promise.breached_at == promise.due_at == due_at
    assert timedelta() < promise.noticed_at - due_at <= FOUND_WITHIN
    ticket.refresh_from_db()
    assert ticket.queue_band == 0
    assert ticket.events.filter(what="breached", at=due_at).count() == 1


def test_breach_while_beat_was_down_is_dated_to_its_moment_all_the_same(
    minute_tier, environment, tmp_path
):
    log = tmp_path / "log"
    ticket = open_ticket(received_at=now() - timedelta(seconds=55))
    due_at = ticket.promises.get().due_at
    with ExitStack() as stack:
        stack.enter_context(running("sweep", environment, log))
        while now() < due_at + timedelta(seconds=2):
            time.sleep(0.2)
        missed = ticket.promises.get()
        stack.enter_context(running("beat", environment, log))
        back_at = now()

        promise = wait_for_breach(ticket, back_at + FOUND_WITHIN, log)

    assert (missed.breached_at, missed.is_broken()) == (None, True)
    assert promise.breached_at == promise.due_at == due_at
    assert promise.noticed_at > back_at
    assert ticket.events.filter(what="breached").count() == 1
