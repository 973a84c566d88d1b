import time
from datetime import date

import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from billing import invoicing
from billing.models import Subscription
from desk.bookings_chart import NARROW, TOP, Month, draw, scale
from tests.billing.arranging import admin_of, at, book, cancel, give_supplier, new_prices
from tests.factories import AdminFactory, AgentFactory, tier

NOW = "2026-11-20 09:00"


@pytest.fixture
def look(client, tenant):
    """Open the overview as an administrator, in English, at a local moment."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    boss = AdminFactory()

    def _look(moment=NOW):
        with at(moment):
            client.force_login(boss)
            return client.get(reverse("desk:billing"))

    return _look


def course_of(page):
    """The bookings of each month that had any: {first day: {tier: count}}."""
    tiers = [str(one) for one in page.context["tiers"]]
    return {
        f"{month.first:%Y-%m}": dict(zip(tiers, month.counts, strict=True))
        for month in page.context["months"]
        if month.total
    }


def test_the_figures_count_bookings_and_what_they_bring(look):
    for number in range(3):
        book(admin_of(f"Gold {number}"), "Gold", "2026-11-02 09:00")
    book(admin_of("Bronze"), "Bronze", "2026-11-02 09:00")
    gone = admin_of("Fort")
    book(gone, "Gold", "2026-11-02 09:00")
    cancel(gone, "2026-11-03 09:00")

    page = look()

    context = page.context
    assert [(str(one.tier), one.count, one.net) for one in context["shares"]] == [
        ("Bronze", 1, 1900),
        ("Gold", 3, 17700),
    ]
    assert (context["booked"], context["revenue"]) == (4, 19600)
    assert "€196.00" in page.content.decode()


def test_revenue_is_net_where_prices_are_gross(look):
    book(admin_of(), "Gold", "2026-11-02 09:00")
    new_prices(date(2026, 12, 1), is_gross=True, prices={str(tier("Gold").pk): 11900})

    assert look().context["revenue"] == 5900
    assert look("2026-12-10 09:00").context["revenue"] == 10000


def test_open_and_overdue_invoices_are_summed(look):
    give_supplier()
    for name in ("Nord", "Süd"):
        book(admin_of(name), "Gold", "2026-10-01 09:00")
    with at("2026-11-01 09:00"):
        run = invoicing.start(date(2026, 10, 1))
        invoicing.write(run, until=time.monotonic() + 60)

    early, late = look("2026-11-10 09:00").context, look("2026-11-30 09:00").context

    assert (early["open"].number, early["open"].gross) == (2, 14042)
    assert (early["overdue"].number, early["overdue"].gross) == (0, 0)
    assert (late["overdue"].number, late["overdue"].gross) == (2, 14042)


def test_the_course_counts_what_was_booked_at_each_months_end(look):
    anna, berta = admin_of("Nord"), admin_of("Süd")
    book(anna, "Bronze", "2026-08-15 09:00")
    book(anna, "Gold", "2026-09-10 09:00")
    book(berta, "Gold", "2026-09-20 09:00")
    # Cancelled for the end of October: it was there until then.
    cancel(berta, "2026-10-05 09:00", at_month_end=True)

    assert course_of(look()) == {
        "2026-08": {"Bronze": 1, "Gold": 0},
        "2026-09": {"Bronze": 0, "Gold": 2},
        "2026-10": {"Bronze": 0, "Gold": 2},
        "2026-11": {"Bronze": 0, "Gold": 1},
    }


def test_the_course_has_twelve_months_and_the_last_one_runs(look):
    book(admin_of(), "Gold", "2026-11-02 09:00")

    page = look()

    months = page.context["months"]
    assert (months[0].first, months[-1].first) == (date(2025, 12, 1), date(2026, 11, 1))
    assert [month.is_running for month in months] == [False] * 11 + [True]
    assert len(page.context["charts"]) == 2
    assert page.content.decode().count('<svg class="wide"') == 1


def test_what_was_booked_and_undone_in_the_same_moment_never_was(look):
    anna = admin_of()
    with at("2026-11-02 09:00"):
        book(anna, "Gold")
        cancel(anna)

    page = look()

    assert Subscription.objects.count() == 1
    assert (page.context["booked"], page.context["charts"]) == (0, [])


def test_upcoming_cancellations_say_the_last_day_the_next_first(look):
    anna, berta = admin_of("Nord"), admin_of("Süd")
    book(anna, "Gold", "2026-11-02 09:00")
    book(berta, "Silber", "2026-11-02 09:00")
    cancel(anna, "2026-11-05 09:00", at_month_end=True)

    page = look()

    (ending,) = page.context["endings"]
    assert ending.subscription.organisation == anna.organisation
    assert ending.last_day == date(2026, 11, 30)
    assert "last day 30 November 2026" in page.content.decode()
    assert look("2026-12-01 09:00").context["endings"] == []


def test_upcoming_prices_stand_beside_those_before_them(look):
    new_prices(date(2026, 12, 1))
    gold = str(tier("Gold").pk)
    new_prices(date(2027, 1, 1), prices={gold: 6900})

    first, second = look().context["upcoming"]

    shown = [
        (str(one.tier), one.before and one.before.net, one.after and one.after.net)
        for one in first.changes
    ]
    assert shown == [
        ("Bronze", 1900, 2900),
        ("Silber", 3900, 4900),
        ("Gold", 5900, 6900),
    ]
    assert {str(one.tier): one.after for one in second.changes} == {
        "Bronze": None,
        "Silber": None,
    }


def test_the_latest_changes_of_all_organisations_are_told(look):
    for number in range(12):
        anna = admin_of(f"Kunde {number}")
        book(anna, "Bronze", "2026-11-02 09:00")
        book(anna, "Gold", "2026-11-03 09:00")

    page = look()

    history = page.context["history"]
    assert len(history) == 20
    assert (history[0].organisation, history[0].kind) == (anna.organisation, "changed")
    assert "Changed from Bronze to Gold" in page.content.decode()


def test_while_nobody_has_booked_the_page_says_how_it_begins(look):
    text = look().content.decode()

    assert "Nobody has booked a level yet" in text
    assert "None: everything that is booked goes on." in text
    assert "None: the prices stay as they are." in text


@pytest.mark.parametrize("count", [1, 4])
def test_the_page_runs_a_fixed_number_of_queries(client, admin, django_assert_num_queries, count):
    for number in range(count):
        anna = admin_of(f"Kunde {number}")
        book(anna, "Gold")
        cancel(anna, at_month_end=True)
    client.force_login(admin)

    with django_assert_num_queries(15):
        page = client.get(reverse("desk:billing"))

    assert len(page.context["endings"]) == count


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (7, 10), (11, 20), (61, 100), (1234, 2000)]
)
def test_the_scale_ends_at_a_round_number_that_can_be_halved(most, top):
    assert scale(most) == top


@pytest.mark.parametrize(("total", "numbered"), [(42, 12), (4200, 6)])
def test_on_a_phone_long_numbers_stand_above_every_other_column(tenant, total, numbered):
    months = [Month(date(2026, month, 1), (total,)) for month in range(1, 13)]

    chart = draw("narrow", [tier("Gold")], months, NARROW)

    assert sum(column.number for column in chart.columns) == numbered
    assert all(column.pieces[0].y >= TOP for column in chart.columns)


def test_the_smallest_part_is_seen(tenant):
    month = Month(date(2026, 1, 1), (1, 9999))

    chart = draw("wide", [tier("Bronze"), tier("Gold")], [month], NARROW)

    small, large = chart.columns[0].pieces
    assert small.height >= 1
    assert large.y + large.height < small.y


def test_another_tenants_bookings_do_not_count(look, other_tenant):
    with schema_context(other_tenant.schema_name):
        book(admin_of("Fremd"), "Gold", "2026-11-02 09:00")

    page = look()

    assert (page.context["booked"], page.context["history"]) == (0, [])
    assert "Fremd" not in page.content.decode()


def test_for_agents_and_customers_there_is_no_overview(client, tenant):
    for user in [AgentFactory(), admin_of()]:
        client.force_login(user)
        assert client.get(reverse("desk:billing")).status_code == 404
