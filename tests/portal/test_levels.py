"""The public page about support, from live data."""

import pytest
import time_machine
from django.urls import reverse

from billing.models import PriceList
from sla.models import BusinessCalendar, CalendarVersion, SupportTier
from tenants.models import Route
from tests.factories import LONG_AGO, tier
from tests.sla.moments import TUESDAY, berlin

URL = "/supportlevel/"


@pytest.fixture(autouse=True)
def _since_long_ago(tenant, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    CalendarVersion.objects.update(valid_from=LONG_AGO)


@pytest.fixture
def stranger(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def text_at(client, moment):
    with time_machine.travel(berlin(moment), tick=False):
        return client.get(URL).content.decode()


def test_everybody_reads_tiers_prices_hours_and_ways(stranger):
    text = text_at(stranger, f"{TUESDAY} 10:00")

    for said in (
        "Open until 17:00",
        "We are here.",
        "support@alpha.localhost",
        "Monday – Friday",
        "09:00–17:00",
        "Nordrhein-Westfalen",
        "guaranteed within 4 business hours",
        "in der Regel 1–2 Werktage",
        "€59",
        "€70.21 with 19% VAT",
        "free of charge",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("moment", "state", "why"),
    [
        (
            f"{TUESDAY} 18:00",
            "Closed, opens again Wed 09:00",
            "starts with the next business hours",
        ),
        (
            "2026-03-14 11:00",
            "Closed, opens again Mon 09:00",
            "starts with the next business hours",
        ),
        ("2026-04-06 11:00", "Closed, opens again Tue 09:00", "Today is Easter Monday"),
    ],
)
def test_closed_says_when_it_opens_and_names_the_holiday(stranger, moment, state, why):
    text = text_at(stranger, moment)

    assert state in text
    assert why in text


def test_holidays_are_named_in_german_for_german_readers(client):
    assert "Heute ist Ostermontag" in text_at(client, "2026-04-06 11:00")


def test_only_ways_that_are_really_there_are_named(stranger, tenant):
    assert "Facebook" not in text_at(stranger, f"{TUESDAY} 10:00")

    Route.objects.filter(tenant=tenant).delete()

    text = text_at(stranger, f"{TUESDAY} 10:00")
    assert "support@alpha.localhost" not in text
    assert "E-mail" not in text


def test_what_cannot_be_booked_is_not_offered(stranger):
    SupportTier.objects.filter(name="Gold").update(is_offered=False)
    prices = PriceList.objects.get()
    del prices.prices[str(tier("Silber").pk)]
    prices.save()

    text = text_at(stranger, f"{TUESDAY} 10:00")

    assert "Bronze" in text
    assert "Gold" not in text
    assert "Silber" not in text


def test_a_tier_with_hours_of_its_own_says_so(stranger):
    late = BusinessCalendar.objects.create(name="Spät")
    spec = {"zone": "Europe/Berlin", "weekly": {"6": [["20:00", "23:00"]]}}
    CalendarVersion.objects.create(calendar=late, number=1, valid_from=LONG_AGO, spec=spec)
    SupportTier.objects.filter(name="Gold").update(calendar=late)

    assert "Sunday: 20:00–23:00" in text_at(stranger, f"{TUESDAY} 10:00")


def test_a_price_in_gross_is_shown_with_both(stranger):
    PriceList.objects.update(is_gross=True)

    text = text_at(stranger, f"{TUESDAY} 10:00")

    assert "€59" in text
    assert "€49.58" in text


def test_the_page_runs_a_fixed_number_of_queries(stranger, django_assert_max_num_queries):
    with (
        time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False),
        django_assert_max_num_queries(14),
    ):
        assert stranger.get(URL).status_code == 200


def test_the_front_page_leads_there(stranger):
    assert f'href="{reverse("portal:levels")}"' in stranger.get("/").content.decode()
