"""Merging, linking and answering another way, as an agent does it on the desk."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils.timezone import now
from django_tenants.utils import schema_context

from sla.models import Notice
from tests.factories import AgentFactory, CustomerFactory, open_ticket, organisation
from tickets import assigning, writing
from tickets.merging import merge
from tickets.models import Channel, Ticket


def url(name, ticket):
    return reverse(f"desk:{name}", args=[ticket.number])


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def twins(customer):
    return open_ticket(customer, text="Eins"), open_ticket(customer, text="Zwei")


def test_page_offers_the_other_tickets_of_the_same_person(desk, twins):
    first, second = twins
    stranger = open_ticket()

    response = desk.get(url("merge", first))

    assert list(response.context["form"].others) == [second]
    assert f"#{stranger.number}" not in response.content.decode()


def test_merge_leads_to_the_ticket_that_stays(desk, twins, agent):
    first, second = twins

    response = desk.post(url("merge", first), {"into": f"#{second.number}"})

    assert response["Location"] == url("ticket", second)
    first.refresh_from_db()
    assert first.merged_into == second
    page = desk.get(url("ticket", second)).content.decode()
    assert f"from #{first.number}" in page
    assert "Eins" in page


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Please choose a ticket or type its number."),
        ("999999", "There is no ticket with this number."),
        ("٣", "There is no ticket with this number."),
        ("1" * 19, "There is no ticket with this number."),
        ("#own", "There is no ticket with this number."),
    ],
)
def test_merge_without_a_ticket_says_what_is_wrong(desk, twins, typed, error):
    response = desk.post(url("merge", twins[0]), {"into": typed})

    assert response.status_code == 422
    assert response.context["form"].errors["into"] == [error]


def test_tickets_of_different_people_are_not_merged(desk, twins):
    other = open_ticket()

    response = desk.post(url("merge", twins[0]), {"into": other.number})

    assert response.status_code == 422
    assert "different people" in response.content.decode()
    assert not Ticket.objects.exclude(merged_into=None).exists()


def test_merged_ticket_says_where_it_goes_on_and_can_be_parted(desk, twins, agent):
    first, second = twins
    merge(first, into=second, by=agent)

    page = desk.get(url("ticket", first)).content.decode()
    response = desk.post(url("merge_undone", first))

    assert f"This ticket goes on in #{second.number}." in page
    assert 'id="composer"' not in page
    assert response["Location"] == url("ticket", first)
    first.refresh_from_db()
    assert first.merged_into is None


def test_merge_that_was_answered_cannot_be_undone_and_the_page_says_why(desk, twins, agent):
    first, second = twins
    merge(first, into=second, by=agent)
    writing.reply(second, author=agent, text="Zu beidem: so.")

    page = desk.get(url("ticket", first)).content.decode()
    response = desk.post(url("merge_undone", first))

    assert "The customer has had an answer to both since." in page
    assert "Undo the merge" not in page
    assert said(response) == [
        "The customer has had an answer to both since. It cannot be undone any more."
    ]


@pytest.mark.parametrize("is_newer_gone", [False, True])
def test_answer_from_a_page_that_was_merged_meanwhile_arrives_where_it_goes_on(
    desk, twins, agent, is_newer_gone
):
    """First the writer sees what stands there; the same click again is then meant."""
    first, second = reversed(twins) if is_newer_gone else twins
    other = second.messages.get().text
    writing.reply(second, author=agent, text="Hier ist sie.", state="open")
    seen = first.messages.latest("pk").pk
    merge(first, into=second, by=agent)
    written = {"text": "Hier ist sie.", "state": "waiting", "last_message": seen}

    asked = desk.post(url("reply", first), written)
    kept = asked.context["reply_form"]["last_message"].value()
    sent = desk.post(url("reply", second), {**written, "last_message": kept})
    again = desk.post(url("reply", first), written)

    assert (asked.status_code, asked.context["ticket"]) == (422, second)
    assert [message.text for message in asked.context["newer"]] == [other, "Hier ist sie."]
    message = second.messages.filter(kind="outbound", is_automatic=False).latest("pk")
    assert second.messages.filter(text="Hier ist sie.").count() == 2
    assert sent["Location"] == f"{url('ticket', second)}#message-{message.pk}"
    assert again["Location"] == sent["Location"]


@pytest.mark.parametrize(
    ("name", "values"),
    [("assignment", {"assignee": ""}), ("team", {"team": ""}), ("state", {"state": "open"})],
)
def test_change_of_a_ticket_that_was_merged_meanwhile_is_refused(desk, twins, agent, name, values):
    first, second = twins
    assigning.assign(first, to=agent, by=agent)
    merge(first, into=second, by=agent)

    response = desk.post(url(name, first), values)

    assert said(response) == ["This ticket has been merged and goes on in another one."]
    first.refresh_from_db()
    assert (first.assignee, first.state) == (agent, "closed")


def test_link_finds_organisations_and_moves_the_persons_open_tickets(desk, ticket):
    gold = organisation("Goldkunde GmbH", booked="Gold")

    found = desk.get(url("link", ticket), {"q": "goldk"})
    response = desk.post(url("link", ticket), {"organisation": gold.pk})

    assert list(found.context["organisations"]) == [gold]
    assert response["Location"] == url("ticket", ticket)
    ticket.refresh_from_db()
    assert (ticket.organisation, ticket.promises.open().get().tier.name) == (gold, "Gold")


def test_link_to_nothing_says_what_is_missing(desk, ticket):
    response = desk.post(url("link", ticket), {"organisation": "0"})

    assert response.status_code == 422
    assert response.context["form"].errors["organisation"] == [
        "This organisation does not exist any more."
    ]


def test_answers_leave_another_way(desk, ticket):
    response = desk.post(url("channel", ticket), {"channel": "portal_form"})

    assert said(response) == ["Answers leave by Portal now."]
    ticket.refresh_from_db()
    assert ticket.channel == Channel.PORTAL


def test_a_way_that_cannot_be_answered_is_refused(desk, ticket):
    response = desk.post(url("channel", ticket), {"channel": "facebook"})

    assert said(response) == ["The ticket cannot be answered this way."]


@pytest.mark.parametrize("name", ["merge", "merge_undone", "link", "channel"])
def test_customers_find_nothing_here(client, customer, ticket, name):
    client.force_login(customer)

    assert client.post(url(name, ticket)).status_code == 404


@pytest.mark.parametrize("name", ["merge", "link"])
def test_ticket_of_another_tenant_is_not_there(desk, other_tenant, name):
    with schema_context(other_tenant.schema_name):
        Ticket.objects.filter(pk=open_ticket().pk).update(number=777)

    assert desk.get(reverse(f"desk:{name}", args=[777])).status_code == 404


def test_notices_are_ones_own_and_can_be_marked_as_seen(desk, agent, ticket):
    promise = ticket.promises.get()
    colleague = AgentFactory()
    for user in (agent, colleague):
        Notice.objects.create(user=user, promise=promise, kind="breached", at=now())

    before = desk.get(reverse("desk:notices"))
    bell = desk.get(reverse("desk:bell")).content.decode()
    desk.post(reverse("desk:notices_seen"))

    assert [notice.user for notice in before.context["notices"]] == [agent]
    assert "1 new notice" in bell
    unseen = Notice.objects.all().unseen()
    assert [notice.user for notice in unseen] == [colleague]


def test_notices_take_a_fixed_number_of_queries(desk, agent, django_assert_num_queries):
    for _ in range(5):
        promise = open_ticket(CustomerFactory()).promises.get()
        Notice.objects.create(user=agent, promise=promise, kind="percent", at=now())

    with django_assert_num_queries(7):
        desk.get(reverse("desk:notices"))
