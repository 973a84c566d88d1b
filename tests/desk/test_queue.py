from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import now
from django_tenants.utils import schema_context

from desk import counts, queue
from desk.next_ticket import take_next
from tests.factories import AgentFactory, CustomerFactory, open_ticket, organisation
from tickets import assigning
from tickets.models import Ticket


@pytest.fixture
def url(tenant):
    return reverse("desk:queue")


def numbers(response):
    return [row.ticket.number for row in response.context["rows"]]


def test_queue_shows_gold_before_basis_with_its_promise(client, agent, url):
    basis = open_ticket()
    gold = open_ticket(CustomerFactory(organisation=organisation(booked="Gold")))
    client.force_login(agent)

    response = client.get(url)

    assert numbers(response) == [gold.number, basis.number]
    first, second = response.context["rows"]
    assert (first.promise.tier.name, first.promise.is_guaranteed) == ("Gold", True)
    assert (second.promise.tier.name, second.promise.is_guaranteed) == ("Basis", False)
    assert response.context["counts"]["waiting"] == 2
    assert gold.subject in response.content.decode()


def test_queue_puts_an_unflagged_overdue_guarantee_among_the_overdue(client, agent, url):
    customer = CustomerFactory(organisation=organisation(booked="Gold"))
    open_ticket(customer, received_at=now() - timedelta(days=14))
    client.force_login(agent)

    response = client.get(url)

    assert response.context["rows"][0].promise.is_escalated
    assert response.context["counts"]["overdue"] == 1
    assert response.context["counts"]["due_today"] == 0


def test_an_aged_target_has_risen(agent):
    ticket = open_ticket(received_at=now() - timedelta(days=60))
    Ticket.objects.filter(pk=ticket.pk).update(queue_rank=-3)

    (row,) = queue.page(Ticket.objects.queued()).rows

    assert row.rose


@pytest.mark.parametrize("name", ["queue", "mine", "search", "quarantine"])
def test_desk_asks_strangers_to_sign_in(client, name):
    response = client.get(reverse(f"desk:{name}"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["queue", "mine", "search", "quarantine", "people", "live_token"])
def test_desk_does_not_exist_for_customers(client, customer, name):
    client.force_login(customer)

    assert client.get(reverse(f"desk:{name}")).status_code == 404


def test_queue_never_shows_another_tenants_tickets(client, agent, url, other_tenant):
    with schema_context(other_tenant.schema_name):
        open_ticket(subject="Nur für Beta")
    client.force_login(agent)

    response = client.get(url)

    assert response.context["rows"] == []
    assert "Nur für Beta" not in response.content.decode()


@pytest.mark.parametrize("size", [1, 60])
def test_queue_runs_the_same_few_queries_at_any_size(
    client, agent, url, size, django_assert_num_queries
):
    for _ in range(size):
        open_ticket(CustomerFactory(organisation=organisation()))
    client.force_login(agent)

    with django_assert_num_queries(10):
        response = client.get(url)

    assert len(response.context["rows"]) == min(size, queue.PAGE)


def test_queue_pages_join_without_gap_or_overlap(client, agent, url, monkeypatch):
    monkeypatch.setattr(queue, "PAGE", 3)
    everything = [open_ticket().number for _ in range(8)]
    client.force_login(agent)

    seen, address = [], url
    while address:
        response = client.get(address)
        seen += numbers(response)
        address = response.context["next_page"]

    assert seen == everything
    assert response.context["first_page"] == url


@pytest.mark.parametrize(
    "after", ["", "x", "1.2", "9" * 400, "0.0.0.0.0.0", "1.99999.0.0.1", "٣.0.0.0.0"]
)
def test_queue_begins_at_the_top_when_the_place_is_none(client, agent, url, after):
    ticket = open_ticket()
    client.force_login(agent)

    response = client.get(url, {"after": after})

    assert numbers(response) == [ticket.number]
    assert response.context["first_page"] == ""


def test_queue_begins_at_the_top_when_nothing_is_left_behind_the_place(client, agent, url):
    ticket = open_ticket()
    client.force_login(agent)

    response = client.get(url, {"after": "2.0.253402300799000000.0.1"})

    assert numbers(response) == [ticket.number]


def test_htmx_gets_the_table_alone(client, agent, url):
    open_ticket()
    client.force_login(agent)

    response = client.get(url, headers={"hx-request": "true"})

    assert response.content.decode().lstrip().startswith('<section id="queue"')
    assert "HX-Request" in response.headers["Vary"]


def test_mine_shows_and_counts_what_is_assigned_to_me(client, agent):
    mine, _other = open_ticket(), open_ticket()
    assigning.assign(mine, to=agent, by=agent)
    client.force_login(agent)

    response = client.get(reverse("desk:mine"))

    assert numbers(response) == [mine.number]
    assert response.context["counts"]["waiting"] == 1
    assert response.context["nav"] == {
        "queue": 2,
        "mine": 1,
        "unassigned": 1,
        "quarantine": 0,
        "unclear": 0,
        "notices": 0,
        "calls": 0,
        "forum": 0,
        "failing_pages": "",
    }


def test_queue_can_leave_out_what_somebody_has(client, agent, url):
    mine, free = open_ticket(), open_ticket()
    assigning.assign(mine, to=agent, by=agent)
    client.force_login(agent)

    response = client.get(url, {"only": "unassigned"})

    assert numbers(response) == [free.number]


@pytest.mark.parametrize(("language", "many"), [("de", "1.000+"), ("en", "1,000+")])
def test_a_count_beyond_its_limit_says_so(language, many):
    with translation.override(language):
        shown = [str(counts.Count(n)) for n in (0, 999, 1000, 1001)]

    assert shown == ["0", "999", "1000", many]


def test_next_ticket_is_the_most_urgent_that_nobody_has(client, agent):
    taken = open_ticket(CustomerFactory(organisation=organisation(booked="Gold")))
    assigning.assign(taken, to=AgentFactory(), by=agent)
    silver = open_ticket(CustomerFactory(organisation=organisation(booked="Silber")))
    open_ticket()
    client.force_login(agent)

    response = client.post(reverse("desk:next_ticket"))

    assert response.url == reverse("desk:ticket", args=[silver.number])
    silver.refresh_from_db()
    assert silver.assignee == agent
    assert silver.events.filter(kind="assigned", actor=agent).count() == 1


def test_next_ticket_says_when_there_is_none(client, agent, url):
    client.force_login(agent)

    response = client.post(
        reverse("desk:next_ticket"), follow=True, headers={"accept-language": "en"}
    )

    assert response.redirect_chain == [(url, 302)]
    assert "Every ticket in the queue has somebody already." in response.content.decode()


def test_next_ticket_is_not_taken_by_looking(client, agent):
    ticket = open_ticket()
    client.force_login(agent)

    assert client.get(reverse("desk:next_ticket")).status_code == 405
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_customers_take_no_tickets(client, customer):
    ticket = open_ticket(customer)
    client.force_login(customer)

    assert client.post(reverse("desk:next_ticket")).status_code == 404
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_a_ticket_that_another_agent_is_taking_is_skipped_not_waited_for(fresh_tenant):
    first, second = open_ticket(), open_ticket()
    agents = [AgentFactory(), AgentFactory()]

    with transaction.atomic():
        assert take_next(by=agents[0]).pk == first.pk
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(_take, fresh_tenant, agents[1]).result(timeout=10)

    assert other == second.pk


def test_many_agents_at_once_never_get_the_same_ticket(fresh_tenant):
    tickets = {open_ticket().pk for _ in range(12)}
    agents = [AgentFactory() for _ in range(4)]
    start = Barrier(len(agents))

    def take_three(agent):
        start.wait(timeout=10)
        return [_take(fresh_tenant, agent) for _ in range(3)]

    with ThreadPoolExecutor(len(agents)) as pool:
        taken = [pk for pks in pool.map(take_three, agents) for pk in pks]

    assert sorted(taken) == sorted(tickets)


def _take(tenant, agent):
    connection.set_tenant(tenant)
    try:
        ticket = take_next(by=agent)
        return ticket.pk if ticket else None
    finally:
        connection.close()


def test_queue_of_a_host_of_another_tenant_needs_its_own_sign_in(client, agent, url):
    client.force_login(agent)
    cookies = client.cookies
    elsewhere = Client(headers={"host": "beta.localhost"})
    elsewhere.cookies = cookies

    assert elsewhere.get(url).status_code == 302
