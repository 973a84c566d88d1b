import time
from datetime import date

import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts.models import Membership, Organisation, OrganisationDomain
from billing import invoicing
from billing.models import BillingAddress, BillingEvent
from sla.changes import assign_tier
from tests.billing.arranging import admin_of, at, book, cancel, give_supplier
from tests.factories import LONG_AGO, AgentFactory, CustomerFactory, open_ticket, tier


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


@pytest.fixture
def anna(tenant):
    return admin_of()


def listed(browser, **query):
    page = browser.get(reverse("desk:organisations"), query).context["page"]
    return [row.organisation.name for row in page.rows]


def invoice_of(person):
    """What the person's organisation owes for October, as an invoice."""
    book(person, "Gold", "2026-10-01 09:00")
    give_supplier()
    with at("2026-11-01 09:00"):
        invoicing.write(invoicing.start(date(2026, 10, 1)), until=time.monotonic() + 60)
    return person.organisation.invoices.get()


def url(organisation, name="organisation", *more):
    return reverse(f"desk:{name}", args=[organisation.pk, *more])


# The list.


def test_the_list_says_level_booking_people_and_open_tickets(desk, anna):
    CustomerFactory(organisation=anna.organisation)
    open_ticket(anna)
    book(anna, "Gold", "2026-10-01 09:00")

    (row,) = desk.get(reverse("desk:organisations")).context["page"].rows

    assert (row.organisation, row.tier.name) == (anna.organisation, "Gold")
    assert row.booked_since == anna.organisation.subscriptions.get().started_at
    assert (row.people, row.open_tickets) == (2, 1)


@pytest.mark.parametrize(
    "words", ["nord", "TEEHAUS", "@teehaus.example", "haus.ex", "anna.berg@", "Anna B", " nord "]
)
def test_an_organisation_is_found_by_what_an_agent_knows_of_it(desk, tenant, words):
    firm = Organisation.objects.open("Teehaus Nord GmbH")
    OrganisationDomain.objects.create(organisation=firm, domain="teehaus.example")
    CustomerFactory(organisation=firm, email="anna.berg@kunden.example", name="Anna Berg")
    CustomerFactory(organisation=firm, email="anna.berg@firma.example", name="Anna Bergmann")
    Organisation.objects.open("Kaffeerösterei Süd")

    assert listed(desk, q=words) == ["Teehaus Nord GmbH"]


@pytest.mark.parametrize("words", ["gibtesnicht", "%", "\x00zzz", "x" * 500])
def test_what_nobody_is_called_finds_nothing_and_says_what_to_try(desk, anna, words):
    response = desk.get(reverse("desk:organisations"), {"q": words})

    assert response.context["page"].rows == []
    assert "Try a part of the name" in response.content.decode()


def test_the_list_is_in_the_order_of_names_and_goes_on(desk, tenant):
    for number in range(60):
        Organisation.objects.open(f"{'kunde' if number % 2 else 'Kunde'} {number:02}")

    first = desk.get(reverse("desk:organisations"), {"q": "kunde"})
    second = desk.get(first.context["next_page"])

    names = [row.organisation.name.lower() for row in first.context["page"].rows]
    names += [row.organisation.name.lower() for row in second.context["page"].rows]
    assert names == [f"kunde {number:02}" for number in range(60)]
    assert second.context["next_page"] == ""
    assert second.context["first_page"].endswith("/kundenkonten/?q=kunde")


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9" * 30, "²"])
def test_what_is_no_page_is_the_first_one(desk, anna, page):
    assert listed(desk, page=page) == ["Teehaus Nord GmbH"]


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_runs_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    for number in range(count):
        person = admin_of(f"Kunde {number}")
        book(person, "Gold")
        open_ticket(person)

    with django_assert_num_queries(12):
        page = desk.get(reverse("desk:organisations"))

    assert len(page.context["page"].rows) == count


# One organisation.


def test_an_agent_reads_everything_and_may_do_nothing(desk, anna):
    OrganisationDomain.objects.create(organisation=anna.organisation, domain="teehaus.example")
    ticket = open_ticket(anna, subject="Etiketten fehlen")
    book(anna, "Gold")

    page = desk.get(url(anna.organisation))

    text = page.content.decode()
    assert "€59.00" in text
    assert 'Gold booked</span><span class="soft"> · €59.00 net a month' in text
    assert "teehaus.example" in text
    assert "Speicherstraße 1" in text
    assert [one.number for one in page.context["tickets"]] == [ticket.number]
    for name in ("booking", "cancellation", "address"):
        assert url(anna.organisation, f"organisation_{name}") not in text
    assert "Make a plain member" not in text


def test_an_administrator_finds_what_to_do(boss, anna):
    book(anna, "Gold")

    text = boss.get(url(anna.organisation)).content.decode()

    for name in ("booking", "cancellation", "address"):
        assert url(anna.organisation, f"organisation_{name}") in text
    assert url(anna.organisation, "organisation_role", anna.pk) in text


def test_a_cancellation_says_the_last_day_and_can_be_taken_back(boss, anna):
    book(anna, "Gold", "2026-10-01 09:00")
    cancel(anna, "2026-10-12 09:00", at_month_end=True)

    with at("2026-10-12 10:00"):
        boss.force_login(AgentFactory(role="admin"))
        text = boss.get(url(anna.organisation)).content.decode()

    assert "Cancelled: 31 October 2026 is the last day." in text
    assert url(anna.organisation, "organisation_cancellation_revoked") in text


def test_the_month_is_told_as_it_is_booked(boss, anna):
    book(anna, "Bronze", "2026-11-01 09:00")
    book(anna, "Gold", "2026-11-16 09:00")

    with at("2026-11-20 09:00"):
        boss.force_login(AgentFactory(role="admin"))
        page = boss.get(url(anna.organisation))

    assert [(p.name, p.days, p.cents) for p in page.context["parts"]] == [
        ("Bronze", 15, 950),
        ("Gold", 15, 2950),
    ]
    assert (page.context["account"].net, page.context["account"].gross) == (3900, 4641)


def test_a_level_that_was_given_costs_nothing_and_says_so(boss, anna):
    assign_tier(anna.organisation, tier("Gold"), at=LONG_AGO)

    text = boss.get(url(anna.organisation)).content.decode()

    assert "Gold is in force without a booking: it costs nothing." in text


def test_the_history_says_who_did_it_for_the_customer(boss, admin, anna):
    organisation = anna.organisation
    BillingEvent.objects.create(
        organisation=organisation, kind="address", by=admin, by_name="Chefin", is_by_tenant=True
    )

    text = boss.get(url(organisation)).content.decode()

    assert "Address for invoices changed" in text
    assert "Chefin (for the customer)" in text


def test_only_an_administrator_sees_the_invoices(boss, client, anna):
    invoice = invoice_of(anna)

    shown = boss.get(url(anna.organisation))
    client.force_login(AgentFactory())
    hidden = client.get(url(anna.organisation))

    assert shown.context["invoices"] == [invoice]
    assert reverse("desk:invoice", args=[invoice.pk]) in shown.content.decode()
    assert hidden.context["invoices"] == []
    assert invoice.number not in hidden.content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_runs_a_fixed_number_of_queries(boss, django_assert_num_queries, count):
    anna = admin_of()
    for _number in range(count):
        CustomerFactory(organisation=anna.organisation)
        open_ticket(anna)
        book(anna, "Gold")
        cancel(anna)
    book(anna, "Gold")

    with django_assert_num_queries(18):
        page = boss.get(url(anna.organisation))

    assert len(page.context["history"]) == 2 * count + 1


def test_of_many_people_some_are_shown_and_the_others_found(boss, anna):
    for _number in range(51):
        CustomerFactory(organisation=anna.organisation)
    last = CustomerFactory(organisation=anna.organisation, name="Zoe Zander")

    page = boss.get(url(anna.organisation))
    found = boss.get(url(anna.organisation), {"person": "zander"})
    nobody = boss.get(url(anna.organisation), {"person": "gibtesnicht"})

    assert page.context["people"].shown[0].user == anna
    assert len(page.context["people"].shown) == 50
    assert "Not everybody is shown" in page.content.decode()
    assert [one.user for one in found.context["people"].shown] == [last]
    assert "Nobody here has “gibtesnicht”" in nobody.content.decode()


# The address.


ADDRESS = {
    "name": "Teehaus Nord GmbH",
    "street": "Kai 7",
    "postcode": "20457",
    "city": "Hamburg",
    "email": "buchhaltung@teehaus.example",
}


def test_an_administrator_enters_the_address(boss, admin):
    organisation = admin_of(address=False).organisation

    response = boss.post(url(organisation, "organisation_address"), ADDRESS)

    assert response.url == url(organisation)
    assert organisation.billing_address.street == "Kai 7"
    event = organisation.billing_events.get()
    assert (event.kind, event.by, event.is_by_tenant) == ("address", admin, True)


def test_the_form_begins_with_what_is_known(boss):
    anna = admin_of(address=False)

    form = boss.get(url(anna.organisation, "organisation_address")).context["form"]

    assert form.initial["name"] == anna.organisation.name
    assert form.initial["email"] == anna.email


def test_a_stored_address_is_changed_in_place(boss, anna):
    boss.post(url(anna.organisation, "organisation_address"), ADDRESS)

    assert BillingAddress.objects.get().street == "Kai 7"


@pytest.mark.parametrize(("field", "value"), [("postcode", "1"), ("city", ""), ("email", "x")])
def test_a_wrong_address_is_refused_and_kept(boss, anna, field, value):
    response = boss.post(url(anna.organisation, "organisation_address"), {**ADDRESS, field: value})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert BillingAddress.objects.get().street == "Speicherstraße 1"


# Roles.


def test_an_administrator_says_who_books(boss, anna):
    member = CustomerFactory(organisation=anna.organisation, name="Mara Member")

    response = boss.post(
        url(anna.organisation, "organisation_role", member.pk), {"role": "admin"}, follow=True
    )

    assert Membership.objects.get(user=member).is_admin
    assert "Mara Member is administrator now and can book." in response.content.decode()

    boss.post(url(anna.organisation, "organisation_role", member.pk), {"role": "member"})

    assert not Membership.objects.get(user=member).is_admin


@pytest.mark.parametrize("role", ["", "agent", "god"])
def test_there_is_no_other_role(boss, anna, role):
    response = boss.post(
        url(anna.organisation, "organisation_role", anna.pk), {"role": role}, follow=True
    )

    assert "There is no such role." in response.content.decode()
    assert Membership.objects.get(user=anna).is_admin


def test_a_person_of_another_organisation_gets_no_role_here(boss, anna):
    stranger = CustomerFactory()

    response = boss.post(
        url(anna.organisation, "organisation_role", stranger.pk), {"role": "member"}
    )

    assert response.status_code == 404
    assert Membership.objects.get(user=stranger).is_admin


# Who may not.


def test_for_a_customer_there_are_no_such_pages(client, anna):
    client.force_login(anna)

    for path in [
        reverse("desk:organisations"),
        url(anna.organisation),
        url(anna.organisation, "organisation_address"),
    ]:
        assert client.get(path).status_code == 404


def test_the_last_administrator_of_an_organisation_stays(boss, anna):
    CustomerFactory(organisation=anna.organisation)
    path = url(anna.organisation, "organisation_role", anna.pk)

    response = boss.post(path, {"role": "member"}, follow=True)

    assert Membership.objects.get(user=anna).is_admin
    said = "Nothing has changed: an organisation needs an administrator."
    assert said in response.content.decode()


def test_the_last_administrator_of_a_team_is_not_linked_away(desk, anna):
    CustomerFactory(organisation=anna.organisation)
    other = CustomerFactory().organisation
    path = reverse("desk:link", args=[open_ticket(anna).number])

    response = desk.post(path, {"organisation": other.pk}, follow=True)

    assert Membership.objects.get(user=anna).organisation == anna.organisation
    assert "and others belong to it" in response.content.decode()
    assert url(anna.organisation) in response.content.decode()


def test_an_agent_changes_neither_address_nor_roles(desk, anna):
    member = CustomerFactory(organisation=anna.organisation)

    path = url(anna.organisation, "organisation_address")
    assert desk.get(path).status_code == 404
    assert desk.post(path, ADDRESS).status_code == 404
    path = url(anna.organisation, "organisation_role", member.pk)
    assert desk.post(path, {"role": "admin"}).status_code == 404
    assert not Membership.objects.get(user=member).is_admin


def test_another_tenants_organisation_is_not_there(boss, other_tenant):
    with schema_context(other_tenant.schema_name):
        for number in range(3):
            foreign = admin_of(f"Fremd {number}")
        organisation, person = foreign.organisation, foreign.pk

    assert listed(boss, q="Fremd") == []
    assert boss.get(url(organisation)).status_code == 404
    assert boss.get(url(organisation, "organisation_address")).status_code == 404
    path = url(organisation, "organisation_role", person)
    assert boss.post(path, {"role": "member"}).status_code == 404
    with schema_context(other_tenant.schema_name):
        assert Membership.objects.get(user=person).is_admin


# The ticket beside which the booking stands.


def test_the_ticket_says_what_its_customer_has_booked(desk, agent, anna):
    ticket = open_ticket(anna)
    book(anna, "Gold", "2026-10-01 09:00")
    cancel(anna, "2026-10-12 09:00", at_month_end=True)

    with at("2026-10-12 10:00"):
        desk.force_login(agent)
        text = desk.get(reverse("desk:ticket", args=[ticket.number])).content.decode()

    assert url(anna.organisation) in text
    assert "booked since 1 October 2026, €59.00 net a month" in text
    assert "cancelled, last day 31 October 2026" in text


def test_the_ticket_says_nothing_where_nothing_is_booked(desk, customer):
    ticket = open_ticket(customer)

    page = desk.get(reverse("desk:ticket", args=[ticket.number]))

    assert page.context["booked"] is None
    assert "booked since" not in page.content.decode()
