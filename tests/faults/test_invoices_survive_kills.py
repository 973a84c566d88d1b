"""However often the writers of invoices are killed: one invoice each, and numbers without a gap."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.faults.stack import SLUG, Stack, running_stack

ORGANISATIONS, ROUNDS, WRITERS = 900, 20, 8
# Every fourth has no address, every fifth owes nothing.
NO_ADDRESS, FREE = 4, 5
HEAD = f"""
import json, os, random, signal, sys, time
from datetime import date, datetime, timezone
import django
django.setup()
from django.db import connection, connections, transaction
from django_tenants.utils import tenant_context
from accounts.models import Organisation
from billing import invoicing
from billing.models import BillingAddress, Invoice, InvoiceRun, Subscription, Supplier
from sla.models import SupportTier
from tenants.models import Tenant
invoicing.enqueue = lambda *_args, **_more: None
MONTH = date(2026, 3, 1)
tenant = Tenant.objects.get(slug="{SLUG}")
"""
SEED = f"""
with tenant_context(tenant):
    Supplier.objects.create(pk=1, name="Probe GmbH", street="Domplatz 2", postcode="50667",
                            city="Köln", vat_id="DE136695976")
    made = Organisation.objects.bulk_create(
        Organisation(name=f"Kundin {{n}}") for n in range({ORGANISATIONS}))
    BillingAddress.objects.bulk_create(
        BillingAddress(organisation=one, name=one.name, street="Am Kai 1", postcode="20457",
                       city="Hamburg", email="rechnung@kunden.example")
        for n, one in enumerate(made) if n % {NO_ADDRESS})
    tiers = {{tier.name: tier for tier in SupportTier.objects.all()}}
    start, change = (datetime(2026, 3, day, 12, tzinfo=timezone.utc) for day in (1, 16))
    Subscription.objects.bulk_create(
        Subscription(organisation=one, tier=tiers["Bronze" if n % {FREE} else "Basis"],
                     started_at=start, ended_at=change)
        for n, one in enumerate(made))
    Subscription.objects.bulk_create(
        Subscription(organisation=one, tier=tiers["Gold"], started_at=change)
        for n, one in enumerate(made) if n % {FREE})
    invoicing.start(MONTH)
"""
# Real processes on connections of their own, forked because starting Django takes a second; each is
# killed at a moment of its own.
KILL = f"""
invoicing.BATCH = 7

def write():
    connection.set_tenant(tenant)
    invoicing.write_due(until=float("inf"))

def count():
    with tenant_context(tenant):
        return Invoice.objects.count()

def wait_for(number):
    end = time.monotonic() + 5
    while count() < number and time.monotonic() < end:
        time.sleep(0.002)

# What is loaded at first use is loaded once, before the forks.
with tenant_context(tenant), transaction.atomic():
    invoicing.write_due(until=time.monotonic() + 0.1)
    transaction.set_rollback(True)
counts, killed = [count()], 0
chance = random.Random(4)
for _ in range({ROUNDS}):
    connections.close_all()
    writers = []
    for _ in range({WRITERS}):
        pid = os.fork()
        if not pid:
            write()
            os._exit(0)
        writers.append(pid)
    wait_for(counts[-1] + chance.randint(0, 15))
    for pid in chance.sample(writers, len(writers)):
        time.sleep(chance.uniform(0, 0.005))
        os.kill(pid, signal.SIGKILL)
    killed += sum(os.WIFSIGNALED(os.waitpid(pid, 0)[1]) for pid in writers)
    counts.append(count())
print(json.dumps([counts, killed]))
"""
FINISH = """
with tenant_context(tenant):
    assert invoicing.write_due(until=float("inf"))
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(settings.DATA_DIR) as stack:
        stack.python(HEAD + SEED)
        yield stack


def test_twenty_times_eight_killed_writers_leave_one_invoice_each_and_no_gap(stack):
    counts, killed = json.loads(stack.python(HEAD + KILL))
    stack.python(HEAD + FINISH)

    numbers = range(ORGANISATIONS)
    billed = [n for n in numbers if n % NO_ADDRESS and n % FREE]
    rows = stack.select(
        """
        SELECT year, sequence, number, organisation.name, net, vat, gross
        FROM billing_invoice JOIN accounts_organisation AS organisation
             ON organisation.id = organisation_id
        ORDER BY sequence
        """
    )
    year = rows[0][0]
    # They were all killed in the middle of it.
    assert killed == ROUNDS * WRITERS
    assert len({*counts}) > ROUNDS / 2
    assert 0 < counts[-1] < len(billed)
    assert [row[:3] for row in rows] == [
        (year, n, f"RE-{year}-{n:05}") for n in range(1, len(billed) + 1)
    ]
    assert sorted(row[3] for row in rows) == sorted(f"Kundin {n}" for n in billed)
    # 15 days of Bronze and 16 of Gold, exactly 39.645… net.
    assert {row[4:] for row in rows} == {(3965, 753, 4718)}
    ((done, total, held_back, is_finished),) = stack.select(
        "SELECT done, total, jsonb_array_length(held_back), finished_at IS NOT NULL"
        " FROM billing_invoicerun"
    )
    assert (done, total, is_finished) == (ORGANISATIONS, ORGANISATIONS, True)
    assert held_back == len([n for n in numbers if n % FREE and not n % NO_ADDRESS])
