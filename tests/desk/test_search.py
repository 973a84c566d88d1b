import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from desk.views import search
from tests.factories import CustomerFactory, open_ticket


def find(desk, query, **more):
    return desk.get(reverse("desk:search"), {"q": query, **more})


def numbers(response):
    return [ticket.number for ticket in response.context["tickets"]]


@pytest.mark.parametrize(
    "query", ["Rechnungen", "rechnung", "MÜLLER", "mueller", "Straße", "strasse"]
)
def test_words_are_found_in_any_spelling(desk, query):
    customer = CustomerFactory(name="Frau Müller")
    ticket = open_ticket(customer, subject="Meine Rechnung", text="An die Straße geliefert.")
    open_ticket(subject="Anderes", text="Etwas ganz anderes.")

    assert numbers(find(desk, query)) == [ticket.number]


def test_a_number_finds_its_ticket(desk, ticket):
    open_ticket()

    assert numbers(find(desk, str(ticket.number))) == [ticket.number]


def test_a_number_with_a_hash_leads_straight_to_the_ticket(desk, ticket):
    response = find(desk, f"#{ticket.number}")

    assert (response.status_code, response.url) == (
        302,
        reverse("desk:ticket", args=[ticket.number]),
    )


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "\x00",
        "#",
        "#99999999999999999999999",
        "' OR 1=1 --",
        '"',
        "-",
        "a" * 5000,
        "% _ \\",
    ],
)
def test_odd_queries_find_nothing_and_break_nothing(desk, ticket, query):
    response = find(desk, query)

    assert response.status_code == 200
    assert numbers(response) == []


def test_search_never_finds_another_tenants_tickets(desk, other_tenant):
    with schema_context(other_tenant.schema_name):
        theirs = open_ticket(subject="Lagerbestand")

    assert numbers(find(desk, "Lagerbestand")) == []
    assert find(desk, f"#{theirs.number}").status_code == 200


def test_pages_of_hits_join(desk, monkeypatch):
    monkeypatch.setattr(search, "PAGE", 2)
    everything = [open_ticket(subject="Import").number for _ in range(5)]

    response = find(desk, "Import")
    seen = numbers(response)
    while address := response.context["next_page"]:
        response = desk.get(address)
        seen += numbers(response)

    assert sorted(seen) == sorted(everything)
    assert response.context["first_page"] == f"{reverse('desk:search')}?q=Import"


@pytest.mark.parametrize("hits", [1, 20])
def test_search_runs_a_fixed_number_of_queries(desk, hits, django_assert_num_queries):
    for _ in range(hits):
        open_ticket(subject="Versand")

    with django_assert_num_queries(7):
        response = find(desk, "Versand")

    assert len(numbers(response)) == hits
