"""The row that says when to look at a tenant next: never later than what is there to be done."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.timezone import now
from django_tenants.utils import tenant_context

from channels.models import SystemMail
from tenants import wakeups
from tenants.acts import act
from tenants.models import Tenant, Wakeup

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTBOX = Wakeup.Kind.OUTBOX


def next_at(kind=OUTBOX):
    return Wakeup.objects.get(schema_name=connection.schema_name, kind=kind).next_at


def lower(*moments, kind=OUTBOX):
    with act():
        for moment in moments:
            wakeups.ask(kind, moment)


@pytest.fixture(autouse=True)
def _no_rows(request):
    if "tenant" in request.fixturenames:
        request.getfixturevalue("tenant")
        Wakeup.objects.all().delete()


def test_the_earliest_moment_asked_for_is_written(tenant):
    lower(NOON + HOUR, NOON, NOON + 2 * HOUR)

    assert next_at() == NOON


def test_a_writer_only_ever_lowers(tenant):
    lower(NOON)
    lower(NOON + HOUR)
    assert next_at() == NOON

    lower(NOON - HOUR)
    assert next_at() == NOON - HOUR


def test_a_settled_row_without_a_moment_is_lowered_too(tenant):
    lower(NOON)
    wakeups.settle(OUTBOX, lambda: None)
    assert next_at() is None

    lower(NOON)
    assert next_at() == NOON


def test_kinds_and_tenants_have_rows_of_their_own(tenant, other_tenant):
    lower(NOON)
    lower(NOON + HOUR, kind=Wakeup.Kind.INBOX)
    with tenant_context(other_tenant):
        lower(NOON - HOUR)

    assert (next_at(), next_at(Wakeup.Kind.INBOX)) == (NOON, NOON + HOUR)


def test_asking_outside_an_act_is_a_mistake(tenant):
    with pytest.raises(wakeups.OutsideActError):
        wakeups.ask(OUTBOX, NOON)


def test_due_tenants_come_most_urgent_first_each_in_its_schema(tenant, other_tenant):
    lower(now() - HOUR)
    with tenant_context(other_tenant):
        lower(now() - 2 * HOUR)
        lower(now() + HOUR, kind=Wakeup.Kind.INBOX)

    visited = [
        (due, connection.schema_name, connection.tenant) for due in wakeups.due_tenants(OUTBOX)
    ]

    assert visited == [
        (other_tenant, other_tenant.schema_name, other_tenant),
        (tenant, tenant.schema_name, tenant),
    ]
    assert connection.schema_name == tenant.schema_name
    assert list(wakeups.due_tenants(Wakeup.Kind.INBOX)) == []


def test_suspended_and_vanished_tenants_are_not_visited(tenant, other_tenant):
    with tenant_context(other_tenant):
        lower(NOON)
    Tenant.objects.filter(pk=other_tenant.pk).update(status=Tenant.Status.SUSPENDED)
    Wakeup.objects.create(schema_name="t_gone00000000", kind=OUTBOX, next_at=NOON)

    assert list(wakeups.due_tenants(OUTBOX)) == []


def test_settling_writes_the_next_moment(tenant):
    lower(NOON)

    wakeups.settle(OUTBOX, lambda: NOON + HOUR)

    assert next_at() == NOON + HOUR


def test_settling_what_nobody_asked_for_does_nothing(tenant):
    wakeups.settle(OUTBOX, lambda: NOON)

    assert not Wakeup.objects.exists()


class Writer(threading.Thread):
    """Another connection: it stores a mail for NOON, lowers the row, and waits to commit."""

    def __init__(self, tenant, before_lowering=lambda: None):
        super().__init__()
        self.tenant, self.before_lowering = tenant, before_lowering
        self.has_lowered, self.may_commit = threading.Event(), threading.Event()

    def run(self):
        try:
            with tenant_context(self.tenant), transaction.atomic():
                SystemMail.objects.create(
                    recipient="anna@kunden.example", raw=b"", next_try_at=NOON
                )
                self.before_lowering()
                wakeups.write({(self.tenant.schema_name, OUTBOX): NOON})
                self.has_lowered.set()
                self.may_commit.wait(10)
        finally:
            connection.close()


@pytest.fixture
def quiet_tenant(fresh_tenant):
    SystemMail.objects.all().delete()
    return fresh_tenant


def test_the_sweep_waits_for_a_writer_and_then_reads_what_it_wrote(quiet_tenant):
    lower(NOON + HOUR)
    writer = Writer(quiet_tenant)
    writer.start()
    assert writer.has_lowered.wait(10)
    threading.Timer(0.5, writer.may_commit.set).start()

    wakeups.settle(OUTBOX, SystemMail.objects.next_moment)

    writer.join()
    assert next_at() == NOON


def test_a_writer_waits_for_the_sweep_and_lowers_after_it(quiet_tenant):
    lower(NOON + HOUR)
    sweep_has_the_row = threading.Event()
    writer = Writer(quiet_tenant, before_lowering=lambda: sweep_has_the_row.wait(10))
    writer.may_commit.set()
    writer.start()

    def earliest():
        sweep_has_the_row.set()
        writer.has_lowered.wait(0.5)
        return SystemMail.objects.next_moment()

    wakeups.settle(OUTBOX, earliest)

    writer.join()
    assert next_at() == NOON


def test_reading_before_locking_would_lose_the_moment(quiet_tenant):
    """The mistake that `settle` avoids: without it the two tests above would say nothing."""
    lower(NOON + HOUR)
    writer = Writer(quiet_tenant)
    writer.start()
    assert writer.has_lowered.wait(10)

    moment = SystemMail.objects.next_moment()
    writer.may_commit.set()
    writer.join()
    wakeups.settle(OUTBOX, lambda: moment)

    assert next_at() is None


def test_two_acts_never_wait_for_each_other_crosswise(quiet_tenant):
    kinds = [Wakeup.Kind.INBOX, OUTBOX]
    lower(NOON + HOUR), lower(NOON + HOUR, kind=Wakeup.Kind.INBOX)
    both_asked, failures = threading.Barrier(2), []

    def run(order):
        try:
            with tenant_context(quiet_tenant), act():
                for kind in order:
                    wakeups.ask(kind, NOON)
                both_asked.wait(10)
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=[order]) for order in (kinds, list(reversed(kinds)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert (next_at(), next_at(Wakeup.Kind.INBOX)) == (NOON, NOON)
