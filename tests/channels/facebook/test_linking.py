"""Somebody on Facebook is a customer whom we know: asked by an agent, confirmed by the customer.

The link shows a number in the portal, and the number goes back into the conversation.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import User
from channels.facebook import linking
from channels.facebook.models import FacebookPerson
from tests.factories import CustomerFactory, open_ticket, organisation
from tickets import writing
from tickets.models import Channel, Message, Ticket

SITE = "http://alpha.localhost/"


@pytest.fixture
def customer(tenant) -> User:
    return CustomerFactory(name="Eva Muster", organisation=organisation(booked="Gold"))


@pytest.fixture
def ticket(facebook) -> Ticket:
    facebook.write("Wo ist mein Paket?")
    facebook.follow_up()
    return Ticket.objects.get(channel=Channel.FACEBOOK)


@pytest.fixture
def portal(client, customer) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(customer)
    return client


@pytest.fixture
def desk(agent) -> Client:
    browser = Client(headers={"host": "alpha.localhost", "accept-language": "en"})
    browser.force_login(agent)
    return browser


def person() -> FacebookPerson:
    return FacebookPerson.objects.select_related("user", "page").get()


def asked(facebook, ticket, customer, agent) -> str:
    """The path of the link that arrived in the conversation."""
    linking.ask(ticket, customer, by=agent, base_url=SITE)
    facebook.send()
    return re.search(r"http://alpha\.localhost(/\S+)", facebook.received()[-1])[1]


def number_on(page) -> str:
    return re.search(r"\d{4} \d{4}", page.content.decode())[0]


def confirmed(facebook, ticket, portal, customer, agent) -> str:
    """Eva reads the number in the portal and writes it in the conversation; returns the path."""
    path = asked(facebook, ticket, customer, agent)
    facebook.write(number_on(portal.get(path)))
    return path


def test_customers_of_the_same_name_are_suggested(desk, ticket, customer):
    CustomerFactory(name="Eva Anders")

    page = desk.get(reverse("desk:facebook_person", args=[ticket.number]))
    side = desk.get(reverse("desk:ticket", args=[ticket.number])).context["facebook"]

    assert list(page.context["customers"]) == [customer]
    assert side.candidates == [customer]


def test_others_are_found_by_name_or_address(desk, ticket, customer):
    other = CustomerFactory(name="Rosa Anders", email="r.anders@laden.example")
    url = reverse("desk:facebook_person", args=[ticket.number])

    for query in ("rosa", "LADEN.ex"):
        assert list(desk.get(url, {"q": query}).context["customers"]) == [other]
    # Whom no address is known of cannot confirm anything.
    assert list(desk.get(url, {"q": "invalid"}).context["customers"]) == []


def test_the_question_goes_into_the_conversation_and_is_no_answer(facebook, desk, ticket, customer):
    url = reverse("desk:facebook_person", args=[ticket.number])

    assert desk.post(url, {"customer": customer.pk}).status_code == 302
    facebook.send()

    assert "/facebook/verbinden/" in facebook.received()[-1]
    assert person().user != customer
    assert ticket.promises.get(ended_at=None).answered_at is None
    # Only asking changes nothing about whose the ticket is.
    ticket.refresh_from_db()
    assert ticket.organisation == person().user.organisation


def test_looking_at_the_link_changes_nothing(facebook, ticket, portal, customer, agent):
    path = asked(facebook, ticket, customer, agent)

    page = portal.get(path)

    assert "Eva Muster" in page.content.decode()
    assert portal.post(path).status_code == 405
    assert not linking.is_linked(person())


def test_a_link_that_was_passed_on_ties_nobody(facebook, ticket, portal, customer, agent):
    """The sender is not the customer but sends the customer the link; Eva opens it, signed in."""
    path = asked(facebook, ticket, customer, agent)
    number = number_on(portal.get(path))
    rosa = facebook.standin.people.add("Rosa Anders")["id"]

    facebook.standin.people.write(facebook.page.page_id, rosa, number)
    facebook.arrive()
    facebook.write("1234 5678")

    assert not FacebookPerson.objects.filter(confirmed_at__isnull=False).exists()
    assert not FacebookPerson.objects.filter(user=customer).exists()
    # Nothing that was written is lost.
    assert Message.objects.filter(text__in=[number, "1234 5678"]).count() == 2


@pytest.mark.parametrize("written", ["{}", "Die Nummer ist {}.", "compact", "dashed"])
def test_the_number_counts_however_it_is_written(
    facebook, ticket, portal, customer, agent, written
):
    number = number_on(portal.get(asked(facebook, ticket, customer, agent)))
    forms = {"compact": number.replace(" ", ""), "dashed": number.replace(" ", "-")}

    facebook.write(forms.get(written, written.format(number)))

    assert person().user == customer


def test_the_person_reads_in_both_places_that_it_worked(facebook, ticket, portal, customer, agent):
    path = confirmed(facebook, ticket, portal, customer, agent)
    facebook.send()

    assert "belongs to your account now" in portal.get(path).content.decode()
    assert "gehört jetzt zu Ihrem Konto" in facebook.received()[-1]


def test_the_number_ends_with_the_question(facebook, ticket, portal, customer, agent):
    number = number_on(portal.get(asked(facebook, ticket, customer, agent)))
    FacebookPerson.objects.update(linked_at=now() - timedelta(minutes=20))
    linking.ask(ticket, customer, by=agent, base_url=SITE)

    facebook.write(number)

    assert not linking.is_linked(person())


def test_who_only_guesses_is_not_heard_until_asked_anew(
    facebook, ticket, portal, customer, agent, monkeypatch
):
    monkeypatch.setattr(linking, "MOST_TRIES", 2)
    number = number_on(portal.get(asked(facebook, ticket, customer, agent)))
    for guess in ("1000 0001", "1000 0002"):
        facebook.write(guess)
    facebook.write(number)
    assert not linking.is_linked(person())
    # What was written is on the ticket all the same.
    assert Message.objects.filter(text=number).exists()

    FacebookPerson.objects.update(linked_at=now() - timedelta(minutes=20))
    facebook.write(number_on(portal.get(asked(facebook, ticket, customer, agent))))

    assert person().user == customer


def test_who_may_no_longer_sign_in_gets_nobody(facebook, ticket, portal, customer, agent):
    number = number_on(portal.get(asked(facebook, ticket, customer, agent)))
    User.objects.filter(pk=customer.pk).update(is_active=False)

    facebook.write(number)

    assert not linking.is_linked(person())


def test_confirmed_tickets_get_organisation_and_priority(facebook, ticket, portal, customer, agent):
    before = ticket.promises.get(ended_at=None)

    confirmed(facebook, ticket, portal, customer, agent)

    ticket.refresh_from_db()
    promise = ticket.promises.get(ended_at=None)
    assert (ticket.requester, ticket.organisation) == (customer, customer.organisation)
    assert promise.tier.name == "Gold"
    assert promise.due_at <= before.due_at
    assert person().user == customer
    assert list(Ticket.objects.visible_to(customer)) == [ticket]


def test_later_messages_are_the_customers(facebook, ticket, portal, customer, agent):
    confirmed(facebook, ticket, portal, customer, agent)
    ticket.refresh_from_db()

    facebook.write("Und noch etwas")

    later = Message.objects.filter(text="Und noch etwas").get()
    assert (later.ticket, later.author) == (ticket, customer)


def test_answers_still_reach_the_conversation(facebook, ticket, portal, customer, agent):
    confirmed(facebook, ticket, portal, customer, agent)

    writing.reply(ticket, author=agent, text="Kommt morgen.")
    facebook.send()

    assert facebook.received()[-1] == "Kommt morgen."


def test_a_link_works_once(facebook, ticket, portal, customer, agent):
    path = asked(facebook, ticket, customer, agent)
    number = number_on(portal.get(path))
    facebook.write(number)
    linking.remove(person())

    facebook.write(number)

    assert portal.get(path).status_code == 404
    assert person().user != customer


def test_a_newer_question_ends_the_link_before(facebook, ticket, portal, customer, agent):
    path = asked(facebook, ticket, customer, agent)
    FacebookPerson.objects.update(linked_at=now() - timedelta(minutes=20))

    linking.ask(ticket, customer, by=agent, base_url=SITE)

    assert portal.get(path).status_code == 404
    assert not linking.is_linked(person())


@pytest.mark.parametrize(("after", "works"), [(-1, True), (1, False)])
def test_a_link_works_for_seven_days(facebook, ticket, customer, agent, after, works):
    linking.ask(ticket, customer, by=agent, base_url=SITE)
    asked_at = person().linked_at
    token = linking.token(person(), customer)
    moment = asked_at + timedelta(days=7, seconds=after)

    if works:
        assert linking.asked_by(token, customer, at=moment) == person()
    else:
        with pytest.raises(linking.LinkInvalidError):
            linking.asked_by(token, customer, at=moment)


def test_nobody_else_is_shown_the_number(facebook, ticket, client, customer, agent):
    path = asked(facebook, ticket, customer, agent)

    for other in (CustomerFactory(name="Eva Muster"), agent):
        client.force_login(other)
        assert client.get(path).status_code in {302, 404}
    client.logout()
    assert client.get(path).status_code == 302


def test_who_looks_before_the_number_came_is_told_so(facebook, ticket, portal, customer, agent):
    path = asked(facebook, ticket, customer, agent)

    assert "has not arrived yet" not in portal.get(path).content.decode()
    assert "has not arrived yet" in portal.get(f"{path}?written").content.decode()


@pytest.mark.parametrize("token", ["x", "x:y", "WzEsMSwiIl0:falsch"])
def test_a_made_up_link_is_not_found(portal, token):
    assert portal.get(reverse("portal:facebook_link", args=[token])).status_code == 404


def test_another_tenants_link_says_nothing_here(
    facebook, ticket, customer, agent, tenant, other_tenant
):
    linking.ask(ticket, customer, by=agent, base_url=SITE)
    token = linking.token(person(), customer)

    connection.set_tenant(other_tenant)
    try:
        with pytest.raises(linking.LinkInvalidError):
            linking.asked_by(token, customer)
    finally:
        connection.set_tenant(tenant)


def test_the_desks_own_way_of_linking_leads_to_the_question(desk, ticket, customer):
    url = reverse("desk:link", args=[ticket.number])

    response = desk.post(url, {"organisation": customer.organisation.pk})

    assert response.url == reverse("desk:facebook_person", args=[ticket.number])
    ticket.refresh_from_db()
    assert ticket.organisation != customer.organisation


def test_no_question_leaves_after_the_day_for_automatic_messages(facebook, ticket, customer, agent):
    later = now() + timedelta(hours=24, seconds=1)

    with time_machine.travel(later), pytest.raises(linking.LinkRefusedError):
        linking.ask(ticket, customer, by=agent, base_url=SITE)


def test_nobody_is_asked_twice_in_a_row(desk, ticket, customer):
    url = reverse("desk:facebook_person", args=[ticket.number])
    desk.post(url, {"customer": customer.pk})
    desk.post(url, {"customer": customer.pk})

    assert Message.objects.filter(text__contains="/facebook/verbinden/").count() == 1


def test_the_customer_takes_it_back_in_the_settings(facebook, ticket, portal, customer, agent):
    confirmed(facebook, ticket, portal, customer, agent)
    url = reverse("portal:facebook_unlinked", args=[person().pk])
    assert url in portal.get(reverse("portal:settings")).content.decode()

    assert portal.post(url).status_code == 302
    facebook.write("Wieder fremd")

    ticket.refresh_from_db()
    later = Message.objects.filter(text="Wieder fremd").get()
    assert later.author == person().user != customer
    assert later.ticket != ticket
    # What came before stays theirs.
    assert ticket.requester == customer
    assert url not in portal.get(reverse("portal:settings")).content.decode()


def test_nobody_elses_link_can_be_taken_back(facebook, ticket, portal, client, customer, agent):
    confirmed(facebook, ticket, portal, customer, agent)
    client.force_login(CustomerFactory())

    response = client.post(reverse("portal:facebook_unlinked", args=[person().pk]))

    assert response.status_code == 404
    assert person().user == customer


def test_tickets_of_other_ways_have_no_such_page(desk, tenant):
    url = reverse("desk:facebook_person", args=[open_ticket().number])

    assert desk.get(url).status_code == 404
