"""An answer that may have arrived: an agent says whether it has, or has it sent again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from channels.facebook.models import FacebookObject, FacebookPage
from channels.models import SystemMail
from tests.factories import CustomerFactory, open_ticket
from tickets import outcomes, sharing, unclear, writing
from tickets.models import Message


@pytest.fixture
def message(agent):
    """An answer on Facebook whose only part was cut off while it was sent."""
    page = FacebookPage.objects.create(page_id="1", name="Teehaus")
    ticket = open_ticket(channel="facebook")
    message = writing.reply(ticket, author=agent, text="Morgen.")
    FacebookObject.objects.create(
        page=page, kind="message", message=message, is_own=True, part=0, delivery="sending"
    )
    unclear.mark_unclear(message, cause="Facebook antwortet nicht")
    return message


def say(browser, of, outcome):
    url = reverse("desk:delivery", args=[of.ticket.number])
    return browser.post(url, {"message": of.pk, "outcome": outcome})


def status(message):
    message.refresh_from_db()
    return message.status


def test_the_page_says_that_it_is_unclear_and_offers_both(desk, message):
    page = desk.get(reverse("desk:ticket", args=[message.ticket.number])).content.decode()

    assert "Facebook antwortet nicht" in page
    assert 'value="arrived"' in page
    assert 'value="again"' in page


def test_what_has_arrived_keeps_the_promise(desk, message):
    assert say(desk, message, "arrived").status_code == 302

    assert status(message) == Message.Status.SENT
    assert message.ticket.promises.get().is_kept


def test_what_has_not_is_sent_again(desk, message):
    say(desk, message, "again")

    assert status(message) == Message.Status.QUEUED
    assert FacebookObject.objects.get().delivery == "waiting"
    assert message.ticket.promises.get().answered_at is not None


def test_what_is_settled_already_stays_as_it_is(desk, message):
    outcomes.mark_delivered(message)

    say(desk, message, "again")

    assert status(message) == Message.Status.SENT


@pytest.mark.parametrize("more", [{"message": "x"}, {"message": "99999"}, {"outcome": "?"}])
def test_nonsense_is_not_found(desk, message, more):
    url = reverse("desk:delivery", args=[message.ticket.number])
    asked = {"message": message.pk, "outcome": "again"} | more

    assert desk.post(url, asked).status_code == 404


def test_another_tickets_message_is_not_found(desk, message):
    other = open_ticket()
    url = reverse("desk:delivery", args=[other.number])

    assert desk.post(url, {"message": message.pk, "outcome": "again"}).status_code == 404


def test_a_customer_finds_no_such_page(client, customer, message):
    client.force_login(customer)

    assert say(client, message, "arrived").status_code == 404
    assert status(message) == Message.Status.UNCLEAR


def test_every_page_leads_to_what_is_unclear_until_it_is_settled(desk, message):
    url = reverse("desk:unclear")
    assert f'href="{url}"' in desk.get(reverse("desk:quarantine")).content.decode()
    assert f"#message-{message.pk}" in desk.get(url).content.decode()

    say(desk, message, "arrived")

    assert f'href="{url}"' not in desk.get(reverse("desk:quarantine")).content.decode()
    assert f"#message-{message.pk}" not in desk.get(url).content.decode()


@pytest.mark.parametrize(("outcome", "what"), [("arrived", "arrived"), ("again", "lost")])
def test_the_history_knows_who_said_it(desk, agent, message, outcome, what):
    say(desk, message, outcome)
    say(desk, message, outcome)

    [line] = message.ticket.events.filter(kind="delivery", actor=agent)
    assert line.what == what


def test_a_customer_finds_no_list(client, customer):
    client.force_login(customer)

    assert client.get(reverse("desk:unclear")).status_code == 404


def test_what_is_sent_again_is_copied_to_nobody_twice(agent):
    requester = CustomerFactory()
    colleague = CustomerFactory(organisation=requester.organisation)
    ticket = open_ticket(requester)
    sharing.share(ticket, [colleague], by=requester)
    SystemMail.objects.all().delete()
    answer = writing.reply(ticket, author=agent, text="Morgen.")
    assert SystemMail.objects.get().recipient == colleague.email
    unclear.mark_unclear(answer, cause="Facebook antwortet nicht")

    unclear.send_again(answer, by=agent)

    assert status(answer) == Message.Status.QUEUED
    assert SystemMail.objects.count() == 1
