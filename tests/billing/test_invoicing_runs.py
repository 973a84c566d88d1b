"""A run of invoices that is repeated, resumed, held back, blocked, late or far away."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from billing import addresses, drafts, invoicing, settling
from billing.models import BillingAddress, Invoice, InvoiceRun, PriceList, Supplier
from tests.billing.arranging import (
    FOR_EVER,
    admin_of,
    at,
    book,
    cancel,
    give_address,
    give_supplier,
    live_in,
    mails,
    run,
    text_of,
)
from tests.factories import AdminFactory
from tests.sla.moments import TUESDAY, WEDNESDAY

MARCH = date(2026, 3, 1)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
IN_APRIL = "2026-04-01 01:00"


@pytest.fixture
def supplier(tenant):
    return give_supplier()


@pytest.fixture
def gold(anna, supplier):
    book(anna, "Gold", f"{TUESDAY} 09:00")
    return anna


def billed(month=MARCH):
    """Who was billed what for a month, in the order of the numbers: (name, cents gross)."""
    found = Invoice.objects.bills().filter(month=month).order_by("year", "sequence")
    return [(one.organisation.name, one.gross) for one in found.select_related("organisation")]


def test_a_run_in_batches_bills_each_once(supplier, monkeypatch):
    monkeypatch.setattr(invoicing, "BATCH", 3)
    for n in range(10):
        one = admin_of(f"Teehaus {n}")
        if n != 7:
            book(one, "Gold", f"{TUESDAY} 10:00")
    BillingAddress.objects.filter(name__in=["Teehaus 0", "Teehaus 8"]).delete()

    with at(IN_APRIL):
        done = run(MARCH)

    assert [name for name, _gross in billed()] == [f"Teehaus {n}" for n in (1, 2, 3, 4, 5, 6, 9)]
    assert (done.total, done.done, len(done.held_back)) == (9, 9, 2)


def test_a_repeated_run_writes_no_second_invoice(gold):
    with at(IN_APRIL):
        run(MARCH)
        before = list(Invoice.objects.values())
        again = run(MARCH)

    assert list(Invoice.objects.values()) == before
    assert (InvoiceRun.objects.count(), again.total, again.done) == (1, 0, 0)


def test_a_run_that_is_out_of_time_is_resumed(gold, monkeypatch):
    monkeypatch.setattr(invoicing, "BATCH", 2)
    for n in range(5):
        book(admin_of(f"Kaffee {n}"), "Bronze", f"{TUESDAY} 10:00")
    clock = iter(range(100))
    monkeypatch.setattr(invoicing.time, "monotonic", lambda: next(clock))
    with at(IN_APRIL):
        started = invoicing.start(MARCH)
        finished = [invoicing.write(started, until=2), invoicing.write_due(until=50)]

    started.refresh_from_db()
    assert finished == [False, True]
    assert len(billed()) == 6
    assert (started.total, started.done) == (6, 6)


def test_a_run_that_is_resumed_counts_nobody_twice(gold, monkeypatch):
    """Those without an address or anything to pay are looked at again, and are not more for it."""
    monkeypatch.setattr(invoicing, "BATCH", 1)
    BillingAddress.objects.all().delete()
    for n in range(2):
        book(admin_of(f"Kaffee {n}"), "Bronze", f"{TUESDAY} 10:00")
    clock = iter(range(100))
    monkeypatch.setattr(invoicing.time, "monotonic", lambda: next(clock))
    with at(IN_APRIL):
        started = invoicing.start(MARCH)
        invoicing.write(started, until=2)
        invoicing.write(started, until=50)

    started.refresh_from_db()
    assert (started.total, started.done) == (3, 3)
    assert started.held_back == [[gold.organisation.pk, "address"]]


def test_an_invoice_that_was_cancelled_is_not_written_again_by_a_run(gold, admin):
    with at(IN_APRIL):
        run(MARCH)
        settling.cancel(Invoice.objects.get(), by=admin)
        run(MARCH)

    assert list(Invoice.objects.values_list("kind", flat=True)) == ["invoice", "cancellation"]


def test_a_month_that_is_not_over_cannot_be_run(gold):
    for moment in ("2026-03-31 23:59", "2026-04-01 00:59:59"):
        with at(moment), pytest.raises(invoicing.NotOverError):
            invoicing.start(MARCH)

    assert InvoiceRun.objects.count() == 0


def test_a_draft_of_the_running_month_says_what_it_would_be(gold):
    with at(f"{WEDNESDAY} 12:00"):
        month = drafts.Month(MARCH)
        (draft,) = month.drafts(month.organisations(), until=datetime(2026, 3, 11, 11, tzinfo=UTC))
        (whole,) = month.drafts(month.organisations())

    assert (draft.account.net, whole.account.net) == (381, 4187)
    assert Invoice.objects.count() == 0


# Held back, blocked.


def test_who_has_no_address_is_held_back_and_written_when_repeated(gold):
    BillingAddress.objects.all().delete()
    with at(IN_APRIL):
        held = run(MARCH)
        give_address(gold.organisation)
        done = run(MARCH)

    assert held.held_back == [[gold.organisation.pk, "address"]]
    assert held.finished_at is not None
    assert done.held_back == []
    assert len(billed()) == 1


def test_who_was_held_back_is_billed_as_soon_as_their_address_is_there(gold):
    address = BillingAddress.objects.get()
    BillingAddress.objects.all().delete()
    with at(IN_APRIL):
        run(MARCH)
        addresses.save_address(address, by=gold)
        invoicing.start_due()
        invoicing.write_due(until=FOR_EVER)

    assert [name for name, _gross in billed()] == [gold.organisation.name]
    assert InvoiceRun.objects.get().held_back == []


@pytest.mark.parametrize("lacking", ["name", "street", "postcode", "city", "vat_id"])
def test_without_what_the_law_asks_of_a_supplier_nothing_is_written(gold, lacking):
    give_supplier(**{lacking: ""})
    with at(IN_APRIL):
        started = run(MARCH)

    assert (started.blocked, started.finished_at) == ("supplier", None)
    assert Invoice.objects.count() == 0


@pytest.mark.parametrize(("tax_number", "vat_id"), [("5133081508159", ""), ("", "DE136695976")])
def test_one_of_both_tax_numbers_is_enough(gold, tax_number, vat_id):
    give_supplier(tax_number=tax_number, vat_id=vat_id)
    with at(IN_APRIL):
        assert run(MARCH).blocked == ""


def test_a_blocked_run_tells_the_tenants_admins_once_and_goes_on_by_itself(anna, admin):
    book(anna, "Gold", f"{TUESDAY} 09:00")
    admin.language = "en"
    admin.save()
    with at(IN_APRIL):
        for _ in range(3):
            invoicing.start_due()
            assert invoicing.write_due(until=FOR_EVER)
        blocked = InvoiceRun.objects.get().blocked
        give_supplier()
        addresses.save_supplier(Supplier.current())
        invoicing.start_due()
        assert invoicing.write_due(until=FOR_EVER)

    assert blocked == "supplier"
    (mail,) = mails(admin)
    assert mail["Subject"] == "The invoices for March 2026 wait for you"
    assert "/desk/" in text_of(mail)
    assert InvoiceRun.objects.get().blocked == ""
    assert len(billed()) == 1


def test_a_rate_of_nothing_needs_its_reason(gold):
    PriceList.objects.update(vat_rate=0)
    with at(IN_APRIL):
        blocked = run(MARCH).blocked
        give_supplier(exemption="Kein Ausweis von USt (§ 19 UStG)")
        addresses.save_supplier(Supplier.current())
        invoicing.start_due()
        assert invoicing.write_due(until=FOR_EVER)

    assert blocked == "exemption"
    invoice = Invoice.objects.get()
    assert (invoice.net, invoice.vat, invoice.gross) == (4187, 0, 4187)
    assert invoice.supplier["exemption"] == "Kein Ausweis von USt (§ 19 UStG)"


def test_a_supplier_that_loses_its_address_during_a_run_writes_no_more(gold, admin):
    with at(IN_APRIL):
        started = invoicing.start(MARCH)
        give_supplier(street="")
        invoicing.write_due(until=FOR_EVER)

    started.refresh_from_db()
    assert (started.blocked, started.finished_at) == ("supplier", None)
    assert Invoice.objects.count() == 0


# Late, and far away.


def test_after_a_long_downtime_every_month_gets_its_invoices(gold):
    with at("2026-07-15 12:00"):
        invoicing.start_due()
        assert invoicing.write_due(until=FOR_EVER)

    months = Invoice.objects.order_by("sequence").values_list("month", flat=True)
    assert list(months) == [date(2026, month, 1) for month in (3, 4, 5, 6)]
    assert set(Invoice.objects.values_list("issued_on", flat=True)) == {date(2026, 7, 15)}


def test_months_without_bookings_have_no_run(gold):
    cancel(gold, "2026-03-20 10:00")
    book(gold, "Gold", "2026-06-10 10:00")
    with at("2026-07-15 12:00"):
        invoicing.start_due()

    months = InvoiceRun.objects.order_by("month").values_list("month__month", flat=True)
    assert list(months) == [3, 6]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("America/New_York", "2026-04-01T05:00"), ("Pacific/Auckland", "2026-03-31T12:00")],
)
def test_a_tenant_in_another_zone_is_billed_after_its_own_midnight(gold, zone, begins):
    live_in(zone)
    begins = datetime.fromisoformat(begins).replace(tzinfo=UTC)
    with time_machine.travel(begins.timestamp() - 1, tick=False):
        invoicing.start_due()
        assert InvoiceRun.objects.count() == 0
        assert invoicing.next_run() == begins
    with time_machine.travel(begins, tick=False):
        run(MARCH)

    assert Invoice.objects.get().issued_on == date(2026, 4, 1)


def test_only_the_tenants_admins_are_told_of_a_blocked_run(anna, agent, admin):
    gone = AdminFactory(is_active=False)
    book(anna, "Gold", f"{TUESDAY} 09:00")
    with at(IN_APRIL):
        invoicing.start(MARCH)

    assert len(mails(admin)) == 1
    assert mails(agent) == mails(gone) == []
    assert len(mails(anna)) == 1
