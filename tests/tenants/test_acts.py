"""An act is one transaction, and lowers its wakeups as its last statement."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from accounts.models import Team
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
KIND = Wakeup.Kind.OUTBOX


@act()
def found_team(name, *, at=NOON, fail=False):
    wakeups.ask(KIND, at)
    if fail:
        Team.objects.create(name=name)
        raise OSError("The disk is full.")
    return Team.objects.create(name=name)


@pytest.fixture(autouse=True)
def _no_rows(tenant):
    Wakeup.objects.all().delete()


def test_the_wakeup_is_the_last_statement(tenant):
    with CaptureQueriesContext(connection) as queries:
        found_team("Nord")

    statements = [query["sql"].split()[0] for query in queries]
    # Sent often before, it is known to PostgreSQL by its name.
    assert statements[2] in {"INSERT", "EXECUTE"}
    assert statements == ["SAVEPOINT", "INSERT", statements[2], "RELEASE"]
    assert "wakeup" in queries[2]["sql"]


def test_what_fails_leaves_nothing(tenant):
    with pytest.raises(OSError, match="disk"):
        found_team("Nord", fail=True)

    assert not Team.objects.exists()
    assert not Wakeup.objects.exists()
    assert wakeups.pending.get() is None


def test_an_inner_act_fails_with_the_outer_one(tenant):
    @act()
    def found_teams():
        found_team("Nord")
        assert not Wakeup.objects.exists()
        raise OSError("The disk is full.")

    with pytest.raises(OSError, match="disk"):
        found_teams()

    assert not Team.objects.exists()
    assert not Wakeup.objects.exists()


def test_the_outermost_act_writes_what_all_asked_for(tenant):
    with act():
        found_team("Nord", at=NOON)
        found_team("Süd", at=NOON.replace(hour=9))

    assert Wakeup.objects.get().next_at == NOON.replace(hour=9)
    assert Team.objects.count() == 2


def test_the_outer_act_fails_with_an_inner_one(tenant):
    """Even when somebody catches the error: half an act is none."""

    @act()
    def found_teams():
        found_team("Nord")
        with suppress(OSError):
            found_team("Süd", fail=True)

    with pytest.raises(TransactionManagementError):
        found_teams()

    assert not Team.objects.exists()
    assert not Wakeup.objects.exists()


def test_an_act_inside_a_plain_transaction_writes_with_it(tenant):
    with transaction.atomic():
        found_team("Nord")

    assert Wakeup.objects.get().next_at == NOON


def test_each_call_is_an_act_of_its_own(tenant):
    found_team("Nord", at=NOON.replace(hour=9))
    Wakeup.objects.all().delete()

    found_team("Süd", at=NOON)

    assert Wakeup.objects.get().next_at == NOON
