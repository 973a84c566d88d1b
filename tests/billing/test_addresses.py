"""Both addresses as people type them: checked, made clean, and stored with their consequences."""

from __future__ import annotations

import pytest

from billing import addresses, booking
from billing.forms import AddressForm, SupplierForm
from billing.models import BillingAddress, BillingEvent, Supplier
from tests.billing.arranging import admin_of, give_address, give_supplier

ADDRESS = {
    "name": "Teehaus Nord GmbH",
    "contact": "",
    "street": "Speicherstraße 1",
    "postcode": "20457",
    "city": "Hamburg",
    "email": "rechnung@teehaus.example",
    "vat_id": "",
    "reference": "",
}
SUPPLIER = {
    "name": "Alpha GmbH",
    "street": "Domplatz 2",
    "postcode": "50667",
    "city": "Köln",
    "tax_number": "181/815/08155",
    "days_to_pay": "14",
    "number_prefix": "RE-",
    "notice_days": "30",
    "accent": "#0b6168",
}


def address_form(user, **typed):
    own = BillingAddress.objects.filter(organisation=user.organisation).first()
    instance = own or BillingAddress(organisation=user.organisation)
    return AddressForm({**ADDRESS, **typed}, instance=instance)


def supplier_form(**typed):
    return SupplierForm({**SUPPLIER, **typed}, instance=Supplier.current())


@pytest.mark.parametrize(
    ("field", "typed", "clean"),
    [
        ("name", "  Teehaus\t Nord  GmbH ", "Teehaus Nord GmbH"),
        ("name", "\u202eTee\ufeffhaus", "Teehaus"),
        ("postcode", " 20457 ", "20457"),
        ("vat_id", "DE 136 695 976", "DE136695976"),
        ("vat_id", "136695976", "DE136695976"),
        ("vat_id", "   ", ""),
        ("reference", "Best. 4711", "Best. 4711"),
    ],
)
def test_an_address_is_made_clean(anna, field, typed, clean):
    form = address_form(anna, **{field: typed})

    assert form.is_valid(), form.errors
    assert getattr(form.instance, field) == clean


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("street", "   "),
        ("postcode", "1234"),
        ("postcode", "١٢٣٤٥"),
        ("postcode", "A-1010"),
        ("city", ""),
        ("email", "niemand"),
        ("vat_id", "DE136695977"),
        ("vat_id", "ATU13585627"),
        ("vat_id", "DE136695976" * 9),
        ("name", "N" * 201),
    ],
)
def test_an_address_that_no_invoice_can_have_is_refused(anna, field, typed):
    form = address_form(anna, **{field: typed})

    assert not form.is_valid()
    assert list(form.errors) == [field]


@pytest.mark.parametrize(
    ("field", "typed", "clean"),
    [
        ("iban", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("bic", "cobadeff xxx", "COBADEFFXXX"),
        ("tax_number", " 181/815/08155 ", "181/815/08155"),
        ("accent", "#ABCDEF", "#ABCDEF"),
    ],
)
def test_a_suppliers_numbers_are_made_clean(tenant, field, typed, clean):
    form = supplier_form(**{field: typed})

    assert form.is_valid(), form.errors
    assert getattr(form.instance, field) == clean


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("iban", "DE89370400440532013001"),
        ("bic", "XX"),
        ("tax_number", "181/815/08155" * 2),
        ("tax_number", "12"),
        ("accent", "red; background: url(//example.org)"),
        ("number_prefix", "RE/2026 "),
        ("number_prefix", "../.."),
        ("days_to_pay", "91"),
        ("days_to_pay", "-1"),
        ("notice_days", "0"),
    ],
)
def test_a_suppliers_numbers_that_cannot_be_right_are_refused(tenant, field, typed):
    form = supplier_form(**{field: typed})

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_a_new_address_is_in_the_history_and_the_same_one_is_not(tenant):
    anna = admin_of(address=False)
    for street in ("Speicherstraße 1", "Speicherstraße 1", "Am Kai 2"):
        form = address_form(anna, street=street)
        assert form.is_valid()
        addresses.save_address(form.instance, by=anna)

    lines = booking.history(anna.organisation)
    assert [(one.kind, one.by, one.is_by_tenant) for one in lines] == [
        (BillingEvent.Kind.ADDRESS, anna, False)
    ] * 2
    assert BillingAddress.objects.get().street == "Am Kai 2"


def test_an_address_that_somebody_else_has_given_meanwhile_is_written_over(tenant):
    anna = admin_of(address=False)
    form = address_form(anna, street="Am Kai 2")
    assert form.is_valid()
    give_address(anna.organisation)

    addresses.save_address(form.instance, by=anna)

    assert BillingAddress.objects.get().street == "Am Kai 2"


def test_a_tenant_without_a_supplier_lacks_everything_that_the_law_asks_for(tenant):
    assert Supplier.current().missing == ["name", "street", "postcode", "city", "tax_number"]
    assert give_supplier().missing == []
