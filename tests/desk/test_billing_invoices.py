from __future__ import annotations

import csv
import io
import time
from datetime import date

import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from billing import invoicing, settling
from billing.models import BillingAddress, BillingEvent, Invoice, Supplier
from desk import invoice_export, invoice_lists
from helpdesk import keyset
from tests.billing.arranging import admin_of, at, book, give_supplier
from tests.desk.test_billing_runs import written

LIST = "/desk/abrechnung/rechnungen/"
PAID_ON = "2026-04-10"


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


@pytest.fixture
def teehaus(tenant):
    """Teehaus Nord booked Gold on 16 March and was billed on 1 April: 16 of 31 days, €36.24."""
    give_supplier()
    user = admin_of()
    book(user, "Gold", "2026-03-16 12:00")
    return user


@pytest.fixture
def bill(teehaus):
    written()
    return Invoice.objects.get()


def page_of(document):
    return reverse("desk:invoice", args=[document.pk])


def url(name, document):
    return reverse(f"desk:{name}", args=[document.pk])


def numbers(response):
    return [row.document.number for row in response.context["rows"]]


def table(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def cancelled(document, admin, **how):
    with at("2026-04-05 10:00"):
        return settling.cancel(document, by=admin, **how)


def test_the_list_shows_the_newest_first_with_sums(boss, bill, admin):
    later = admin_of("Buchladen Süd")
    book(later, "Bronze", "2026-03-01 09:00")
    invoicing.start(date(2026, 3, 1), by=admin)
    written()
    second = Invoice.objects.get(organisation=later.organisation)
    settling.mark_paid(second, on=date(2026, 4, 10), by=admin)

    with at("2026-04-16 09:00"):
        page = boss.get(LIST)

    assert numbers(page) == [second.number, bill.number]
    assert [row.state.word for row in page.context["rows"]] == ["Paid", "Overdue"]
    sums = {name: (one.number, one.gross) for name, one in page.context["sums"].items()}
    assert sums == {"open": (1, 3624), "overdue": (1, 3624), "paid": (1, 2261)}
    text = page.content.decode()
    assert "Teehaus Nord GmbH" in text
    assert "€36.24" in text
    assert page_of(bill) in text


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_runs_a_fixed_number_of_queries(
    boss, teehaus, admin, django_assert_num_queries, count
):
    for number in range(count):
        book(admin_of(f"Kunde {number}"), "Gold", "2026-03-01 09:00")
    written()
    cancelled(Invoice.objects.last(), admin)

    with django_assert_num_queries(12):
        page = boss.get(LIST)

    assert len(page.context["rows"]) == count + 2


def test_the_list_goes_on_page_by_page(boss, teehaus, monkeypatch):
    monkeypatch.setattr(invoice_lists, "PAGE", 2)
    for number in range(4):
        book(admin_of(f"Kunde {number}"), "Gold", "2026-03-01 09:00")
    written()

    seen, url = [], f"{LIST}?month=2026-03"
    while url:
        page = boss.get(url)
        seen.append([one[-1] for one in numbers(page)])
        url = page.context["next_page"]

    assert seen == [["5", "4"], ["3", "2"], ["1"]]
    assert page.context["first_page"] == f"{LIST}?month=2026-03"


@pytest.mark.parametrize(
    "after", ["x", "1", "2026.1.1", keyset.encode((2026, keyset.LARGEST)), "2026.-1", "99999.1"]
)
def test_a_place_that_is_none_is_no_error(boss, bill, after):
    assert boss.get(LIST, {"after": after}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"open", "paid", "cancelled", "storno"}),
        ("state=open", {"open"}),
        ("state=overdue", {"open"}),
        ("state=paid", {"paid"}),
        ("state=cancelled", {"cancelled", "storno"}),
        ("state=nonsense", {"open", "paid", "cancelled", "storno"}),
        ("month=2026-03&state=open", {"open"}),
        ("month=2026-02", set()),
        ("month=2026-13", {"open", "paid", "cancelled", "storno"}),
        ("q=offen", {"open"}),
        ("q=00002", {"paid"}),
        ("q=gibtesnicht", set()),
        ("q=%25", set()),
        ("q=%00", {"open", "paid", "cancelled", "storno"}),
    ],
)
def test_filters_narrow_the_list(boss, tenant, admin, query, found):
    give_supplier()
    for name in ("Offen GmbH", "Bezahlt GmbH", "Weg GmbH"):
        book(admin_of(name), "Gold", "2026-03-01 09:00")
    written()
    first, second, third = Invoice.objects.order_by("sequence")
    settling.mark_paid(second, on=date(2026, 4, 2), by=admin)
    storno = cancelled(third, admin)
    names = {first.number: "open", second.number: "paid", third.number: "cancelled"}
    names[storno.number] = "storno"

    with at("2026-05-01 09:00"):
        page = boss.get(f"{LIST}?{query}")

    assert {names[number] for number in numbers(page)} == found
    assert bool(found) == ("No document is like this" not in page.content.decode())


def test_an_empty_list_says_how_invoices_come(boss):
    text = boss.get(LIST).content.decode()

    assert "No invoice yet" in text
    assert reverse("desk:runs") in text


def test_the_export_is_for_spreadsheets(boss, bill, admin):
    storno = cancelled(bill, admin)

    response = boss.get(f"{LIST}export/?month=2026-03")

    head, first, second = table(response)
    assert response["Content-Disposition"] == 'attachment; filename="rechnungen_2026-03.csv"'
    assert head[0] == "Number"
    assert first == [
        bill.number, "Invoice", "", "2026-04-01", "2026-03", "Teehaus Nord GmbH", "",
        "30.45", "19.00", "5.79", "36.24", "EUR", "2026-04-15", "", "2026-04-05T10:00:00+02:00",
    ]  # fmt: skip
    assert second[:4] == [storno.number, "Cancellation invoice", bill.number, "2026-04-05"]
    assert second[7:11] == ["-30.45", "19.00", "-5.79", "-36.24"]


def test_the_export_writes_amounts_as_german_spreadsheets_do(boss, bill):
    boss.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    _head, row = table(boss.get(f"{LIST}export/"))

    assert row[7:11] == ["30,45", "19,00", "5,79", "36,24"]


def test_a_customers_name_is_no_formula(boss, teehaus, monkeypatch):
    monkeypatch.setattr(invoice_export, "BATCH", 2)
    names = ["=HYPERLINK(1)", "@SUM", "-2+3"]
    for name in names:
        book(admin_of(name), "Gold", "2026-03-01 09:00")
    written()

    rows = table(boss.get(f"{LIST}export/?state=open"))

    assert [row[5] for row in rows[2:]] == [f"'{name}" for name in names]


def test_a_document_is_shown_with_what_it_says(boss, bill):
    page = boss.get(page_of(bill))

    text = page.content.decode()
    assert [(one.days, one.of, one.cents) for one in page.context["lines"]] == [(16, 31, 3045)]
    assert "16 Mar 2026 – 31 Mar 2026" in text
    assert all(word in text for word in ("Alpha GmbH", "Teehaus Nord GmbH", "VAT 19% on €30.45"))
    assert "not yet, it is being made" in text


@pytest.mark.parametrize("is_storno", [False, True])
def test_a_document_costs_a_fixed_number_of_queries(
    boss, bill, admin, django_assert_max_num_queries, is_storno
):
    document = cancelled(bill, admin, is_reissued=True) if is_storno else bill

    with django_assert_max_num_queries(11):
        boss.get(page_of(document))


def test_an_invoice_is_paid_and_the_payment_taken_back(boss, bill, admin):
    with at("2026-04-12 09:00"):
        assert boss.get(page_of(bill)).context["form"]["on"].value() == date(2026, 4, 12)
        response = boss.post(url("invoice_payment", bill), {"on": PAID_ON})

    assert response.url == page_of(bill)
    bill.refresh_from_db()
    assert bill.paid_on == date(2026, 4, 10)
    assert f"{bill} is paid." in boss.get(page_of(bill)).content.decode()

    boss.post(url("invoice_payment", bill), {"on": ""})

    bill.refresh_from_db()
    assert bill.paid_on is None
    kinds = BillingEvent.objects.exclude(invoice=None).values_list("kind", "by__name")
    assert list(kinds) == [("paid", admin.name), ("unpaid", admin.name)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-04-13", "This day is still to come."),
        ("2026-02-28", "The month that it is for had not begun by then."),
        ("0026-04-10", "The month that it is for had not begun by then."),
        ("gestern", "This is no date"),
        ("", "On which day was it paid?"),
    ],
)
def test_a_day_that_cannot_be_is_refused(boss, bill, typed, said):
    with at("2026-04-12 09:00"):
        response = boss.post(url("invoice_payment", bill), {"on": typed})

    assert response.status_code == 422
    assert said in response.content.decode()
    bill.refresh_from_db()
    assert bill.paid_on is None


def test_what_was_cancelled_cannot_be_paid(boss, bill, admin):
    storno = cancelled(bill, admin)

    for document in (bill, storno):
        response = boss.post(url("invoice_payment", document), {"on": PAID_ON})
        assert response.status_code == 422
        assert "is cancelled already, or is no invoice" in response.content.decode()
    assert not Invoice.objects.exclude(paid_on=None)


def test_an_invoice_is_cancelled_by_a_document_of_its_own(boss, bill):
    with at("2026-04-05 10:00"):
        response = boss.post(url("invoice_cancellation", bill))

    storno = Invoice.objects.get(cancels=bill)
    assert response.url == page_of(storno)
    assert (storno.gross, Invoice.objects.in_force().count()) == (-3624, 0)
    text = boss.get(page_of(storno)).content.decode()
    assert f"{bill} is cancelled by {storno}." in text
    assert page_of(bill) in text
    assert page_of(storno) in boss.get(page_of(bill)).content.decode()


def test_a_new_invoice_has_todays_address(boss, bill):
    BillingAddress.objects.update(street="Neuer Wall 7")
    with at("2026-04-05 10:00"):
        response = boss.post(url("invoice_cancellation", bill), {"is_reissued": "yes"})

    new = Invoice.objects.in_force().get()
    assert (new.customer["street"], new.gross) == ("Neuer Wall 7", 3624)
    assert f"The new one is {new}." in boss.get(response.url).content.decode()
    assert page_of(new) in boss.get(page_of(bill)).content.decode()


def test_what_is_paid_is_not_cancelled(boss, bill):
    with at("2026-04-12 09:00"):
        boss.post(url("invoice_payment", bill), {"on": PAID_ON})

    response = boss.post(url("invoice_cancellation", bill))

    said = "This invoice is paid: take the payment back first."
    assert said in boss.get(response.url).content.decode()
    assert Invoice.objects.get() == bill


def test_a_new_one_is_written_later_and_once(boss, bill, admin):
    cancelled(bill, admin)
    assert url("invoice_anew", bill) in boss.get(page_of(bill)).content.decode()

    response = boss.post(url("invoice_anew", bill))

    new = Invoice.objects.in_force().get()
    assert response.url == page_of(new)
    assert f"The new one is {new}." in boss.get(response.url).content.decode()
    assert url("invoice_anew", bill) not in boss.get(page_of(bill)).content.decode()
    again = boss.post(url("invoice_anew", bill))
    said = "There is an invoice in its place already."
    assert said in boss.get(again.url).content.decode()
    assert Invoice.objects.in_force().get() == new


def test_without_an_address_no_new_invoice_is_promised(boss, bill):
    BillingAddress.objects.all().delete()

    response = boss.post(url("invoice_cancellation", bill), {"is_reissued": "yes"})

    assert "No new one was written" in boss.get(response.url).content.decode()
    assert not Invoice.objects.in_force()


def test_no_new_invoice_is_written_that_the_law_would_not_take(boss, bill):
    Supplier.objects.update(vat_id="")
    assert "is_reissued" not in boss.get(page_of(bill)).content.decode()

    response = boss.post(url("invoice_cancellation", bill), {"is_reissued": "yes"})

    assert "Nothing was cancelled" in boss.get(response.url).content.decode()
    assert Invoice.objects.in_force().get() == bill


def test_a_second_click_cancels_nothing_twice(boss, bill, admin):
    storno = cancelled(bill, admin)

    for document in (bill, storno):
        response = boss.post(url("invoice_cancellation", document))
        assert "is cancelled already" in boss.get(response.url).content.decode()
    assert Invoice.objects.count() == 2


def test_the_pdf_is_the_customers_own(boss, bill):
    response = boss.get(url("invoice_pdf", bill))

    assert response["Content-Type"] == "application/pdf"
    assert f"{bill.number}.pdf" in response["Content-Disposition"]
    assert response.content.startswith(b"%PDF")


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_only_tenant_admins_see_invoices(client, bill, request, who):
    client.force_login(request.getfixturevalue(who))

    for address in (LIST, f"{LIST}export/", page_of(bill), url("invoice_pdf", bill)):
        assert client.get(address).status_code == 404
    for name in ("invoice_payment", "invoice_cancellation", "invoice_anew"):
        assert client.post(url(name, bill), {"on": PAID_ON}).status_code == 404
    assert Invoice.objects.open().get() == bill


def test_documents_of_another_tenant_are_not_there(boss, tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        give_supplier()
        for number in range(3):
            book(admin_of(f"Fremd {number}"), "Gold", "2026-03-01 09:00")
        written()
        foreign = Invoice.objects.last()

    for name in ("invoice", "invoice_pdf"):
        assert boss.get(url(name, foreign)).status_code == 404
    for name in ("invoice_payment", "invoice_cancellation", "invoice_anew"):
        assert boss.post(url(name, foreign), {"on": PAID_ON}).status_code == 404
    assert numbers(boss.get(LIST)) == []
    assert len(table(boss.get(f"{LIST}export/"))) == 1
    with schema_context(other_tenant.schema_name):
        assert Invoice.objects.open().count() == 3


@pytest.mark.parametrize("name", ["invoice_payment", "invoice_cancellation", "invoice_anew"])
def test_looking_changes_nothing(boss, bill, name):
    assert boss.get(url(name, bill)).status_code == 405


def test_time_is_bounded(teehaus):
    run = written(until=time.monotonic())

    assert (run.done, run.finished_at) == (0, None)
