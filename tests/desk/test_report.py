import csv
import io
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.urls import reverse
from django_tenants.utils import schema_context

from desk import report_export, report_lists
from desk.report_chart import Week, draw
from desk.report_form import ReportForm, days_of
from desk.templatetags.reports import percent
from sla.report import Counts
from tests.factories import CustomerFactory, open_ticket, organisation, tier
from tests.sla.arranging import answer, opened, write_again
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin
from tickets.models import Ticket

REPORT = "/desk/berichte/zusagen/"
TICKETS = "/desk/berichte/zusagen/tickets/"
EXPORT = "/desk/berichte/zusagen/export/"
MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


@pytest.fixture(autouse=True)
def _april(tenant):
    with time_machine.travel(berlin("2026-04-15 12:00")):
        yield


@pytest.fixture
def promised(agent):
    """One guarantee kept, one broken; one target kept, one open."""
    kept, met = opened("Gold"), opened("Basis")
    answer(kept, agent, f"{TUESDAY} 10:00")
    answer(met, agent, f"{TUESDAY} 11:30")
    return {
        "kept": kept,
        "met": met,
        "broken": opened("Silber"),
        "withdrawn": withdrawn(opened("Basis")),
    }


def withdrawn(ticket):
    from tickets import changing
    from tickets.states import State

    with time_machine.travel(berlin(f"{TUESDAY} 12:00"), tick=False):
        changing.change_state(ticket, State.CLOSED, by=ticket.requester)
    return ticket


def numbers(response):
    return sorted(promise.ticket.number for promise in response.context["promises"])


def exported(desk, **query):
    content = b"".join(desk.get(EXPORT, {**MARCH, **query}).streaming_content).decode()
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff")), delimiter=";"))


def test_page_shows_what_was_promised_and_what_became_of_it(desk, promised):
    response = desk.get(REPORT, MARCH)

    context = response.context
    assert [cell.number for cell in context["total"].cells] == [4, 2, 1, 0, 1]
    assert [[cell.number for cell in row.cells] for row in context["promised"]] == [
        [2, 1, 1, 0, 0],
        [2, 1, 0, 0, 1],
    ]
    assert {row.name: [cell.number for cell in row.cells] for row in context["rows"]} == {
        "Gold": [1, 1, 0, 0, 0],
        "Silber": [1, 0, 1, 0, 0],
        "Basis": [2, 1, 0, 0, 1],
    }
    assert (context["times"].median, context["times"].percentile_90) == (60, 150)
    page = response.content.decode()
    assert "66.6%" in page
    assert page.count("<svg class=") >= 2


@pytest.mark.parametrize("by", ["tier", "channel", "team", "agent", "organisation"])
def test_every_number_leads_to_exactly_the_tickets_behind_it(desk, promised, by):
    context = desk.get(REPORT, {**MARCH, "by": by}).context

    rows = [*context["rows"], *context["promised"], context["total"]]
    seen = {
        (row.name, cell.outcome): len(numbers(desk.get(cell.url)))
        for row in rows
        for cell in row.cells
    }
    assert seen == {(row.name, cell.outcome): cell.number for row in rows for cell in row.cells}
    assert sum(row.cells[0].number for row in context["rows"]) == 4


def test_row_leads_to_a_report_of_its_own(desk, promised):
    rows = desk.get(REPORT, {**MARCH, "by": "organisation"}).context["rows"]

    seen = [desk.get(row.url).context for row in rows]

    assert [context["total"].cells[0].number for context in seen] == [1] * 4
    assert [context["organisation"].name for context in seen] == [row.name for row in rows]


def test_filters_apply_to_page_list_and_file_alike(desk, promised, agent):
    query = {**MARCH, "guaranteed": "yes", "agent": str(agent.pk)}

    page, listed = desk.get(REPORT, query), desk.get(TICKETS, query)

    assert page.context["total"].cells[0].number == 1
    assert numbers(listed) == [promised["kept"].number]
    assert [line[0] for line in exported(desk, **query)[1:]] == [str(promised["kept"].number)]


def test_kind_decides_between_first_responses_and_follow_ups(desk, promised):
    write_again(promised["kept"], f"{WEDNESDAY} 09:00")

    counted = {
        kind: desk.get(REPORT, {**MARCH, "kind": kind}).context["total"].cells[0].number
        for kind in ("", "next", "all")
    }

    assert counted == {"": 4, "next": 1, "all": 5}


@pytest.mark.parametrize(
    ("span", "days"),
    [
        ("week", ("2026-04-13", "2026-04-19")),
        ("last_week", ("2026-04-06", "2026-04-12")),
        ("month", ("2026-04-01", "2026-04-30")),
        ("last_month", ("2026-03-01", "2026-03-31")),
        ("quarter", ("2026-04-01", "2026-06-30")),
        ("nonsense", ("2026-04-01", "2026-04-30")),
    ],
)
def test_named_periods_are_whole_local_weeks_months_and_quarters(desk, span, days):
    context = desk.get(REPORT, {"period": span}).context

    shown = (context["form"]["since"].value(), context["form"]["until"].value())
    assert shown == days


@pytest.mark.parametrize(
    ("today", "last_month", "quarter"),
    [
        ("2026-01-31", ("2025-12-01", "2025-12-31"), ("2026-01-01", "2026-03-31")),
        ("2024-03-31", ("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-03-31")),
        ("2026-12-31", ("2026-11-01", "2026-11-30"), ("2026-10-01", "2026-12-31")),
    ],
)
def test_months_and_quarters_end_on_their_last_day(today, last_month, quarter):
    day = date.fromisoformat(today)

    def written(span):
        first, last = days_of(span, day)
        return first.isoformat(), last.isoformat()

    assert (written("last_month"), written("quarter")) == (last_month, quarter)


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({"since": "2026-03-31", "until": "2026-03-01"}, "until", "ends before it begins"),
        ({"since": "31.02.2026", "until": "2026-03-01"}, "since", "no date"),
        ({"since": "2026-03-01", "until": "\x00"}, "until", "no date"),
        ({"since": "2026-03-01"}, "until", "first and its last day"),
        ({"until": "2026-03-01"}, "since", "first and its last day"),
        ({"since": "2020-03-01", "until": "2026-03-31"}, "until", "at most 5 years"),
        ({"since": "0001-01-01", "until": "0001-02-01"}, "until", "1991 to 2099"),
        ({"since": "9999-12-01", "until": "9999-12-31"}, "until", "1991 to 2099"),
        ({"tier": "999"}, "tier", "choice"),
        ({"tier": "9" * 40}, "tier", "choice"),
        ({"agent": "' OR 1=1"}, "agent", "choice"),
        ({"outcome": "glorious"}, "outcome", "choice"),
        ({"channel": "pigeon"}, "channel", "choice"),
        ({"organisation": "x"}, "organisation", "choice"),
        ({"customer": "a\x00b"}, "customer", "Null characters"),
    ],
)
@pytest.mark.parametrize("path", [REPORT, TICKETS, EXPORT])
def test_wrong_input_is_named_and_the_page_still_works(desk, path, query, field, said):
    response = desk.get(path, query)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert said in str(response.context["form"].errors[field])
    page = response.content.decode()
    assert "Something in the filters is not right." in page
    if field in ("since", "until"):
        assert response.context["period"] == "April 2026"


def test_report_shows_all_outcomes_even_if_its_address_names_one(desk, promised):
    context = desk.get(REPORT, {**MARCH, "outcome": "kept"}).context

    assert [cell.number for cell in context["total"].cells] == [4, 2, 1, 0, 1]


def test_wrong_period_keeps_the_other_filters(desk, promised):
    gold = tier("Gold").pk

    context = desk.get(REPORT, {"since": "x", "until": "y", "tier": gold}).context

    assert context["form"]["tier"].value() == str(gold)
    assert {"tier": [str(gold)]}.items() <= parse_qs(urlsplit(context["export"]).query).items()


def test_what_is_no_date_stays_in_its_field(desk):
    page = desk.get(REPORT, {"since": "31.02.2026", "until": "2026-03-31"}).content.decode()

    assert '<input type="text" name="since" value="31.02.2026"' in page
    assert '<input type="date" name="until" value="2026-03-31"' in page


def test_days_are_read_as_germans_write_them_too(desk, promised):
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    response = desk.get(REPORT, {"since": "01.03.2026", "until": "31.03.2026"})

    assert response.context["period"] == "März 2026"


def test_period_without_promises_says_what_to_do(desk):
    page = desk.get(REPORT, {"since": "2001-01-01", "until": "2001-01-31"}).content.decode()

    assert "Choose a longer period or fewer filters." in page


def test_pages_of_tickets_join(desk, agent, monkeypatch):
    monkeypatch.setattr(report_lists, "PAGE", 2)
    everything = [opened("Gold").number for _ in range(5)]

    response = desk.get(TICKETS, {**MARCH, "outcome": "broken"})
    seen = [promise.ticket.number for promise in response.context["promises"]]
    while address := response.context["next_page"]:
        response = desk.get(address)
        seen += [promise.ticket.number for promise in response.context["promises"]]

    assert seen == everything[::-1]


@pytest.mark.parametrize("count", [1, 12])
def test_list_of_tickets_runs_a_fixed_number_of_queries(
    desk, agent, count, django_assert_num_queries
):
    for _ in range(count):
        answer(opened("Gold"), agent, f"{TUESDAY} 10:00")

    with django_assert_num_queries(13):
        response = desk.get(TICKETS, MARCH)

    assert len(numbers(response)) == count


@pytest.mark.parametrize("count", [1, 12])
def test_report_page_runs_a_fixed_number_of_queries(desk, agent, count, django_assert_num_queries):
    for _ in range(count):
        answer(opened("Gold"), agent, f"{TUESDAY} 10:00")

    with django_assert_num_queries(22):
        response = desk.get(REPORT, {**MARCH, "by": "organisation"})

    assert len(response.context["rows"]) == count


def test_file_holds_each_promise_with_all_its_moments(desk, agent):
    ticket = opened("Gold")
    answer(ticket, agent, f"{TUESDAY} 10:00:30")

    head, line = exported(desk)

    assert len(head) == len(line) == 17
    assert line == [
        str(ticket.number),
        "Frage",
        "Teehaus Nord GmbH",
        "Gold",
        "yes",
        "First response",
        "Ticket opened",
        "E-mail",
        "",
        "Jana Lind",
        "2026-03-10T09:00:00+01:00",
        "2026-03-10T13:00:00+01:00",
        "2026-03-10T10:00:30+01:00",
        "2026-03-10T10:00:30+01:00",
        "",
        "Kept",
        "61",
    ]


def test_file_is_utf_8_with_a_mark_and_named_after_its_period(desk, promised):
    response = desk.get(EXPORT, MARCH)

    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbf")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="zusagen_2026-03-01_2026-03-31.csv"'
    )


@pytest.mark.parametrize("subject", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "＝1", '=1;"x"'])
def test_no_cell_of_the_file_is_a_formula(desk, subject):
    ticket = opened("Gold")
    Ticket.objects.filter(pk=ticket.pk).update(subject=subject)

    assert exported(desk)[1][1] == f"'{subject}"


@pytest.mark.parametrize(
    ("subject", "cell"),
    [
        ("Tee,=1+1", "Tee,'=1+1"),
        ("Tee; +49", "Tee; '+49"),
        ("\ufeff=1", "'=1"),
        ("Tee - grün", "Tee - grün"),
    ],
)
def test_nor_is_what_another_separator_would_make_a_cell(desk, subject, cell):
    ticket = opened("Gold")
    Ticket.objects.filter(pk=ticket.pk).update(subject=subject)

    assert exported(desk)[1][1] == cell


def test_file_is_whole_however_many_batches_it_takes(desk, monkeypatch):
    monkeypatch.setattr(report_export, "BATCH", 2)
    everything = [str(opened("Gold").number) for _ in range(5)]

    assert [line[0] for line in exported(desk)[1:]] == everything


def test_file_speaks_the_readers_language_to_its_end(desk, promised, monkeypatch):
    monkeypatch.setattr(report_export, "BATCH", 1)

    assert {line[4] for line in exported(desk)[1:]} == {"yes", "no"}


def test_another_tenants_promises_are_in_no_part_of_the_report(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = open_ticket(CustomerFactory(organisation=organisation("Fremd AG")))

    april = {"since": "2026-04-01", "until": "2026-04-30"}
    assert desk.get(REPORT, april).context["total"].cells[0].number == 0
    assert numbers(desk.get(TICKETS, april)) == []
    assert len(exported(desk, **april)) == 1
    query = {**april, "organisation": theirs.organisation_id + 1000}
    assert desk.get(REPORT, query).status_code == 422


@pytest.mark.parametrize("path", [REPORT, TICKETS, EXPORT])
def test_report_does_not_exist_for_customers_and_strangers_sign_in(client, customer, path):
    assert client.get(path).url == f"{reverse('account_login')}?next={path}"

    client.force_login(customer)
    assert client.get(path).status_code == 404


def test_tenant_admins_see_the_report(client, admin):
    client.force_login(admin)

    assert client.get(REPORT).status_code == 200


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, "–"), (0, "0%"), (1, "100%"), (0.9996, "99.9%"), (2 / 3, "66.6%"), (0.29, "29%")],
)
def test_share_is_cut_so_that_only_all_is_100_percent(tenant, share, said):
    from django.utils.translation import override

    with override("en"):
        assert percent(share) == said


def test_columns_show_even_the_smallest_part():
    weeks = [
        Week(date(2026, 3, 2), Counts(kept=9999, broken=1)),
        Week(date(2026, 3, 9), Counts()),
        Week(date(2026, 3, 16), Counts(broken=3)),
        Week(date(2026, 3, 23), Counts(kept=1, open=4)),
    ]

    columns = draw("wide", weeks, 920).columns

    assert [(one.kept, one.broken) for one in columns] == [(148, 1), (0, 0), (0, 150), (150, 0)]
    assert [one.number for one in columns] == [True, False, True, True]


def test_five_years_of_weeks_fit_into_the_narrowest_picture():
    weeks = [Week(date(2026, 3, 2), Counts(kept=1))] * 262

    columns = draw("narrow", weeks, 312).columns

    assert min(one.x for one in columns) >= 46
    assert max(one.x + one.width for one in columns) <= 313
    assert 2 <= sum(bool(one.label) for one in columns) <= 5


def test_form_offers_the_people_who_ever_answered(tenant, agent):
    agent.is_active = False
    agent.save()

    choices = ReportForm({}).fields["agent"].choices

    assert (str(agent.pk), "Jana Lind") in choices
