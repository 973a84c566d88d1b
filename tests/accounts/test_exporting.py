"""An archive of somebody's data: packed without a long transaction, whatever ends it midway."""

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.timezone import now

from accounts import erasing, exporting, privacy
from accounts.models import DataExport
from accounts.privacy import Section
from tests.factories import CustomerFactory
from tests.threads import PATIENCE, Side, database_url, wait_for_a_lock

ROOT = Path(__file__).resolve().parents[2]
WORKER = "export_worker"
# A worker that says when it has come to a place, and stays there until it is killed.
PROGRAM = """
import sys, time
import django
django.setup()
from django.conf import settings
settings.MEDIA_ROOT = sys.argv[1]
from django.core.files.storage import default_storage
from django_tenants.utils import schema_context
from accounts import exporting, privacy
def stay(*_):
    print("here", flush=True)
    time.sleep(600)
if sys.argv[4] == "gathering":
    privacy.register(privacy.Section("slow", "Langsam", export=stay))
else:
    exporting._mail = stay
with schema_context(sys.argv[2]):
    exporting.pack(int(sys.argv[3]))
"""


@pytest.fixture
def export(fresh_tenant):
    return DataExport.objects.create(user=CustomerFactory())


@contextmanager
def worker_at(place, export):
    """A real worker that has come to a place of its work; it is killed at the end."""
    values = [str(settings.MEDIA_ROOT), connection.schema_name, str(export.pk), place]
    worker = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *values],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(WORKER)},
        stdout=subprocess.PIPE,
    )
    try:
        assert worker.stdout.readline() == b"here\n"
        yield
    finally:
        worker.kill()
        assert worker.wait() == -signal.SIGKILL
        worker.stdout.close()
        deadline = time.monotonic() + PATIENCE
        while sessions_of_the_worker():
            # The database lets go of what it had locked.
            assert time.monotonic() < deadline
            time.sleep(0.01)


def files():
    folder = Path(default_storage.path("exports"))
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def sessions_of_the_worker():
    """The starts of the transactions it is in; None for a session that is in none."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Tests that run beside this one may have such a worker too, in a database of their own.
            "SELECT xact_start FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [WORKER],
        )
        return [row[0] for row in cursor.fetchall()]


def told(user):
    return [one.subject for one in mail.outbox if one.to == [user.email]]


def test_packing_holds_no_transaction_while_it_gathers(export):
    with worker_at("gathering", export):
        assert sessions_of_the_worker() == [None]


def test_while_one_worker_packs_another_leaves_it_alone(export):
    with worker_at("gathering", export):
        exporting.pack(export.pk)

        export.refresh_from_db()
        assert (export.tries, export.ready_at) == (1, None)


@pytest.mark.parametrize("place", ["gathering", "storing"])
def test_what_a_killed_worker_left_is_packed_anew_and_nothing_of_it_stays(export, place):
    with worker_at(place, export):
        pass
    export.refresh_from_db()
    assert (export.tries, export.ready_at) == (1, None)

    with time_machine.travel(now() + exporting.CLAIM_LASTS + timedelta(seconds=1)):
        exporting.pack(export.pk)

    export.refresh_from_db()
    assert (export.tries, export.ready_at is None) == (2, False)
    assert files() == [export.path.partition("/")[2]]
    with default_storage.open(export.path) as packed, zipfile.ZipFile(packed) as archive:
        assert "account.json" in archive.namelist()
    assert len(told(export.user)) == 1


def test_three_killed_workers_are_enough_and_leave_nothing(export):
    DataExport.objects.update(tries=exporting.MOST_TRIES - 1)
    with worker_at("storing", export):
        pass

    with time_machine.travel(now() + exporting.CLAIM_LASTS + timedelta(seconds=1)):
        exporting.pack(export.pk)

    assert exporting.failed(export.user) == export
    assert files() == []


def test_whoever_looks_at_an_export_while_it_is_stored_costs_no_try(export, monkeypatch):
    packing, looked = threading.Event(), threading.Event()

    def slowly(_user):
        packing.set()
        looked.wait(PATIENCE)

    monkeypatch.setattr(privacy, "_sections", dict(privacy._sections))
    privacy.register(Section("slow", "Langsam", export=slowly))

    with Side(connection.tenant) as side:
        done = side.run(exporting.pack, export.pk)
        assert packing.wait(PATIENCE)
        with transaction.atomic():
            # As a task does that was sent twice.
            DataExport.objects.select_for_update().get(pk=export.pk)
            looked.set()
            wait_for_a_lock()
        done.result(PATIENCE)

    export.refresh_from_db()
    assert (export.tries, export.ready_at is None) == (1, False)


def test_an_account_that_ends_after_its_worker_was_killed_leaves_no_archive(export):
    with worker_at("storing", export):
        pass

    erasing.erase(export.user)

    assert not DataExport.objects.exists()
    assert files() == []


def test_an_account_that_ends_while_its_data_is_packed_leaves_no_archive(export, monkeypatch):
    packing, erased = threading.Event(), threading.Event()

    def slowly(_user):
        packing.set()
        erased.wait(PATIENCE)

    monkeypatch.setattr(privacy, "_sections", dict(privacy._sections))
    privacy.register(Section("slow", "Langsam", export=slowly))

    with Side(connection.tenant) as side:
        done = side.run(exporting.pack, export.pk)
        assert packing.wait(PATIENCE)
        # Nobody who leaves has to wait for years of files.
        erasing.erase(export.user)
        erased.set()
        done.result(PATIENCE)

    assert not DataExport.objects.exists()
    assert files() == []
    assert told(export.user) == []
