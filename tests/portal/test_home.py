import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from sla.tiers import default_calendar
from tenants.models import Route
from tests.factories import open_ticket

URL = "/"
# A Wednesday, 12:00 and 20:00 in Berlin.
NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
EVENING = datetime(2026, 6, 10, 18, 0, tzinfo=UTC)


def test_strangers_see_how_to_reach_the_tenant(client):
    response = client.get(URL)

    page = response.content.decode()
    assert response.status_code == 200
    assert "Alpha GmbH" in page
    assert "support@alpha.localhost" in page
    assert reverse("account_login") in page
    assert "tier" not in response.context


def test_pages_of_one_reader_may_take_each_others_place(portal):
    stranger = Client(headers={"host": "alpha.localhost", "accept-language": "en"})

    def shell(browser, path):
        found = re.search(r'data-shell="([^"]*)"', browser.get(path).content.decode())
        return found and found.group(1)

    assert shell(stranger, URL) == shell(stranger, reverse("portal:faq"))
    assert shell(portal, URL) == shell(portal, reverse("portal:tickets"))
    assert shell(portal, URL) != shell(stranger, URL)
    # An application of its own is loaded as a whole.
    assert shell(stranger, reverse("account_login")) is None


@pytest.mark.parametrize(
    ("moment", "is_open", "next_change"),
    [
        (NOON, True, datetime(2026, 6, 10, 15, 0, tzinfo=UTC)),
        (EVENING, False, datetime(2026, 6, 11, 7, 0, tzinfo=UTC)),
    ],
)
def test_home_says_whether_somebody_is_there(client, moment, is_open, next_change):
    with time_machine.travel(moment, tick=False):
        hours = client.get(URL).context["hours"]

    assert hours.is_open is is_open
    assert (hours.closes_at or hours.opens_at) == next_change


def test_customers_see_their_latest_tickets_and_their_tier(portal, anna):
    mine = open_ticket(anna)
    open_ticket()

    response = portal.get(URL)

    assert [ticket.pk for ticket in response.context["tickets"]] == [mine.pk]
    assert response.context["tier"].name == "Gold"


def test_who_is_not_confirmed_hears_nothing_of_tiers(portal, anna):
    EmailAddress.objects.filter(user=anna).update(verified=False)

    response = portal.get(URL)

    assert response.context["tier"] is None
    assert "Gold" not in response.content.decode()


def test_agents_may_look_at_the_front_page(client, agent):
    client.force_login(agent)

    assert client.get(URL).status_code == 200


def test_home_works_without_a_mail_address(client, tenant):
    with schema_context("public"):
        Route.objects.filter(tenant=tenant).delete()

    assert client.get(URL).context["support_address"] == ""


@pytest.mark.parametrize("count", [1, 20])
def test_home_runs_a_fixed_number_of_queries(portal, anna, count, django_assert_num_queries):
    for _ in range(count):
        open_ticket(anna)

    with django_assert_num_queries(14):
        portal.get(URL)


def test_looking_is_all_one_can_do_on_the_front_page(client):
    assert client.post(URL).status_code == 405


def test_hours_that_are_not_in_force_yet_are_not_told(client):
    calendar = default_calendar()
    old = calendar.versions.get()
    calendar.versions.create(
        number=old.number + 1,
        valid_from=NOON + timedelta(days=30),
        spec={**old.spec, "weekly": {}},
    )

    with time_machine.travel(NOON, tick=False):
        hours = client.get(URL).context["hours"]

    assert hours is not None
    assert hours.is_open
