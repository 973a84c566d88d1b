import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts.models import Membership
from portal import statement
from sla.changes import assign_tier
from tests.factories import AgentFactory, CustomerFactory, open_ticket, tier
from tests.sla.arranging import answer, opened
from tests.sla.moments import TUESDAY, berlin
from tickets import changing
from tickets.models import Ticket
from tickets.states import State

MONTHS = "/zusagen/"
MARCH = "/zusagen/2026-03/"


@pytest.fixture(autouse=True)
def _april(tenant):
    with time_machine.travel(berlin("2026-04-15 12:00")):
        yield


def asked(anna, at=f"{TUESDAY} 09:00", **more):
    return opened(requester=anna, at=at, **more)


def lines(portal, path=MARCH):
    found = portal.get(path).context["statement"].lines
    return [(line.ticket.number, statement.outcome_of(line).value) for line in found]


def test_month_lists_what_was_promised_and_what_became_of_it(portal, anna):
    kept, missed, withdrawn = asked(anna), asked(anna), asked(anna)
    answer(kept, AgentFactory(), f"{TUESDAY} 10:00")
    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        changing.change_state(withdrawn, State.CLOSED, by=anna)

    response = portal.get(MARCH)

    assert lines(portal) == [
        (kept.number, "kept"),
        (missed.number, "broken"),
        (withdrawn.number, "none"),
    ]
    page = response.content.decode()
    for said in (
        "Our promises in March 2026",
        "Teehaus Nord GmbH",
        f"#{kept.number} Frage",
        "Gold",
        "guaranteed, 4 h",
        "Guarantee missed",
        "Withdrawn",
        "We missed 1 of 2 promises. We are sorry.",
        "Guaranteed: 3, of them 1 kept and 1 missed.",
    ):
        assert said in page


def test_missed_target_is_not_called_a_missed_guarantee(portal, anna):
    asked(anna, channel="facebook")

    page = portal.get(MARCH).content.decode()

    assert "Target missed" in page
    assert "Guarantee missed" not in page
    assert "Targets: 1, of them 0 met and 1 missed." in page


def test_all_kept_is_said_in_one_sentence(portal, anna):
    answer(asked(anna), AgentFactory(), f"{TUESDAY} 10:00")

    assert "We kept our promise." in portal.get(MARCH).content.decode()


def test_months_reach_from_the_first_ticket_to_this_one(portal, anna):
    asked(anna, "2026-01-31 23:30")
    asked(anna)

    months = portal.get(MONTHS).context["months"]

    assert [(f"{one.first:%Y-%m}", one.counts.all) for one in months] == [
        ("2026-04", 0),
        ("2026-03", 1),
        ("2026-02", 0),
        ("2026-01", 1),
    ]


@pytest.mark.parametrize(("at", "number"), [("2026-02-28 23:59", 0), ("2026-03-01 00:00", 1)])
def test_months_begin_at_local_midnight(portal, anna, at, number):
    asked(anna, "2026-02-01 00:00")
    asked(anna, at)

    assert len(lines(portal)) == number


def test_a_member_sees_only_their_own_and_the_admin_all(client, portal, anna):
    own = asked(anna)
    colleague = CustomerFactory(organisation=anna.organisation)
    theirs = asked(colleague)

    as_member = lines(portal)
    anna.join(anna.organisation, Membership.Role.ADMIN)

    assert as_member == [(own.number, "broken")]
    assert lines(portal) == [(own.number, "broken"), (theirs.number, "broken")]
    assert str(colleague) in portal.get(MARCH).content.decode()


def test_nothing_of_others_is_in_a_statement(portal, anna, other_tenant):
    own = asked(anna)
    opened("Gold")
    with schema_context(other_tenant.schema_name):
        opened("Gold")

    assert lines(portal) == [(own.number, "broken")]


def test_nothing_is_said_about_tickets_that_nobody_has_confirmed(portal, anna):
    asked(anna, is_verified=False)

    assert portal.get(MONTHS).context["months"] == []
    assert portal.get(MARCH).status_code == 404


def test_nothing_is_said_to_who_has_not_confirmed_their_address(portal, anna):
    asked(anna)
    EmailAddress.objects.filter(user=anna).delete()

    page = portal.get(MONTHS)

    assert page.context["months"] == []
    assert "Please confirm your address first" in page.content.decode()
    assert portal.get(MARCH).status_code == 404


def test_better_promise_takes_the_place_of_the_one_before(portal, anna):
    assign_tier(anna.organisation, tier("Basis"), at=berlin("2026-03-03 09:00"))
    ticket = asked(anna)
    assign_tier(anna.organisation, tier("Gold"), at=berlin(f"{TUESDAY} 10:00"))

    assert lines(portal) == [(ticket.number, "broken")]
    assert portal.get(MONTHS).context["months"][1].counts.all == 1


def test_spam_was_promised_nothing(portal, anna):
    with time_machine.travel(berlin(f"{TUESDAY} 10:00"), tick=False):
        changing.change_state(asked(anna), State.SPAM, by=AgentFactory())

    assert lines(portal) == []
    assert "No tickets in this month" in portal.get(MARCH).content.decode()


def test_long_months_are_cut_but_counted_whole(portal, anna, monkeypatch):
    monkeypatch.setattr(statement, "MOST_LINES", 2)
    for _ in range(3):
        asked(anna)

    response = portal.get(MARCH)

    assert len(response.context["statement"].lines) == 2
    assert "the sums count 1 more" in response.content.decode()


@pytest.mark.parametrize("path", ["2026-02", "2026-05", "2026-13", "0000-01", "9999-12", "26-3"])
def test_other_months_do_not_exist(portal, anna, path):
    asked(anna)

    assert portal.get(f"{MONTHS}{path}/").status_code == 404


@pytest.mark.parametrize("url", [MONTHS, MARCH])
def test_agents_are_led_to_the_desk(client, agent, url):
    client.force_login(agent)

    assert client.get(url).url == reverse("desk:queue")


@pytest.mark.parametrize("url", [MONTHS, MARCH])
def test_strangers_are_asked_to_sign_in(client, url):
    assert client.get(url).url == f"{reverse('account_login')}?next={url}"


def test_list_of_tickets_leads_to_the_statements(portal):
    assert f'href="{MONTHS}"' in portal.get(reverse("portal:tickets")).content.decode()


def test_newcomer_is_told_that_nothing_was_promised_yet(portal):
    assert "No promises yet" in portal.get(MONTHS).content.decode()


@pytest.mark.parametrize("count", [1, 12])
def test_statement_runs_a_fixed_number_of_queries(portal, anna, count, django_assert_num_queries):
    for _ in range(count):
        asked(anna)

    with django_assert_num_queries(16):
        response = portal.get(MARCH)

    assert len(response.context["statement"].lines) == Ticket.objects.count() == count


def test_open_promise_is_still_ahead(portal, anna):
    with time_machine.travel(berlin("2026-04-15 11:00")):
        open_ticket(anna)

    page = portal.get("/zusagen/2026-04/").content.decode()

    assert "One answer is still ahead, and in time." in page
    assert "Still open" in page
