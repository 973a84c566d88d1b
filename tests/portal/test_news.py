"""The list of what is new in the portal: who is told, what they may see, and when it is read."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts import membership, notification_list, notifications
from accounts.models import Membership, Organisation
from accounts.notifications import Channel, Event
from tests.factories import CustomerFactory, open_ticket
from tickets import merging, senders, sharing, writing
from tickets.recording import Content

NEWS = "/mitteilungen/"


def answered(ticket, agent, text="Das geht so."):
    return writing.reply(ticket, author=agent, text=text)


def rows(page):
    """The list's rows, as (what happened, where, whether it is unread)."""
    return [
        (entry.said, entry.title, entry.notification.read_at is None)
        for entry in page.context["entries"]
    ]


def test_an_answer_is_news_for_who_asked_until_they_look(client, customer, agent):
    ticket = open_ticket(customer, subject="Drucker")
    message = answered(ticket, agent)
    client.force_login(customer)
    page = client.get(NEWS)
    assert rows(page) == [("Wir haben geantwortet", f"#{ticket.number} Drucker", True)]
    assert f"/tickets/{ticket.number}/#message-{message.pk}" in page.text
    assert "Mitteilungen, 1 neue" in page.text
    client.get(reverse("portal:ticket", args=[ticket.number]))
    page = client.get(NEWS)
    assert rows(page) == [("Wir haben geantwortet", f"#{ticket.number} Drucker", False)]
    assert "Mitteilungen, 0 neue" in page.text


def test_answers_are_counted_until_they_are_read_and_lead_to_the_first(client, customer, agent):
    ticket = open_ticket(customer, subject="Drucker")
    first = answered(ticket, agent)
    answered(ticket, agent)
    client.force_login(customer)
    page = client.get(NEWS)
    assert rows(page) == [("2 neue Antworten", f"#{ticket.number} Drucker", True)]
    assert f"#message-{first.pk}" in page.text
    client.get(reverse("portal:ticket", args=[ticket.number]))
    third = answered(ticket, agent)
    page = client.get(NEWS)
    assert rows(page) == [("Wir haben geantwortet", f"#{ticket.number} Drucker", True)]
    assert f"#message-{third.pk}" in page.text


def test_a_ticket_is_read_together_with_what_was_merged_into_it(client, customer, agent):
    first, second = open_ticket(customer), open_ticket(customer)
    answered(first, agent)
    answered(second, agent)
    merging.merge(second, into=first, by=agent)
    client.force_login(customer)
    assert notification_list.unread(customer) == 2
    client.get(reverse("portal:ticket", args=[first.number]))
    assert notification_list.unread(customer) == 0


def test_a_head_request_reads_nothing(client, customer, agent):
    ticket = open_ticket(customer)
    answered(ticket, agent)
    client.force_login(customer)
    client.head(reverse("portal:ticket", args=[ticket.number]))
    assert notification_list.unread(customer) == 1


def test_only_who_wants_it_here_is_told_here(customer, agent):
    notifications.choose(customer, Event.TICKET_ANSWERED, Channel.PORTAL, is_wanted=False)
    answered(open_ticket(customer), agent)
    assert notification_list.unread(customer) == 0


def test_colleagues_are_told_of_sharing_and_of_answers_and_whoever_leaves_sees_nothing(
    client, customer, agent
):
    colleague = CustomerFactory(organisation=customer.organisation)
    ticket = open_ticket(customer, subject="Vertraulich")
    sharing.share(ticket, [colleague], by=customer)
    answered(ticket, agent)
    client.force_login(colleague)
    assert {said for said, *_ in rows(client.get(NEWS))} == {
        "Mit Ihnen geteilt",
        "Wir haben geantwortet",
    }
    sharing.unshare(ticket, colleague, by=customer)
    page = client.get(NEWS)
    assert "Vertraulich" not in page.text
    assert "Mitteilungen, 0 neue" in page.text


def test_nobody_sees_what_is_new_for_somebody_else(client, customer, agent):
    answered(open_ticket(customer, subject="Geheim"), agent)
    client.force_login(CustomerFactory())
    page = client.get(NEWS)
    assert rows(page) == []
    assert "Geheim" not in page.text


def test_everything_is_marked_as_read_by_one_button(client, customer, agent):
    for _ticket in range(3):
        answered(open_ticket(customer), agent)
    client.force_login(customer)
    assert client.post(reverse("portal:news_read")).url == NEWS
    page = client.get(NEWS)
    assert [is_unread for *_, is_unread in rows(page)] == [False] * 3
    assert reverse("portal:news_read") not in page.text


def test_the_list_goes_on_page_by_page(client, customer):
    tickets = [open_ticket(customer) for _ticket in range(27)]
    for ticket in tickets:
        notification_list.add([customer.pk], Event.TICKET_SHARED, ticket.number)
    client.force_login(customer)
    first = client.get(NEWS)
    second = client.get(first.context["next_page"])
    shown = [title.split()[0] for page in (first, second) for _said, title, _new in rows(page)]
    assert shown == [f"#{ticket.number}" for ticket in reversed(tickets)]
    assert second.context["first_page"] == NEWS


def test_what_one_may_no_longer_see_leaves_no_empty_page(client, customer):
    ticket = open_ticket(customer, subject="Drucker")
    notification_list.add([customer.pk], Event.TICKET_SHARED, ticket.number)
    for foreign in range(30):
        notification_list.add([customer.pk], Event.TICKET_SHARED, 900_000 + foreign)
    client.force_login(customer)
    page = client.get(NEWS)
    assert rows(page) == [("Mit Ihnen geteilt", f"#{ticket.number} Drucker", True)]
    assert page.context["unread"] == 1


def test_the_bell_of_an_open_page_is_sent_anew_only_when_its_number_has_changed(
    client, customer, agent
):
    answered(open_ticket(customer), agent)
    client.force_login(customer)
    page = client.get("/")
    bell = re.search(r'hx-get="([^"]+)"', page.text)
    assert bell is not None
    assert client.get(bell[1]).status_code == 204
    answered(open_ticket(customer), agent)
    grown = client.get(bell[1])
    assert grown.status_code == 200
    assert grown.text.strip().startswith('<span id="bell"')
    assert "Mitteilungen, 2 neue" in grown.text


def test_who_has_no_list_is_answered_nothing_at_the_bell(client, agent):
    url = reverse("portal:news_count")
    assert client.get(url).status_code == 204
    client.force_login(agent)
    assert client.get(url).status_code == 204
    assert client.post(url).status_code == 405
    # Whoever has no list has no bell that could ask.
    assert 'id="bell"' not in client.get("/").text


def test_looking_at_the_bell_costs_what_knowing_its_reader_costs(client, customer, agent):
    answered(open_ticket(customer), agent)
    client.force_login(customer)
    client.get("/")
    with CaptureQueriesContext(connection) as counted:
        assert client.get(reverse("portal:news_count")).status_code == 200
    asked = [name for one in counted for name in re.findall(r' FROM "(\w+)"', one["sql"])[-1:]]
    # Which tenant it is, is asked now and then.
    assert [name for name in asked if name != "tenants_domain"] == [
        "django_session",
        "accounts_user",
    ]


def test_who_has_left_is_told_nothing_of_what_stayed_with_their_team(customer, agent):
    CustomerFactory(organisation=customer.organisation)
    ticket = open_ticket(customer)
    customer.join(Organisation.objects.open("Allein"), Membership.Role.ADMIN)
    ticket.refresh_from_db()
    answered(ticket, agent)
    assert notification_list.unread(customer) == 0


def test_what_stayed_with_the_team_no_longer_counts_for_who_was_removed(client, customer, agent):
    CustomerFactory(organisation=customer.organisation)
    Membership.objects.filter(organisation=customer.organisation).update(role="admin")
    answered(open_ticket(customer), agent)
    assert notification_list.unread(customer) == 1
    membership.remove(customer.organisation, customer.pk)
    client.force_login(customer)
    assert "Mitteilungen, 0 neue" in client.get("/").text


def test_what_moves_with_somebody_to_their_team_stays_news(customer, agent):
    ticket = open_ticket(customer)
    answered(ticket, agent)
    writing.add_customer_message(
        ticket,
        author=customer,
        content=Content(text="Und jetzt?"),
        channel=Channel.PORTAL,
        received_at=now(),
    )
    CustomerFactory().join(customer.organisation, Membership.Role.ADMIN)
    team = Organisation.objects.open("Teehaus")
    senders.link_sender(customer, team, by=agent)
    ticket.refresh_from_db()
    assert ticket.organisation == team
    assert notification_list.unread(customer) == 1


def test_who_takes_part_no_more_has_no_news_of_it(customer, agent):
    colleague = CustomerFactory(organisation=customer.organisation)
    ticket = open_ticket(customer)
    sharing.share(ticket, [colleague], by=customer)
    sharing.unshare(ticket, colleague, by=customer)
    assert notification_list.unread(colleague) == 0


@pytest.mark.parametrize("after", ["x", "\x00", "2026-99-99", "a" * 5000])
def test_a_damaged_place_shows_the_beginning(client, customer, after):
    client.force_login(customer)
    assert client.get(NEWS, {"after": after}).status_code == 200


def test_agents_are_led_to_the_desk(client, agent):
    client.force_login(agent)
    assert client.get(NEWS).status_code == 302
    assert NEWS not in client.get("/").text


def test_what_is_older_than_ninety_days_is_forgotten(customer):
    with time_machine.travel(now(), tick=False) as clock:
        notification_list.add([customer.pk], Event.TICKET_SHARED, 1)
        clock.shift(notification_list.KEPT)
        assert notification_list.tidy() == 0
        clock.shift(1)
        assert notification_list.tidy() == 1


def test_a_small_place_shows_no_more_than_ninety_nine(client, customer):
    for about in range(120):
        notification_list.add([customer.pk], Event.TICKET_SHARED, about)
    client.force_login(customer)
    assert "99+" in client.get("/").text
