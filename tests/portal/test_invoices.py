"""The invoices in the portal, and the address they go to."""

import time
from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Membership
from billing import invoicing
from billing.models import BillingAddress, Invoice
from tests.billing.arranging import admin_of, at, book, give_supplier, proven
from tests.factories import CustomerFactory

URL = "/einstellungen/rechnungen/"
ADDRESS = "/einstellungen/rechnungsanschrift/"


@pytest.fixture
def boss(tenant):
    """The administrator of an organisation that had Gold for half of March."""
    user = admin_of()
    book(user, "Gold", "2026-03-16 09:00")
    give_supplier()
    return user


@pytest.fixture
def portal(client, boss):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with at("2026-04-02 10:00"):
        client.force_login(boss)
        yield client


def write_invoices():
    with at("2026-04-01 03:00"):
        run = invoicing.start(date(2026, 3, 1))
        invoicing.write(run, until=time.monotonic() + 60)
    return Invoice.objects.get()


def test_an_invoice_is_listed_and_given_as_pdf(portal, boss):
    invoice = write_invoices()

    page = portal.get(URL).content.decode()
    pdf = portal.get(reverse("portal:invoice", args=[invoice.pk]))

    for said in ("RE-2026-00001", "March 2026", "€36.24", "due on 15 Apr 2026"):
        assert said in page
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert 'filename="RE-2026-00001.pdf"' in pdf.headers["Content-Disposition"]
    assert pdf.content.startswith(b"%PDF")


def test_an_invoice_of_another_organisation_is_not_found(portal, boss):
    invoice = write_invoices()
    stranger = admin_of("Fremd GmbH")
    portal.force_login(stranger)

    assert portal.get(reverse("portal:invoice", args=[invoice.pk])).status_code == 404
    assert "RE-2026" not in portal.get(URL).content.decode()


def test_members_see_no_invoices(portal, boss):
    invoice = write_invoices()
    member = proven(CustomerFactory(organisation=boss.organisation))
    portal.force_login(member)

    for url in (URL, ADDRESS, reverse("portal:invoice", args=[invoice.pk])):
        assert portal.get(url).status_code == 404


def test_without_invoices_the_page_says_when_there_are_some(portal):
    assert "On the first of each month" in portal.get(URL).content.decode()


def test_the_address_is_changed_for_invoices_from_now_on(portal, boss):
    invoice = write_invoices()
    sent = {
        "name": "Teehaus  Neu GmbH",
        "street": "Neue Straße 2",
        "postcode": "20095",
        "city": "Hamburg",
        "email": "neu@teehaus.example",
        "vat_id": "DE 136 695 976",
    }

    response = portal.post(ADDRESS, sent)

    assert response.url == URL
    stored = BillingAddress.objects.get()
    assert (stored.name, stored.vat_id) == ("Teehaus Neu GmbH", "DE136695976")
    invoice.refresh_from_db()
    assert invoice.customer["street"] == "Speicherstraße 1"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("postcode", "1234", "five digits"),
        ("postcode", "A-1010", "five digits"),
        ("vat_id", "DE123456789", "cannot be right"),
        ("name", "", "required"),
        ("email", "keine", "valid email"),
    ],
)
def test_what_cannot_be_right_is_said_and_kept(portal, boss, field, value, said):
    sent = {
        "name": "Teehaus",
        "street": "Straße 2",
        "postcode": "20095",
        "city": "Hamburg",
        "email": "neu@teehaus.example",
        field: value,
    }

    response = portal.post(ADDRESS, sent)

    assert response.status_code == 422
    assert said in str(response.context["form"].errors[field])
    assert BillingAddress.objects.get().street == "Speicherstraße 1"
    assert "Straße 2" in response.content.decode()


def test_settings_lead_to_everything(portal, boss):
    page = portal.get("/einstellungen/").content.decode()

    for name in ("modules", "invoices", "billing_address"):
        assert f'href="{reverse(f"portal:{name}")}"' in page
    boss.join(boss.organisation, Membership.Role.MEMBER)
    assert f'href="{URL}"' not in portal.get("/einstellungen/").content.decode()
