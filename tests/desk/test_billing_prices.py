from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django_tenants.utils import schema_context

from billing import prices
from billing.models import PriceList
from desk.price_forms import EuroField, RateField
from sla.models import CalendarVersion, SupportTier
from tests.billing.arranging import admin_of, at, book, give_supplier
from tests.factories import LONG_AGO, tier

LIST = "/desk/einstellungen/preise/"
NEW = f"{LIST}neu/"
MIDDAY = "2026-03-16 12:00"
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture
def boss(client, admin):
    CalendarVersion.objects.update(valid_from=LONG_AGO)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


def typed(valid_from="2026-05", basis="net", vat_rate="19", **changed):
    values = {"Bronze": "19", "Silber": "39", "Gold": "59", **changed}
    cents = {f"price_{tier(name).pk}": value for name, value in values.items()}
    return {"valid_from": valid_from, "basis": basis, "vat_rate": vat_rate, **cents}


def post(client, step="", **changed):
    with at(MIDDAY):
        return client.post(NEW, {**typed(**changed), "step": step})


def coming(valid_from=MAY, admin=None, moment=MIDDAY, **changed):
    """A stored list; Gold costs 69 € from May on unless told otherwise."""
    euros = {"Basis": 0, "Bronze": 19, "Silber": 39, "Gold": 69, **changed}
    with at(moment):
        return prices.save(
            {tier(name): euro * 100 for name, euro in euros.items()},
            valid_from=valid_from,
            is_gross=False,
            vat_rate=1900,
            by=admin,
        )


def text_of(response):
    return response.content.decode()


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("19", 1900),
        ("19,00", 1900),
        ("19.5", 1950),
        ("1.234,50", 123_450),
        ("1,234.50", 123_450),
        ("1.234", 123_400),
        ("1,234", 123_400),
        (" 19,00 € ", 1900),
        ("0", 0),
        ("10000", 1_000_000),
        ("", None),
        ("  ", None),
    ],
)
def test_amounts_are_read_as_germans_and_english_write_them(written, cents):
    assert EuroField(required=False).clean(written) == cents


@pytest.mark.parametrize(
    "written", ["10000,01", "-1", "19,999", "1.23.4", "12.34,5,6", "1e3", "NaN", "²", "١٩", "x"]
)
def test_what_is_no_amount_is_refused(written):
    with pytest.raises(ValidationError):
        EuroField(required=False).clean(written)


@pytest.mark.parametrize(
    ("written", "rate"), [("19", 1900), ("19,5", 1950), ("19.5 %", 1950), ("0", 0), ("100", 10_000)]
)
def test_rates_are_read_as_people_write_them(written, rate):
    assert RateField().clean(written) == rate


@pytest.mark.parametrize("written", ["", "101", "-1", "19,555", "x", "999"])
def test_what_is_no_rate_is_refused(written):
    with pytest.raises(ValidationError):
        RateField().clean(written)


def test_the_page_shows_what_counts_and_what_is_to_come(boss, admin):
    book(admin_of(), "Gold", "2026-03-01 09:00")
    book(admin_of("Nur Bronze"), "Bronze", "2026-03-01 09:00")
    coming(admin=admin)

    with at(MIDDAY):
        page = boss.get(LIST)

    current, (later,) = page.context["current"], page.context["upcoming"]
    shown = {str(row.tier): (row.price.net, row.price.gross) for row in current.rows}
    assert shown == {
        "Basis": (0, 0),
        "Bronze": (1900, 2261),
        "Silber": (3900, 4641),
        "Gold": (5900, 7021),
    }
    assert [str(row.tier) for row in later.rows if row.is_changed] == ["Gold"]
    assert later.concerned == 1
    text = text_of(page)
    assert "<strong>1 customer account</strong>" in text
    assert "They will be told on Wednesday, 1" in text
    assert page.context["earlier"] == []

    with at("2026-05-02 09:00"):
        prices.announce_due()
        page = boss.get(LIST)

    assert page.context["current"].prices.valid_from == MAY
    assert [one.is_first for one in page.context["earlier"]] == [True]
    assert "from the beginning" in text_of(page)


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_runs_a_fixed_number_of_queries(boss, admin, django_assert_num_queries, count):
    for month in range(count):
        book(admin_of(f"Kunde {month}"), "Gold", "2026-03-01 09:00")
        coming(date(2026, 5 + month, 1), admin)

    with at(MIDDAY), django_assert_num_queries(11):
        page = boss.get(LIST)

    assert len(page.context["upcoming"]) == count


def test_the_form_begins_with_what_counts_now(boss):
    with at(MIDDAY):
        page = boss.get(NEW)

    form = page.context["form"]
    assert form["basis"].value() == "net"
    assert form["vat_rate"].value() == "19"
    assert form[f"price_{tier('Gold').pk}"].value() == "59.00"
    assert f"price_{tier('Basis').pk}" not in form.fields
    # On 16 March a month's notice reaches May at the earliest.
    assert (form.months[0], len(form.months)) == (MAY, 12)


def test_german_admins_see_german_amounts(boss, admin):
    boss.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    PriceList.objects.update(vat_rate=1950)

    form = boss.get(NEW).context["form"]

    assert form[f"price_{tier('Gold').pk}"].value() == "59,00"
    assert form["vat_rate"].value() == "19,5"


def test_nothing_is_saved_before_it_was_looked_at(boss):
    book(admin_of(), "Gold", "2026-03-01 09:00")

    page = post(boss, Gold="1.069,90", Silber="")

    assert page.status_code == 200
    rows = {
        str(row.tier): (row.before.net, row.price and row.price.net) for row in page.context["rows"]
    }
    assert rows == {
        "Basis": (0, 0),
        "Bronze": (1900, 1900),
        "Silber": (3900, None),
        "Gold": (5900, 106_990),
    }
    text = text_of(page)
    assert "<strong>1 customer account</strong> will pay another price" in text
    assert "on Wednesday, 1" in text
    assert 'value="1.069,90"' in text
    assert PriceList.objects.count() == 1


def test_prices_are_saved_and_announced_in_time(boss, admin):
    book(admin_of(), "Gold", "2026-03-01 09:00")

    response = post(boss, "save", Gold="69", basis="gross", Silber="")

    assert response.url == LIST
    stored = PriceList.objects.get(valid_from=MAY)
    assert (stored.is_gross, stored.vat_rate, stored.by) == (True, 1900, admin)
    expected = {"Basis": 0, "Bronze": 1900, "Gold": 6900}
    assert stored.prices == {str(tier(name).pk): cents for name, cents in expected.items()}
    with at("2026-04-01 00:01"):
        assert prices.announce_due() == 1


def test_going_back_keeps_what_was_typed(boss):
    page = post(boss, "edit", Gold="teuer")

    assert page.status_code == 200
    assert 'value="teuer"' in text_of(page)
    assert PriceList.objects.count() == 1


@pytest.mark.parametrize("step", ["", "save"])
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"valid_from": "2026-04"}, "valid_from"),
        ({"valid_from": "2026-03"}, "valid_from"),
        ({"valid_from": "2027-05"}, "valid_from"),
        ({"valid_from": "bald"}, "valid_from"),
        ({"basis": "brutto"}, "basis"),
        ({"vat_rate": "neunzehn"}, "vat_rate"),
        ({"Gold": "10.000,01"}, "Gold"),
        ({"Gold": "-1"}, "Gold"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_saved(boss, step, changed, field):
    response = post(boss, step, **changed)

    name = f"price_{tier('Gold').pk}" if field == "Gold" else field
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {name}
    assert PriceList.objects.count() == 1


def test_a_month_that_has_new_prices_cannot_be_chosen(boss, admin):
    coming(admin=admin)

    with at(MIDDAY):
        months = boss.get(NEW).context["form"].months

    assert months[0] == JUNE
    assert post(boss, "save").context["form"].errors.keys() == {"valid_from"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (prices.TooSoonError(JUNE), "1 Jun 2026 is the earliest"),
        (prices.MonthTakenError(), "There are new prices for this day already."),
    ],
)
def test_what_happened_meanwhile_becomes_a_complaint(boss, monkeypatch, error, said):
    def refuse(*_args, **_more):
        raise error

    monkeypatch.setattr(prices, "save", refuse)

    response = post(boss, "save")

    assert response.status_code == 422
    assert said in text_of(response)


def test_without_vat_the_invoice_needs_a_reason(boss):
    assert "each invoice has to say why" in text_of(post(boss, vat_rate="0"))

    give_supplier(exemption="§ 19 UStG")

    assert "each invoice has to say why" not in text_of(post(boss, vat_rate="0"))


def test_prices_to_come_are_withdrawn(boss, admin):
    stored = coming(admin=admin)

    with at(MIDDAY):
        response = boss.post(reverse("desk:prices_withdrawn", args=[stored.pk]))
        page = boss.get(response.url)

    assert response.url == LIST
    assert "The prices from 1 May 2026 are withdrawn." in text_of(page)
    assert PriceList.objects.count() == 1
    assert boss.post(reverse("desk:prices_withdrawn", args=[stored.pk])).status_code == 404


def test_prices_that_count_stay(boss, admin):
    stored = coming(admin=admin)

    with at("2026-05-01 00:00"):
        response = boss.post(reverse("desk:prices_withdrawn", args=[stored.pk]))
        page = boss.get(response.url)

    assert "have begun to count, and stay" in text_of(page)
    assert PriceList.objects.count() == 2


def test_a_tier_without_a_price_is_said_to_be_unbookable(boss):
    SupportTier.objects.create(name="Platin", position=9, first_response_minutes=60)

    assert "cannot be booked" in text_of(boss.get(LIST))


@pytest.mark.parametrize("who", ["agent", "customer"])
def test_only_tenant_admins_see_prices(client, tenant, admin, request, who):
    stored = coming(admin=admin)
    client.force_login(request.getfixturevalue(who))

    assert [client.get(url).status_code for url in (LIST, NEW)] == [404, 404]
    assert post(client, "save", valid_from="2026-06").status_code == 404
    assert client.post(reverse("desk:prices_withdrawn", args=[stored.pk])).status_code == 404
    assert PriceList.objects.count() == 2


def test_another_tenants_prices_are_not_there(boss, admin, other_tenant):
    with schema_context(other_tenant.schema_name):
        for month in range(5, 9):
            foreign = coming(date(2026, month, 1))

    assert boss.post(reverse("desk:prices_withdrawn", args=[foreign.pk])).status_code == 404
    assert boss.get(LIST).context["upcoming"] == []
    with schema_context(other_tenant.schema_name):
        assert PriceList.objects.count() == 5


def test_looking_withdraws_nothing(boss, admin):
    stored = coming(admin=admin)

    assert boss.get(reverse("desk:prices_withdrawn", args=[stored.pk])).status_code == 405


def test_a_level_without_a_price_gets_its_first_one_and_can_be_booked(boss):
    new = SupportTier.objects.create(name="Platin", position=9, first_response_minutes=60)
    assert "Platin cannot be booked without a price" in text_of(boss.get(LIST))
    url = reverse("desk:first_price", args=[new.pk])

    wrong = boss.post(url, {"price": "viel"}, follow=True)
    nothing = boss.post(url, {}, follow=True)
    right = boss.post(url, {"price": "99,00"}, follow=True)
    again = boss.post(url, {"price": "1"}, follow=True)

    assert "This is no amount" in text_of(wrong)
    assert "What does it cost a month?" in text_of(nothing)
    assert "“Platin” has its price." in text_of(right)
    assert "has a price or is booked already" in text_of(again)
    assert prices.current().cents(new) == 9900


def test_only_administrators_give_a_first_price(client, agent):
    client.force_login(agent)

    response = client.post(reverse("desk:first_price", args=[tier("Gold").pk]), {"price": "1"})

    assert response.status_code == 404
