from __future__ import annotations

import time
from datetime import date

import pytest
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from billing import invoicing, mailing, settling
from billing.models import Invoice, InvoiceRun, Supplier
from desk import run_page
from sla.models import CalendarVersion
from tests.billing.arranging import admin_of, at, book, give_address, give_supplier
from tests.factories import LONG_AGO

MARCH = date(2026, 3, 1)
LIST = "/desk/abrechnung/laeufe/"
PAGE = f"{LIST}2026-03/"
PART = f"{PAGE}fortschritt/"
START = f"{PAGE}start/"


def written(month=MARCH, moment="2026-04-01 03:00", *, until=None):
    """The run of a month, done on the first of the next."""
    with at(moment):
        run = invoicing.start(month)
        if not run.blocked:
            invoicing.write(run, until=until or time.monotonic() + 60)
    run.refresh_from_db()
    return run


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


@pytest.fixture
def teehaus(tenant):
    # The business hours are as old as the bookings are to be.
    CalendarVersion.objects.update(valid_from=LONG_AGO)
    give_supplier()
    return booked("Teehaus Nord GmbH")


def booked(name, moment="2026-03-16 12:00", *, address=True):
    user = admin_of(name, address=address)
    if not address:
        # Booked with an address that was taken away since.
        give_address(user.organisation)
    book(user, "Gold", moment)
    if not address:
        user.organisation.billing_address.delete()
    return user


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_says_what_comes_and_how_it_went(boss, teehaus, admin):
    written()
    settling.mark_paid(Invoice.objects.get(), on=date(2026, 4, 1), by=admin)
    booked("Kurz Dabei", "2026-04-28 09:00", address=False)

    with at("2026-05-01 00:30"):
        page = boss.get(LIST)

    assert [(one.month, one.when) for one in page.context["coming"]] == [
        (date(2026, 5, 1), "in 31 days"),
        (date(2026, 4, 1), "within the hour"),
    ]
    (march,) = page.context["runs"]
    assert (march.month, march.written, march.gross, march.paid) == (MARCH, 1, 3624, 3624)

    with at("2026-05-01 02:00"):
        page = boss.get(LIST)

    assert page.context["coming"][1].when == "ready to be written"
    assert f"{LIST}2026-04/" in text_of(page)


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_runs_a_fixed_number_of_queries(boss, teehaus, django_assert_num_queries, count):
    for month in range(4, 4 + count):
        written(date(2026, month, 1), f"2026-{month + 1:02}-01 03:00")

    with at("2026-11-15 09:00"), django_assert_num_queries(16):
        page = boss.get(LIST)

    assert len(page.context["runs"]) == count


def test_the_list_goes_on_page_by_page(boss, teehaus, monkeypatch):
    monkeypatch.setattr(run_page, "PAGE", 2)
    for month in (3, 4, 5):
        written(date(2026, month, 1), f"2026-{month + 1:02}-01 03:00")

    first = boss.get(LIST)
    second = boss.get(first.context["next_page"])

    assert [one.month.month for one in first.context["runs"]] == [5, 4]
    assert [one.month.month for one in second.context["runs"]] == [3]
    assert (second.context["next_page"], second.context["first_page"]) == ("", LIST)


@pytest.mark.parametrize("after", ["x", "-5", "999999999999", "1.2"])
def test_a_place_that_is_none_is_no_error(boss, teehaus, after):
    assert boss.get(LIST, {"after": after}).status_code == 200


def test_an_empty_list_says_what_to_do(boss):
    assert "Nothing to bill yet" in text_of(boss.get(LIST))


def test_the_preview_is_what_the_run_writes(boss, teehaus):
    booked("Buchladen Süd", "2026-03-31 23:00")
    nowhere = booked("Ohne Ort", "2026-03-01 00:00", address=False)
    with at("2026-04-01 02:00"):
        preview = boss.get(PAGE).context["preview"]
        boss.post(START)
    written(moment="2026-04-01 02:30")

    billed = {one.organisation: one.gross for one in preview.bills if not one.held_back}
    invoices = Invoice.objects.select_related("organisation")
    assert billed == {one.organisation: one.gross for one in invoices}
    assert len(billed) == 2
    assert (preview.total, preview.nowhere) == (3, 1)
    assert preview.without_address == [nowhere.organisation]
    (held_back,) = [one for one in preview.bills if one.held_back]
    assert held_back.organisation == nowhere.organisation


@pytest.mark.parametrize("count", [1, 5])
def test_the_preview_runs_a_fixed_number_of_queries(
    boss, teehaus, django_assert_num_queries, count
):
    for number in range(count):
        booked(f"Kunde {number}", address=bool(number % 2))

    with at("2026-04-01 02:00"), django_assert_num_queries(18):
        preview = boss.get(PAGE).context["preview"]

    assert len(preview.bills) == count + 1


def test_a_running_month_is_shown_so_far_and_cannot_be_written(boss, teehaus):
    with at("2026-03-20 12:00"):
        page = boss.get(PAGE)
        refused = boss.post(START)
        again = boss.get(refused.url)

    (bill,) = page.context["preview"].bills
    assert [(str(one.tier), one.days, one.of) for one in bill.days] == [("Gold", 5, 31)]
    text = text_of(page)
    assert "So far, as of Friday, 20" in text
    assert "Write the invoices" not in text
    assert "This month is not over yet" in text_of(again)
    assert not InvoiceRun.objects.exists()


def test_the_first_hour_waits_for_late_bookings(boss, teehaus):
    with at("2026-04-01 00:30"):
        text = text_of(boss.get(PAGE))

    assert "within the hour" in text
    assert "Write the invoices" not in text


def test_starting_writes_in_the_background(boss, teehaus, admin):
    with at("2026-04-01 02:00"):
        assert "Write the invoices" in text_of(boss.get(PAGE))
        response = boss.post(START)
        page = boss.get(response.url)

    run = InvoiceRun.objects.get()
    assert (response.url, run.by, run.total, run.done) == (PAGE, admin, 1, 0)
    text = text_of(page)
    assert "The invoices for March 2026 are being written." in text
    assert f'hx-get="{PART}" hx-trigger="every 1s"' in text
    assert '<progress id="run-written" max="1" value="0">' in text


def test_the_progress_ends_when_all_is_written_and_mailed(boss, teehaus):
    run = written()
    with at("2026-04-01 03:00"):
        assert "being made and mailed" in text_of(boss.get(PART))
        mailing.mail_due(until=time.monotonic() + 60)
        part = text_of(boss.get(PART))

    assert "hx-trigger" not in part
    assert "<html" not in part
    assert "Write what is missing" in part
    assert "€36.24" in part
    assert run.finished_at is not None


def test_what_waits_for_long_is_looked_at_less_often(boss, teehaus):
    written()

    with at("2026-04-01 03:11"):
        assert 'hx-trigger="every 15s"' in text_of(boss.get(PART))


def test_who_was_held_back_is_named_and_billed_later(boss, teehaus):
    user = booked("Ohne Ort", address=False)
    written()
    text = text_of(boss.get(PAGE))
    assert "1 customer account could not be billed" in text
    assert reverse("desk:organisation_address", args=[user.organisation.pk]) in text

    give_address(user.organisation)
    with at("2026-04-02 10:00"):
        boss.post(START)
    written(moment="2026-04-02 10:01")

    assert Invoice.objects.filter(organisation=user.organisation).count() == 1
    assert Invoice.objects.count() == 2
    assert "could not be billed" not in text_of(boss.get(PAGE))


def test_a_run_that_waits_says_for_what(boss, teehaus):
    Supplier.objects.update(vat_id="")
    with at("2026-04-01 02:00"):
        assert "Tax number or VAT identification number" in text_of(boss.get(PAGE))
        boss.post(START)
        text = text_of(boss.get(PAGE))

    assert "waits for you" in text
    assert "Tax number or VAT identification number" in text
    assert reverse("desk:supplier") in text
    assert "hx-trigger" not in text.split('id="run"')[1].split('id="live"')[0]


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("address", [PAGE, PART])
def test_a_run_costs_a_fixed_number_of_queries(
    boss, teehaus, django_assert_num_queries, count, address
):
    for number in range(count):
        booked(f"Kunde {number}", address=False)
    written()

    with django_assert_num_queries(11 if address == PART else 12):
        assert boss.get(address).status_code == 200


@pytest.mark.parametrize("month", ["2026-02", "2027-01", "9999-12", "0001-01", "2026-13", "2026-3"])
def test_months_that_cannot_be_are_not_there(boss, teehaus, month):
    with at("2026-04-15 09:00"):
        for part in ("", "fortschritt/"):
            assert boss.get(f"{LIST}{month}/{part}").status_code == 404
        assert boss.post(f"{LIST}{month}/start/").status_code == 404
    assert not InvoiceRun.objects.exists()


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_only_tenant_admins_see_runs(client, teehaus, request, who):
    client.force_login(request.getfixturevalue(who))

    with at("2026-04-01 02:00"):
        for address in (LIST, PAGE, PART):
            assert client.get(address).status_code == 404
        assert client.post(START).status_code == 404
    assert not InvoiceRun.objects.exists()


def test_another_tenants_month_is_not_there(boss, tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        give_supplier()
        booked("Fremd")
        written()

    assert boss.get(LIST).context["runs"] == []
    assert boss.get(PAGE).status_code == 404
    assert boss.get(PART).status_code == 404
    with at("2026-04-01 02:00"):
        assert boss.post(START).status_code == 404


def test_looking_starts_nothing(boss, teehaus):
    with at("2026-04-01 02:00"):
        assert boss.get(START).status_code == 405
    assert not InvoiceRun.objects.filter(started_at__lte=now())
