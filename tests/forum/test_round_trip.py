from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Membership
from forum import round_trip, writing
from forum.models import TopicTicket
from forum.writing import Draft
from sla.models import Promise
from tests.factories import CustomerFactory, organisation
from tests.forum.conftest import question_of, url_of
from tickets import opening, recording
from tickets.models import Channel, Ticket
from tickets.writing import reply as answer_ticket


@pytest.fixture
def gold(category, member):
    """A topic of a customer whose organisation has booked Gold."""
    from allauth.account.models import EmailAddress

    author = member("Goldstück", organisation=organisation(booked="Gold"))
    EmailAddress.objects.create(user=author, email=author.email, verified=True, primary=True)
    return writing.open_topic(
        category, author=author, title="Kasse streikt", draft=Draft("Sie druckt **nichts**.")
    )


def test_a_post_becomes_its_authors_private_ticket_with_their_promise(client, gold):
    client.force_login(gold.author)

    page = client.post(
        f"/forum/beitraege/{question_of(gold).pk}/ticket/", {"text": "Unsere Nummer: 0151 123"}
    )

    ticket = Ticket.objects.get()
    assert page["Location"] == f"/tickets/{ticket.number}/"
    assert (ticket.requester, ticket.subject, ticket.channel) == (
        gold.author,
        "Kasse streikt",
        Channel.PORTAL,
    )
    text = ticket.messages.get(kind="inbound").text
    assert "Unsere Nummer: 0151 123" in text
    assert "Sie druckt nichts." in text
    promise = Promise.objects.get(ticket=ticket)
    assert (promise.tier.name, promise.is_guaranteed) == ("Gold", True)
    assert promise.started_at >= gold.created_at


def test_an_agent_makes_a_post_a_ticket_once(client, gold, agent):
    client.force_login(agent)
    path = f"/forum/beitraege/{question_of(gold).pk}/ticket/"

    first, second = client.post(path), client.post(path)

    ticket = Ticket.objects.get()
    assert first["Location"] == second["Location"] == f"/desk/tickets/{ticket.number}/"
    assert ticket.requester == gold.author
    assert Promise.objects.filter(ticket=ticket).count() == 1


def test_only_its_author_or_an_agent_takes_a_post_private(client, gold, member, agent):
    path = f"/forum/beitraege/{question_of(gold).pk}/ticket/"
    client.force_login(member("Neugierig"))
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404

    official = writing.reply(gold, author=agent, draft=Draft("Offiziell"))
    client.force_login(agent)
    assert client.post(f"/forum/beitraege/{official.pk}/ticket/").status_code == 404

    assert not Ticket.objects.exists()


def test_the_topic_names_the_ticket_to_those_alone_who_may_see_it(client, gold, member, agent):
    link = round_trip.open_ticket(question_of(gold), by=gold.author)
    said = f"#{link.ticket.number}"
    for user, sees in (
        (None, False),
        (member("Neugierig"), False),
        (gold.author, True),
        (agent, True),
    ):
        visitor = Client(headers={"host": "alpha.localhost"})
        if user:
            visitor.force_login(user)
        assert (said in visitor.get(url_of(gold)).content.decode()) is sees

    client.force_login(gold.author)
    assert gold.title in client.get(f"/tickets/{link.ticket.number}/").content.decode()
    assert url_of(gold) in client.get(f"/tickets/{link.ticket.number}/").content.decode()
    client.force_login(agent)
    assert url_of(gold) in client.get(f"/desk/tickets/{link.ticket.number}/").content.decode()


def test_the_answer_goes_back_once_it_was_read_and_edited(client, gold, agent):
    link = round_trip.open_ticket(question_of(gold), by=gold.author)
    answer_ticket(link.ticket, author=agent, text="Guten Tag Frau Gold, Schraube 7 lösen.")
    client.force_login(agent)
    path = f"/desk/tickets/{link.ticket.number}/forum/{link.pk}/"
    assert "Guten Tag Frau Gold" in client.get(path).content.decode()

    refused = client.post(path, {"text": "Schraube 7 lösen."})
    assert refused.status_code == 422
    assert "Schraube 7" in refused.content.decode()
    there = client.post(path, {"text": "Schraube 7 lösen.", "is_clean": "on"}, follow=True)

    # It stands on top of the topic: the page that opens shows it.
    assert "Schraube 7 lösen." in there.text
    gold.refresh_from_db()
    assert gold.official.source == "Schraube 7 lösen."
    assert gold.official.is_official
    client.post(path, {"text": "Schraube 8 lösen.", "is_clean": "on"})
    link.refresh_from_db()
    assert link.answer.source == "Schraube 8 lösen."
    assert gold.posts.count() == 2
    client.logout()
    body = client.get(url_of(gold)).content.decode()
    assert "Schraube 8" in body
    assert agent.name not in body
    assert str(link.ticket.number) not in body.replace(str(gold.pk), "")


def test_customers_bring_nothing_back(client, gold):
    link = round_trip.open_ticket(question_of(gold), by=gold.author)
    client.force_login(gold.author)

    path = f"/desk/tickets/{link.ticket.number}/forum/{link.pk}/"

    assert client.get(path).status_code == 404
    assert client.post(path, {"text": "x", "is_clean": "on"}).status_code == 404


def test_a_link_is_found_by_its_own_ticket_alone(client, gold, agent):
    link = round_trip.open_ticket(question_of(gold), by=gold.author)
    other = opening.open_ticket(
        opening.NewTicket(
            requester=CustomerFactory(),
            subject="Anderes",
            channel=Channel.EMAIL,
            received_at=gold.created_at,
        ),
        recording.Content(text="Text"),
    )[0]
    client.force_login(agent)

    assert client.get(f"/desk/tickets/{other.number}/forum/{link.pk}/").status_code == 404
    assert TopicTicket.objects.count() == 1


def test_what_is_taken_out_of_an_answer_from_a_ticket_is_read_by_nobody_again(client, gold, agent):
    link = round_trip.open_ticket(question_of(gold), by=gold.author)
    answer_ticket(link.ticket, author=agent, text="Frau Kern, bitte neu starten.")
    said = round_trip.bring_back(link, by=agent, draft=Draft("Frau Kern, bitte neu starten."))

    link.refresh_from_db()
    round_trip.bring_back(link, by=agent, draft=Draft("Bitte neu starten."))

    history = f"/forum/beitraege/{said.pk}/verlauf/"
    assert "Frau Kern" not in client.get(history).content.decode()
    client.force_login(agent)
    assert "Frau Kern" in client.get(history).content.decode()


def test_a_colleague_who_reads_along_learns_no_name_of_the_forum(client, gold):
    organisation = gold.author.membership.organisation
    admin = CustomerFactory(organisation=organisation)
    admin.join(organisation, Membership.Role.ADMIN)
    link = round_trip.open_ticket(question_of(gold), by=gold.author)
    pages = [url_of(gold), f"/tickets/{link.ticket.number}/"]

    def said(user):
        client.force_login(user)
        topic, ticket = (client.get(path).content.decode() for path in pages)
        return f"#{link.ticket.number}" in topic, url_of(gold) in ticket

    assert said(gold.author) == (True, True)
    assert said(admin) == (False, False)
