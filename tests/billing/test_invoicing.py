"""The invoices of a month: who gets one, what it says, and its number."""

from __future__ import annotations

from datetime import date

import pytest
from django_tenants.utils import tenant_context

from accounts.models import Membership
from billing import invoicing, settling
from billing.models import BillingAddress, Invoice, PriceList
from sla.changes import assign_tier
from tests.billing.arranging import (
    FOR_EVER,
    admin_of,
    at,
    book,
    cancel,
    colleague_of,
    give_supplier,
    new_prices,
    numbers,
    run,
)
from tests.factories import tier
from tests.sla.moments import TUESDAY

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


def test_everybody_with_something_to_pay_gets_one_invoice_and_nobody_else(gold):
    bronze, free, left = (admin_of(name) for name in ("Kaffee Süd", "Backhaus West", "Milch Ost"))
    given = admin_of("Obst Mitte")
    book(bronze, "Bronze", "2026-03-31 23:59")
    book(left, "Gold", f"{TUESDAY} 09:00")
    cancel(left, f"{TUESDAY} 09:30")
    assign_tier(given.organisation, tier("Gold"))
    late = admin_of("Zu spät")
    book(late, "Gold", "2026-04-01 00:00")

    with at(IN_APRIL):
        done = run(MARCH)

    # 22 days of Gold, a day of Bronze, a day of Gold.
    assert billed() == [("Teehaus Nord GmbH", 4983), ("Kaffee Süd", 73), ("Milch Ost", 226)]
    assert numbers() == ["RE-2026-00001", "RE-2026-00002", "RE-2026-00003"]
    assert (done.total, done.done, done.held_back, done.blocked) == (3, 3, [], "")
    assert done.finished_at is not None
    assert not Invoice.objects.filter(organisation__in=[free.organisation.pk]).exists()


def test_an_invoice_says_what_was_booked_and_when(anna, supplier):
    book(anna, "Bronze", "2026-10-05 12:00")
    book(anna, "Gold", "2026-11-23 09:30")
    with at("2026-12-01 01:00"):
        run(NOVEMBER)

    invoice = Invoice.objects.get(month=NOVEMBER)
    assert (invoice.net, invoice.vat, invoice.gross, invoice.is_gross) == (2967, 564, 3531, False)
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 12, 1), date(2026, 12, 15))
    assert invoice.taxes == [{"rate": 1900, "net": 2967, "vat": 564, "gross": 3531}]
    assert invoice.lines == [
        {
            "text": "Supportlevel Bronze",
            "tier": tier("Bronze").pk,
            "days": 22,
            "of": 30,
            "ranges": [["2026-11-01", "2026-11-22"]],
            "unit": 1900,
            "rate": 1900,
            "cents": 1394,
        },
        {
            "text": "Supportlevel Gold",
            "tier": tier("Gold").pk,
            "days": 8,
            "of": 30,
            "ranges": [["2026-11-23", "2026-11-30"]],
            "unit": 5900,
            "rate": 1900,
            "cents": 1573,
        },
    ]


def test_an_invoice_keeps_both_addresses_as_they_were(gold):
    with at(IN_APRIL):
        run(MARCH)
    before = Invoice.objects.get()
    give_supplier(name="Alpha SE", street="Neumarkt 1", tax_number="", iban="")
    BillingAddress.objects.update(name="Teehaus Süd AG", email="neu@teehaus.example")
    tier("Gold").__class__.objects.filter(name="Gold").update(name="Platin")

    invoice = Invoice.objects.get()

    assert (invoice.supplier, invoice.customer) == (before.supplier, before.customer)
    assert invoice.customer == {
        "name": "Teehaus Nord GmbH",
        "street": "Speicherstraße 1",
        "postcode": "20457",
        "city": "Hamburg",
        "country": "DE",
        "vat_id": "",
        "contact": "",
        "email": "rechnung@teehaus.example",
        "reference": "",
    }
    assert (invoice.supplier["name"], invoice.supplier["brand"]) == ("Alpha GmbH", "Alpha GmbH")
    assert (invoice.supplier["street"], invoice.supplier["vat_id"]) == ("Domplatz 2", "DE136695976")
    assert invoice.lines[0]["text"] == "Supportlevel Gold"


def test_the_prices_of_the_month_count_whatever_came_after(gold):
    new_prices(date(2026, 4, 1))
    with at("2026-05-01 01:00"):
        invoicing.start_due()
        assert invoicing.write_due(until=FOR_EVER)

    assert billed(MARCH) == [("Teehaus Nord GmbH", 4983)]
    assert billed(date(2026, 4, 1)) == [("Teehaus Nord GmbH", 8211)]


def test_gross_prices_are_billed_gross(gold):
    PriceList.objects.update(is_gross=True)
    with at(IN_APRIL):
        run(MARCH)

    invoice = Invoice.objects.get()
    assert (invoice.is_gross, invoice.net, invoice.vat, invoice.gross) == (True, 3518, 669, 4187)


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_invoice_is_in_the_language_of_the_first_admin_who_has_chosen_one(gold, language):
    bert, member = colleague_of(gold), colleague_of(gold, Membership.Role.MEMBER)
    for one, chosen in ((bert, language), (member, "de" if language == "en" else "en")):
        one.language = chosen
        one.save()

    with at(IN_APRIL):
        run(MARCH)

    invoice = Invoice.objects.get()
    assert invoice.language == language
    assert (
        invoice.lines[0]["text"]
        == {"de": "Supportlevel Gold", "en": "Support level Gold"}[language]
    )


# Numbers.


def test_the_invoices_of_december_are_numbered_in_the_new_year(gold):
    with at("2026-12-01 01:00"):
        run(NOVEMBER)
    with at("2027-01-01 01:00"):
        run(DECEMBER)

    assert numbers() == ["RE-2026-00001", "RE-2027-00001"]
    assert Invoice.objects.get(year=2027).issued_on == date(2027, 1, 1)


def test_numbers_go_on_from_month_to_month_with_cancellations_among_them(gold, admin):
    berta = admin_of("Kaffee Süd GmbH")
    book(berta, "Bronze", f"{TUESDAY} 10:00")
    with at(IN_APRIL):
        run(MARCH)
        settling.cancel(Invoice.objects.get(sequence=1), by=admin, is_reissued=True)
    with at("2026-05-01 01:00"):
        run(date(2026, 4, 1))

    found = Invoice.objects.order_by("sequence").values_list("sequence", "kind", "month__month")
    assert list(found) == [
        (1, "invoice", 3),
        (2, "invoice", 3),
        (3, "cancellation", 3),
        (4, "invoice", 3),
        (5, "invoice", 4),
        (6, "invoice", 4),
    ]


def test_a_new_prefix_goes_on_with_the_same_numbers(gold):
    with at(IN_APRIL):
        run(MARCH)
    give_supplier(number_prefix="AL-")
    with at("2026-05-01 01:00"):
        run(date(2026, 4, 1))

    assert numbers() == ["RE-2026-00001", "AL-2026-00002"]


def test_each_tenant_has_its_own_numbers(gold, other_tenant):
    with tenant_context(other_tenant):
        give_supplier()
        book(admin_of("Kaffee Süd GmbH"), "Bronze", f"{TUESDAY} 10:00")
    with at(IN_APRIL):
        run(MARCH)
        with tenant_context(other_tenant):
            assert numbers() == []
            run(MARCH)
            assert numbers() == ["RE-2026-00001"]
