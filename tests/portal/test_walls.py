"""Never another organisation's: every portal URL that names a ticket, a file or a person.

What is foreign answers exactly as what is not there, so no number tells whether it exists.
"""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from accounts.models import Membership
from channels.rating import links
from portal import urls
from tests.factories import CustomerFactory, open_ticket, organisation
from tickets import sharing, writing
from tickets.recording import File
from tickets.states import State

NOWHERE = 999_999
SECRET = "Geheimrezept"


def urls_with_arguments():
    """Every URL of the portal about a ticket, or about a file of one."""
    return [
        pattern.name
        for pattern in urls.urlpatterns
        if re.search(r"tickets/<|anhaenge/<", str(pattern.pattern))
    ]


NAMES = urls_with_arguments()


@pytest.fixture
def teahouse(tenant):
    return organisation()


@pytest.fixture
def foreign(teahouse, agent):
    """A ticket of another organisation with a file, an answer, and a colleague."""
    requester = CustomerFactory(organisation=teahouse)
    ticket = open_ticket(
        requester, subject=SECRET, text=SECRET, files=(File("plan.txt", "text/plain", b"x"),)
    )
    colleague = CustomerFactory(organisation=teahouse)
    sharing.share(ticket, [colleague], by=requester)
    writing.reply(ticket, author=agent, text=SECRET, state=State.SOLVED)
    ticket.refresh_from_db()
    return ticket


def arguments(name, ticket, pk):
    """What a URL needs, of a ticket and a file that are there, or of none."""
    if name == "attachment":
        return [pk]
    if name == "participation":
        return [ticket.number if ticket else NOWHERE, ticket.requester_id if ticket else 1]
    return [ticket.number if ticket else NOWHERE]


def typed():
    return {
        "text": "Hallo",
        "subject": "Hallo",
        "form_id": str(uuid.uuid4()),
        "is_good": "yes",
        "person": "1",
        "number": "+4930123456",
        "files": SimpleUploadedFile("a.txt", b"a"),
    }


def answers(client, address):
    """What is answered to looking and to acting; never a redirect to anything."""
    return [
        (response.status_code, re.sub(r'"[\w-]{40,}"', "", response.content.decode()))
        for response in (client.get(address), client.post(address, typed()))
    ]


def assert_walled_off(client, ticket):
    before = ticket.state, ticket.participants.count(), ticket.messages.count()
    pk = ticket.messages.first().attachments.get().pk
    for name in NAMES:
        foreign = reverse(f"portal:{name}", args=arguments(name, ticket, pk))
        nowhere = reverse(f"portal:{name}", args=arguments(name, None, NOWHERE))
        told, nothing = answers(client, foreign), answers(client, nowhere)
        assert {status for status, _body in told} <= {404, 405}, name
        assert [status for status, _body in told] == [status for status, _body in nothing], name
        assert SECRET not in told[0][1] + told[1][1], name
    ticket.refresh_from_db()
    assert (ticket.state, ticket.participants.count(), ticket.messages.count()) == before


def assert_not_found(client, ticket):
    for query in (f"?q={SECRET}", f"?q={ticket.number}", f"?q=%23{ticket.number}", "?whose=shared"):
        for state in ("", "&state=done", "&state=open"):
            page = client.get(f"{reverse('portal:tickets')}{query}{state}")
            assert page.context["tickets"] == []
    assert SECRET not in client.get(reverse("portal:home")).content.decode()


def test_the_walk_knows_every_url_about_tickets():
    assert {"ticket", "reply", "closure", "reopening", "rating", "sharing"} <= set(NAMES)
    assert {"participation", "ticket_pdf", "explanation", "attachment", "ticket_call"} <= set(NAMES)


@pytest.mark.parametrize("role", list(Membership.Role))
def test_another_organisations_ticket_is_not_there(client, foreign, role):
    other = CustomerFactory()
    other.join(other.organisation, role)
    open_ticket(other)
    client.force_login(other)

    assert_walled_off(client, foreign)
    for query in (SECRET, foreign.number):
        assert client.get(f"{reverse('portal:tickets')}?q={query}").context["tickets"] == []


@pytest.mark.parametrize("was", ["colleague", "admin", "requester", "participant"])
def test_a_former_colleague_is_a_stranger(client, foreign, teahouse, was):
    person = CustomerFactory(organisation=teahouse)
    if was == "admin":
        person.join(teahouse, Membership.Role.ADMIN)
    elif was == "requester":
        person = foreign.requester
    elif was == "participant":
        sharing.share(foreign, [person], by=foreign.requester)
    person.join(organisation("Neue Stelle"), Membership.Role.ADMIN)
    client.force_login(person)

    assert_walled_off(client, foreign)
    assert_not_found(client, foreign)


def test_a_colleague_without_a_part_in_it_is_one_too(client, foreign, teahouse):
    client.force_login(CustomerFactory(organisation=teahouse))

    assert_walled_off(client, foreign)
    assert_not_found(client, foreign)


def test_an_admin_who_reads_along_acts_on_nothing(client, foreign, teahouse):
    admin = CustomerFactory(organisation=teahouse)
    admin.join(teahouse, Membership.Role.ADMIN)
    client.force_login(admin)

    for name in ("reply", "closure", "reopening", "rating"):
        address = reverse(f"portal:{name}", args=[foreign.number])
        assert client.post(address, typed()).status_code == 404
    assert client.get(reverse("portal:ticket", args=[foreign.number])).status_code == 200


def test_another_tenants_ticket_is_not_there(client, tenant, other_tenant):
    person = CustomerFactory()
    client.force_login(person)
    with schema_context(other_tenant.schema_name):
        theirs = CustomerFactory(email=person.email)
        ticket = open_ticket(
            theirs, subject=SECRET, text=SECRET, files=(File("plan.txt", "text/plain", b"x"),)
        )
        pk = ticket.messages.first().attachments.get().pk
        token = links.token(ticket)

    for name in NAMES:
        address = reverse(f"portal:{name}", args=arguments(name, ticket, pk))
        assert {status for status, _body in answers(client, address)} <= {404, 405}, name
    assert client.get(reverse("portal:rating_link", args=[token])).status_code == 404
    assert client.get(f"{reverse('portal:tickets')}?q={SECRET}").context["tickets"] == []


def test_a_session_of_one_tenant_opens_nothing_in_another(client, foreign, other_tenant):
    client.force_login(foreign.requester)
    abroad = Client(headers={"host": "beta.localhost"})
    abroad.cookies = client.cookies

    response = abroad.get(reverse("portal:ticket", args=[foreign.number]))

    assert response.status_code == 302
    assert reverse("account_login") in response.url


@pytest.mark.parametrize("number", [0, 10**17, 10**30])
def test_impossible_numbers_are_not_there(client, customer, number):
    client.force_login(customer)

    assert client.get(f"/tickets/{number}/").status_code == 404
    assert client.get(f"/anhaenge/{number}/").status_code == 404
    assert client.get(f"/tickets/?q={number}").status_code == 200


def test_a_file_of_a_note_is_nobodys_in_the_portal(client, agent, customer):
    ticket = open_ticket(customer)
    note = writing.add_note(
        ticket, author=agent, text=SECRET, files=(File("n.txt", "text/plain", b"x"),)
    )
    client.force_login(customer)

    address = reverse("portal:attachment", args=[note.attachments.get().pk])
    assert client.get(address).status_code == 404
    assert SECRET not in client.get(reverse("portal:ticket", args=[ticket.number])).content.decode()
    assert client.get(f"/tickets/?q={SECRET}").context["tickets"] == []
