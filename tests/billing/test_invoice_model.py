"""Invoices are final, and what became of them is not: the database sees to it (law 7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils.timezone import now

from billing import booking, settling
from billing.models import BillingEvent, Invoice, InvoiceRun
from tests.billing.arranging import admin_of, at, book, give_address, give_supplier, numbers, run
from tests.factories import organisation
from tests.sla.moments import TUESDAY

MARCH = date(2026, 3, 1)
IN_APRIL = "2026-04-01 01:00"
OTHER_VALUES = {
    "kind": "cancellation",
    "year": 2025,
    "sequence": 2,
    "number": "RE-2026-00002",
    "month": date(2026, 2, 1),
    "issued_on": date(2026, 4, 2),
    "due_on": date(2027, 4, 2),
    "currency": "USD",
    "is_gross": True,
    "net": 1,
    "vat": 1,
    "gross": 1,
    "supplier": {},
    "customer": {},
    "lines": [],
    "taxes": [],
    "language": "xx",
}


@pytest.fixture
def invoice(tenant):
    """Invoice number 1, of March."""
    give_supplier()
    book(admin_of(), "Gold", f"{TUESDAY} 09:00")
    with at(IN_APRIL):
        run(MARCH)
    return Invoice.objects.get()


def like(invoice, **changed):
    """A new document with the same content but for these values."""
    names = [
        one.attname
        for one in Invoice._meta.concrete_fields
        if not isinstance(one, models.AutoField)
    ]
    values = {name: getattr(invoice, name) for name in names}
    return Invoice(**{**values, "organisation_id": organisation("Andere").pk, **changed})


def refused(rule):
    """The database does not take it, by the rule of this name or with these words."""
    return pytest.raises(IntegrityError, match=rule)


# Final.


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_no_word_of_an_invoice_can_be_changed(invoice, field):
    with refused("is final"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**{field: OTHER_VALUES[field]})

    assert getattr(Invoice.objects.get(), field) == getattr(invoice, field)


@pytest.mark.parametrize("field", ["id", "organisation_id", "run_id", "made_at", "cancels_id"])
def test_nor_to_whom_it_belongs(invoice, field):
    values = {
        "id": invoice.pk + 1,
        "organisation_id": organisation("Andere").pk,
        "run_id": InvoiceRun.objects.create(month=date(2026, 2, 1)).pk,
        "made_at": now(),
        "cancels_id": invoice.pk,
    }

    with refused("is final"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**{field: values[field]})


def test_every_column_is_either_final_or_its_outcome():
    named = {*OTHER_VALUES, "id", "organisation", "run", "made_at", "cancels", *Invoice.OUTCOME}

    assert named == {field.name for field in Invoice._meta.concrete_fields}


def test_an_invoice_cannot_be_deleted(invoice):
    with refused("is final"), transaction.atomic():
        Invoice.objects.all()._raw_delete("default")
    with pytest.raises(models.ProtectedError):
        invoice.organisation.delete()

    assert Invoice.objects.count() == 1


def test_what_became_of_it_can_be_written_down(invoice):
    outcome = {
        "paid_on": date(2026, 4, 3),
        "cancelled_at": now(),
        "pdf_sha256": "a" * 64,
        "mailed_at": now(),
    }
    assert {*outcome} == {*Invoice.OUTCOME}

    Invoice.objects.filter(pk=invoice.pk).update(**outcome)

    assert Invoice.objects.filter(**outcome).count() == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"cancelled_at": now()}, {"cancelled_at": None}),
        ({"cancelled_at": now()}, {"cancelled_at": now() + timedelta(days=1)}),
        ({"pdf_sha256": "a" * 64}, {"pdf_sha256": ""}),
        ({"pdf_sha256": "a" * 64}, {"pdf_sha256": "b" * 64}),
    ],
)
def test_a_cancellation_and_the_pdf_that_was_sent_stay(invoice, first, then):
    Invoice.objects.update(**first)

    with refused("is final"), transaction.atomic():
        Invoice.objects.update(**then)


# Numbered without a gap.


@pytest.mark.parametrize("sequence", [0, 1, 3, 100])
def test_a_number_that_is_not_the_next_one_is_refused(invoice, sequence):
    with refused("does not follow"), transaction.atomic():
        like(invoice, sequence=sequence, number=f"X-{sequence}").save()

    assert numbers() == ["RE-2026-00001"]


def test_the_next_number_is_taken(invoice):
    like(invoice, sequence=2, number="RE-2026-00002").save()

    assert numbers() == ["RE-2026-00001", "RE-2026-00002"]


def test_each_year_begins_with_one(invoice):
    with refused("does not follow"), transaction.atomic():
        like(invoice, year=2027, sequence=2, number="RE-2027-00002").save()

    like(invoice, year=2027, sequence=1, number="RE-2027-00001").save()
    assert numbers() == ["RE-2026-00001", "RE-2027-00001"]


def test_many_rows_of_one_statement_follow_each_other(invoice):
    def rows(sequences):
        return [
            like(invoice, sequence=n, number=f"RE-{n}", organisation_id=organisation(f"Nr {n}").pk)
            for n in sequences
        ]

    with refused("does not follow"), transaction.atomic():
        Invoice.objects.bulk_create(rows([2, 4]))
    with refused("does not follow"), transaction.atomic():
        Invoice.objects.bulk_create(rows([3, 2]))

    Invoice.objects.bulk_create(rows([2, 3, 4]))
    assert list(Invoice.objects.all().numbers()) == [(2026, n) for n in (1, 2, 3, 4)]


def test_the_rule_is_that_of_the_schema_it_is_in(invoice, other_tenant):
    """Also when another schema comes first on the search path."""
    table = f"{connection.schema_name}.billing_invoice"
    names = ", ".join(one.column for one in Invoice._meta.concrete_fields if one.column != "id")
    given = names.replace("year,", "2030,").replace("sequence,", "2,").replace("number,", "'X',")
    with refused("does not follow"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL search_path = {other_tenant.schema_name}, public")
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {given} FROM {table}")


def test_a_month_has_one_invoice_in_force(invoice):
    same = {"sequence": 2, "number": "RE-2", "organisation_id": invoice.organisation_id}
    with refused("invoice_one_a_month"), transaction.atomic():
        like(invoice, **same).save()
    Invoice.objects.update(cancelled_at=now())

    like(invoice, **same).save()
    assert numbers() == ["RE-2026-00001", "RE-2"]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"gross": 1}, "invoice_adds_up"),
        ({"kind": "cancellation"}, "invoice_cancellation_names_one"),
        ({"cancels": True}, "invoice_cancellation_names_one"),
    ],
    ids=str,
)
def test_a_document_that_does_not_add_up_is_refused(invoice, changed, rule):
    if "cancels" in changed:
        changed = {"cancels_id": invoice.pk}

    with refused(rule), transaction.atomic():
        like(invoice, sequence=2, number="RE-2", **changed).save()


# Cancelled, paid, open, overdue.


def test_a_cancellation_is_a_document_of_its_own_with_the_next_number(invoice, admin):
    with at("2026-04-03 10:00"):
        written = settling.cancel(invoice, by=admin)

    stored = Invoice.objects.get(pk=written.pk)
    invoice.refresh_from_db()
    assert (stored.number, stored.kind, stored.cancels) == (
        "RE-2026-00002",
        Invoice.Kind.CANCELLATION,
        invoice,
    )
    assert (stored.net, stored.vat, stored.gross) == (-invoice.net, -invoice.vat, -invoice.gross)
    assert stored.issued_on == date(2026, 4, 3)
    assert [line["cents"] for line in stored.lines] == [-one["cents"] for one in invoice.lines]
    assert (stored.supplier, stored.customer) == (invoice.supplier, invoice.customer)
    assert invoice.cancelled_at is not None
    assert not invoice.is_open


def test_a_new_invoice_after_a_cancellation_has_the_addresses_of_now(invoice, admin):
    address = invoice.organisation.billing_address
    address.street = "Am Sandtorkai 5"
    address.save()
    give_supplier(street="Neumarkt 1")
    with at("2026-04-03 10:00"):
        settling.cancel(invoice, by=admin, is_reissued=True)

    new = Invoice.objects.in_force().get()
    assert (new.number, new.month, new.run) == ("RE-2026-00003", MARCH, invoice.run)
    assert new.customer["street"] == "Am Sandtorkai 5"
    assert new.supplier["street"] == "Neumarkt 1"
    assert (new.lines, new.gross) == (invoice.lines, invoice.gross)
    assert (new.issued_on, new.due_on) == (date(2026, 4, 3), date(2026, 4, 17))


def test_nothing_is_cancelled_for_a_new_one_that_would_lack_something(invoice, admin):
    give_supplier(vat_id="")

    with at("2026-04-03 10:00"), pytest.raises(settling.BlockedError):
        settling.cancel(invoice, by=admin, is_reissued=True)

    assert Invoice.objects.in_force().get() == invoice


def test_what_is_cancelled_cannot_be_cancelled_again_nor_paid(invoice, admin):
    with at("2026-04-03 10:00"):
        written = settling.cancel(invoice, by=admin)
        for document in (invoice, written):
            with pytest.raises(settling.NotInForceError):
                settling.cancel(document, by=admin)
            with pytest.raises(settling.NotInForceError):
                settling.mark_paid(document, on=date(2026, 4, 3), by=admin)

    assert Invoice.objects.count() == 2


def test_paid_and_not_paid_after_all_are_in_the_history(invoice, admin):
    with at("2026-04-20 10:00"):
        settling.mark_paid(invoice, on=date(2026, 4, 18), by=admin)
        settling.mark_paid(invoice, on=date(2026, 4, 18), by=admin)
        paid = Invoice.objects.paid().get().paid_on
        settling.mark_paid(invoice, on=None, by=admin)

    lines = booking.history(invoice.organisation)
    assert paid == date(2026, 4, 18)
    assert Invoice.objects.open().get() == invoice
    assert [(one.kind, one.invoice, one.by, one.is_by_tenant) for one in lines[:2]] == [
        (BillingEvent.Kind.UNPAID, invoice, admin, True),
        (BillingEvent.Kind.PAID, invoice, admin, True),
    ]
    assert [one.kind for one in lines].count(BillingEvent.Kind.PAID) == 1


def test_nothing_is_paid_on_a_day_to_come(invoice, admin):
    with at("2026-04-20 23:59"), pytest.raises(settling.LaterError):
        settling.mark_paid(invoice, on=date(2026, 4, 21), by=admin)

    assert Invoice.objects.get().paid_on is None


@pytest.mark.parametrize(
    ("today", "overdue"), [(date(2026, 4, 15), False), (date(2026, 4, 16), True)]
)
def test_an_invoice_is_overdue_from_the_day_after_it_was_due(invoice, today, overdue):
    assert invoice.due_on == date(2026, 4, 15)
    assert invoice.is_overdue(today) == overdue
    assert Invoice.objects.overdue(today).exists() == overdue


def test_what_is_paid_or_cancelled_is_never_overdue(invoice, admin):
    with at("2026-04-03 10:00"):
        settling.mark_paid(invoice, on=date(2026, 4, 3), by=admin)
        assert not Invoice.objects.overdue(date(2027, 1, 1)).exists()
        settling.mark_paid(invoice, on=None, by=admin)
        settling.cancel(invoice, by=admin)

    assert not Invoice.objects.overdue(date(2027, 1, 1)).exists()
    assert not Invoice.objects.paid().exists()
    assert list(Invoice.objects.values_list("number", flat=True).order_by("sequence")) == numbers()


def test_what_is_paid_is_not_cancelled_before_the_payment_is_taken_back(invoice, admin):
    with at("2026-04-03 10:00"):
        settling.mark_paid(invoice, on=date(2026, 4, 3), by=admin)
        with pytest.raises(settling.PaidError):
            settling.cancel(invoice, by=admin)

    assert Invoice.objects.paid().get() == invoice


def test_a_new_invoice_can_follow_later_and_only_once(invoice, admin):
    with at("2026-04-03 10:00"):
        with pytest.raises(settling.NotInForceError):
            settling.write_anew(invoice, by=admin)
        settling.cancel(invoice, by=admin)
        invoice.refresh_from_db()
        new = settling.write_anew(invoice, by=admin)
        with pytest.raises(settling.NotInForceError):
            settling.write_anew(invoice, by=admin)

    assert list(Invoice.objects.in_force()) == [new]
    assert (new.month, new.gross) == (invoice.month, invoice.gross)
    assert numbers() == ["RE-2026-00001", "RE-2026-00002", "RE-2026-00003"]


def test_a_new_invoice_needs_an_address_still(invoice, admin):
    invoice.organisation.billing_address.delete()
    with at("2026-04-03 10:00"):
        settling.cancel(invoice, by=admin, is_reissued=True)

    assert [one.kind for one in Invoice.objects.order_by("sequence")] == ["invoice", "cancellation"]
    give_address(invoice.organisation)
