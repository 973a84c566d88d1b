"""Invoices, their PDFs and the page on which a tier is booked: `script/bench billing`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from psycopg2.extras import execute_values

from benchmarks import scratch
from benchmarks.queue_page import CUSTOMERS, EVERY, TICKETS
from benchmarks.scratch import Row

if TYPE_CHECKING:
    from accounts.models import Organisation

ORGANISATIONS, PDFS = 10_000, 200
FEW, MANY, OTHERS = 3, 5_000, 20_000
HOST = "bench.localhost"

# Each had three tiers one after another, in the month that is billed.
ADDRESSED = """
INSERT INTO accounts_organisation (name, created_at)
SELECT 'Teehaus ' || n || ' GmbH', now() FROM generate_series(1, %(count)s) n;
INSERT INTO billing_billingaddress (organisation_id, name, street, postcode, city, country, vat_id,
    contact, email, reference, changed_at)
SELECT id, name, 'Speicherstraße ' || id, '20457', 'Hamburg', 'DE', '', 'Anna Berg',
    'rechnung' || id || '@bench.example', '', now()
FROM accounts_organisation WHERE name LIKE 'Teehaus %%';
"""
BOOKED = """
INSERT INTO billing_subscription (organisation_id, tier_id, started_at, ended_at)
SELECT organisation.id, tier.id,
    %(start)s + part * interval '9 days' + organisation.id %% 86400 * interval '1 second',
    CASE WHEN part < 2 THEN
        %(start)s + (part + 1) * interval '9 days' + organisation.id %% 86400 * interval '1 second'
    END
FROM accounts_organisation AS organisation CROSS JOIN generate_series(0, 2) AS parts (part)
JOIN sla_supporttier AS tier ON tier.name = (ARRAY['Bronze', 'Silber', 'Gold'])[part + 1]
WHERE organisation.name LIKE 'Teehaus %%';
"""
# The rows themselves, in a table with the same indexes and nothing to watch over them.
PLAIN = "CREATE TABLE plain_invoice (LIKE billing_invoice INCLUDING ALL)"
JSON = ("supplier", "customer", "lines", "taxes")
# Tickets of many others become those of one organisation.
OF_ONE = """
UPDATE tickets_ticket SET organisation_id = %(organisation)s
WHERE id IN (SELECT id FROM tickets_ticket WHERE organisation_id <> %(organisation)s
             ORDER BY opened_at DESC LIMIT %(count)s)
"""


def measure() -> Iterator[Row]:
    """Measure in this process, in a database that is made for it; takes a minute."""
    scratch.set_up()
    with scratch.database():
        yield from _measure()


def _measure() -> Iterator[Row]:
    from django.db import connection

    from sla.models import CalendarVersion

    connection.set_tenant(scratch.tenant())
    # The tenant is no newcomer: its business hours have been in force for long.
    CalendarVersion.objects.update(valid_from="2020-01-01T00:00Z")
    yield from _invoices()
    yield from _pdfs()
    yield from _page()


# The run.


def _invoices() -> Iterator[Row]:
    from billing.models import Invoice

    month = _fill()
    before = _memory()
    rate, tenth, after = _run(month)
    plain = _plainly()
    if Invoice.objects.filter(month=month).count() != ORGANISATIONS:
        raise RuntimeError("Not everybody was billed.")
    name = f"invoice run, {ORGANISATIONS:,} organisations with three changes"
    beside = f"aim ≥ 300; machine {plain:,.0f} (the same rows by psycopg2), {rate / plain:.2f}×"
    yield Row(name, rate, "invoices/s", beside)
    grown = f"aim: flat; {tenth - before:.1f} MB in the first tenth, of which are the caches"
    yield Row("… memory that its last nine tenths added", after - tenth, "MB", grown)


def _fill() -> date:
    """Customers with addresses and bookings in the month before this one; returns its first day."""
    from django.db import connection

    from billing import prices
    from billing.accounting import midnight, month_before
    from billing.models import Supplier
    from sla.tiers import zone

    month = month_before(prices.this_month())
    _supplier(Supplier)
    start: datetime = midnight(month, zone())
    with connection.cursor() as cursor:
        cursor.execute(ADDRESSED, {"count": ORGANISATIONS})
        cursor.execute(BOOKED, {"start": start})
        cursor.execute("VACUUM ANALYZE")
    return month


def _supplier(model: Any) -> None:
    model.objects.create(
        pk=1,
        name="Bench GmbH",
        street="Domplatz 2",
        postcode="50667",
        city="Köln",
        vat_id="DE136695976",
        tax_number="5133081508159",
        iban="DE89370400440532013000",
        contact_email="rechnung@bench.example",
        register="Amtsgericht Köln HRB 12345",
    )


def _run(month: date) -> tuple[float, float, float]:
    """Bill everybody; returns invoices a second, and the MB in use after a tenth and at the end."""
    from billing import drafts, invoicing

    run = invoicing.start(month)
    begun = perf_counter()
    wanted, after, last = drafts.Month(month), 0, None
    tenth = 0.0
    while (last := invoicing._write_batch(run.pk, wanted, after)) is not None:
        after = last
        run.refresh_from_db(fields=["done"])
        if not tenth and run.done >= ORGANISATIONS / 10:
            tenth = _memory()
    seconds = perf_counter() - begun
    return ORGANISATIONS / seconds, tenth, _memory()


def _plainly() -> float:
    """How many of the same rows a second psycopg2 inserts, in as many transactions as the run."""
    from django.db import connection

    from billing.invoicing import BATCH
    from billing.models import Invoice

    columns = [field.column for field in Invoice._meta.concrete_fields]
    read = ", ".join(f"{name}::text" if name in JSON else name for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(PLAIN)
        cursor.execute(f"SELECT {read} FROM billing_invoice ORDER BY id")
        rows = cursor.fetchall()
    insert = f"INSERT INTO plain_invoice ({', '.join(columns)}) VALUES %s"
    with scratch.plain(connection.schema_name) as plain:
        begun = perf_counter()
        for first in range(0, len(rows), BATCH):
            with plain, plain.cursor() as cursor:
                execute_values(cursor, insert, rows[first : first + BATCH], page_size=BATCH)
        return len(rows) / (perf_counter() - begun)


def _memory() -> float:
    """What this process holds in memory right now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# The PDFs.


def _pdfs() -> Iterator[Row]:
    from billing import mailing, pdf
    from billing.models import Invoice

    invoices = list(Invoice.objects.order_by("sequence")[: PDFS + 1])
    pdf.render(invoices.pop())
    begun = perf_counter()
    size = sum(len(pdf.render(invoice)) for invoice in invoices)
    seconds = perf_counter() - begun
    beside = f"aim ≥ 20; {size / PDFS / 1000:.0f} kB each"
    yield Row("PDFs of invoices, one process", PDFS / seconds, "PDFs/s", beside)
    begun = time.monotonic()
    mailing.mail_due(until=begun + 10)
    mailed = Invoice.objects.exclude(pdf_sha256="").count()
    rate = mailed / (time.monotonic() - begun)
    yield Row("… made, kept and mailed", rate, "invoices/s", "file, outbox and all")


# The page.


def _page() -> Iterator[Row]:
    from django.db import connection

    from accounts.models import Organisation

    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS)
        cursor.execute(TICKETS, {"count": OTHERS, "every": EVERY})
    organisation = Organisation.objects.open("Teehaus Süd GmbH")
    ask = _booking_page(organisation)
    for count in (FEW, MANY):
        with connection.cursor() as cursor:
            cursor.execute(OF_ONE, {"organisation": organisation.pk, "count": count})
            cursor.execute("VACUUM ANALYZE tickets_ticket, sla_promise")
        queries, (p50, p95) = scratch.queries(ask), scratch.times(ask)
        name = f"booking page, Gold chosen, {count:,} open tickets"
        yield Row(name, p50, "ms", f"p95 {p95:.1f} ms; {queries} SQL queries (aim ≤ 12)")


def _booking_page(organisation: Organisation) -> Callable[[], bytes]:
    """The page as the organisation's own administrator sees it, Gold chosen."""
    from allauth.account.models import EmailAddress
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from accounts.models import Membership, User
    from sla.models import SupportTier

    admin = User.objects.create_customer("anna@bench.example", "Anna", organisation=organisation)
    admin.join(organisation, Membership.Role.ADMIN)
    EmailAddress.objects.create(user=admin, email=admin.email, verified=True, primary=True)
    browser = Client(headers={"host": HOST})
    browser.force_login(admin)
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={browser.cookies[name].value}"
    gold = SupportTier.objects.get(name="Gold")
    ask = scratch.page(HOST, cookie, reverse("portal:modules"), f"level={gold.pk}")

    def read() -> bytes:
        page = ask()
        if b'name="seen"' not in page:
            raise RuntimeError("The page offers nothing to book.")
        return page

    return read
