"""A Facebook wall on the desk: who reads what, the thread as it is there, and what agents do."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.timezone import now

from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets.models import Message, Ticket

POST, COMMENT, REPLY = "1_10", "10_20", "10_30"


@pytest.fixture
def page(tenant):
    return FacebookPage.objects.create(page_id="1", name="Teehaus")


@pytest.fixture
def ticket(page):
    """Eva's comment below a post of the page's; Kim has replied to it."""
    ticket = open_ticket(channel="facebook", text="Gibt es den lose?")
    person = FacebookPerson.objects.create(page=page, author_id="777", user=ticket.requester)
    known(page, POST, kind="post", is_own=True, text="Unser neuer Tee")
    message = ticket.messages.get()
    known(page, COMMENT, parent_id=POST, message=message, person=person, author_id="777")
    known(page, REPLY, parent_id=COMMENT, author_name="Kim Beispiel", text="Und in Bio?")
    known(page, "10_99", parent_id=POST, author_name="Uwe", text="Etwas ganz anderes")
    return ticket


def known(page, external_id, **more):
    values = {"kind": "comment", "author_name": "Eva", "text": "Gibt es den lose?", "at": now()}
    values |= {"page": page, "external_id": external_id, "post_id": POST, **more}
    return FacebookObject.objects.create(**values)


def shown(desk, ticket):
    return desk.get(reverse("desk:ticket", args=[ticket.number])).content.decode()


def reply(desk, ticket, **more):
    values = {"text": "Ja, im Laden.", "state": "waiting", "way": "public", **more}
    return desk.post(reverse("desk:reply", args=[ticket.number]), values)


def of_answer():
    return FacebookObject.objects.filter(message__kind=Message.Kind.OUTBOUND)


def test_the_ticket_shows_the_post_and_its_thread_and_nothing_else_of_it(desk, ticket):
    text = shown(desk, ticket)

    assert text.index("Unser neuer Tee") < text.index("Und in Bio?")
    assert "Kim Beispiel" in text
    assert "Etwas ganz anderes" not in text
    assert "Publicly visible" in text


def test_a_ticket_that_is_from_no_wall_shows_none(desk, tenant):
    ticket = open_ticket()

    text = shown(desk, ticket)

    assert 'class="wall"' not in text
    assert "wall-way" not in text


def test_a_public_answer_is_written_down_as_a_comment(desk, ticket):
    assert reply(desk, ticket).status_code == 302

    part = of_answer().get()
    assert (part.kind, part.parent_id, part.text) == ("comment", COMMENT, "Ja, im Laden.")
    assert part.delivery == "waiting"


def test_a_private_answer_is_written_down_as_one(desk, ticket):
    reply(desk, ticket, way="private")

    part = of_answer().get()
    assert (part.kind, part.parent_id, part.post_id) == ("message", COMMENT, POST)


@pytest.mark.parametrize("way", ["", "elsewhere"])
def test_without_a_way_nothing_is_sent_and_the_text_stays(desk, ticket, way):
    answer = reply(desk, ticket, way=way)

    assert answer.status_code == 422
    assert "Ja, im Laden." in answer.content.decode()
    assert not Message.objects.filter(kind=Message.Kind.OUTBOUND).exists()


def test_a_private_answer_that_is_too_long_is_refused_beforehand(desk, ticket):
    answer = reply(desk, ticket, way="private", text="x" * 2001)

    assert answer.status_code == 422
    assert "2000" in answer.content.decode()


def test_what_is_hidden_removed_and_edited_is_marked(desk, ticket):
    FacebookObject.objects.filter(external_id=COMMENT).update(state="hidden", edits=[[0, 1, "a"]])
    FacebookObject.objects.filter(external_id=REPLY).update(state="deleted")

    text = shown(desk, ticket)

    for mark in ("Hidden", "edited", "Removed on Facebook", "Show on Facebook again"):
        assert mark in text


@pytest.mark.parametrize("who", ["customer", "agent of another ticket"])
def test_only_an_agent_acts_on_the_ticket_itself(client, ticket, who):
    client.force_login(CustomerFactory() if who == "customer" else AgentFactory())
    number = ticket.number if who == "customer" else open_ticket().number
    stored = FacebookObject.objects.get(external_id=COMMENT)

    for name in ("facebook_visibility", "facebook_vouch"):
        answer = client.post(reverse(f"desk:{name}", args=[number, stored.pk]), {"hidden": "yes"})
        assert answer.status_code == 404


def test_an_agent_makes_a_ticket_of_what_became_none(desk, ticket):
    stored = FacebookObject.objects.get(external_id=REPLY)
    assert "Und in Bio?" in desk.get(reverse("desk:facebook_unticketed")).content.decode()

    for _click in range(2):
        answer = desk.post(reverse("desk:facebook_ticket", args=[stored.pk]))

    made = Ticket.objects.exclude(pk=ticket.pk).get()
    assert answer["Location"] == reverse("desk:ticket", args=[made.number])
    assert str(made.requester) == "Kim Beispiel"
    assert "Und in Bio?" not in desk.get(reverse("desk:facebook_unticketed")).content.decode()


def test_a_customer_sees_no_list_and_makes_no_ticket(client, ticket):
    client.force_login(CustomerFactory())
    stored = FacebookObject.objects.get(external_id=REPLY)

    assert client.get(reverse("desk:facebook_unticketed")).status_code == 404
    assert client.post(reverse("desk:facebook_ticket", args=[stored.pk])).status_code == 404


@pytest.mark.parametrize("more", [1, 5])
def test_the_wall_takes_the_same_number_of_queries_at_any_size(
    desk, ticket, page, more, django_assert_max_num_queries
):
    for number in range(more):
        known(page, f"10_4{number}", parent_id=COMMENT)
        known(page, f"10_5{number}", parent_id=COMMENT, is_own=True)

    with django_assert_max_num_queries(40) as counted:
        shown(desk, ticket)

    assert sum("channels_facebook" in one["sql"] for one in counted.captured_queries) == 8
