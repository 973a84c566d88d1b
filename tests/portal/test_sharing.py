"""Sharing a ticket in the portal, and what it opens to whom."""

import uuid
from email import message_from_bytes, policy

import pytest
from django.urls import reverse

from accounts.models import Membership
from channels.models import SystemMail
from channels.sharing import copies
from tests.factories import CustomerFactory, open_ticket
from tickets import recording, sharing, writing
from tickets.models import Message


@pytest.fixture
def ticket(anna):
    return open_ticket(anna)


@pytest.fixture
def ben(anna):
    return CustomerFactory(
        name="Ben Ort", email="ben@teehaus.example", organisation=anna.organisation
    )


def url(name, *arguments):
    return reverse(f"portal:{name}", args=arguments)


def test_the_requester_shares_with_colleagues_and_they_are_told(portal, ticket, ben, mailoutbox):
    page = portal.get(url("sharing", ticket.number))
    assert list(page.context["colleagues"]) == [ben]

    response = portal.post(url("sharing", ticket.number), {"person": [ben.pk]}, follow=True)

    assert "1 person takes part in this ticket now." in response.content.decode()
    assert "Ben Ort" in response.content.decode()
    [mail] = mailoutbox
    assert mail.to == ["ben@teehaus.example"]
    assert f"/tickets/{ticket.number}/" in mail.body
    assert mail.extra_headers["List-Unsubscribe"].strip("<>") in mail.body


def test_who_takes_part_writes_and_is_written_to(client, portal, ticket, ben, agent):
    sharing.share(ticket, [ben], by=ticket.requester)
    client.force_login(ben)
    form = {"text": "Ich ergänze etwas.", "form_id": str(uuid.uuid4())}

    response = client.post(url("reply", ticket.number), form)

    assert f"/tickets/{ticket.number}/#message-" in response.url
    message = ticket.messages.get(kind="inbound", author=ben)
    assert message.text == "Ich ergänze etwas."

    SystemMail.objects.all().delete()
    writing.reply(ticket, author=agent, text="Danke, ist erledigt.")
    copy = SystemMail.objects.get()
    assert copy.recipient == ben.email
    assert ticket.messages.get(kind="outbound").status == Message.Status.QUEUED


@pytest.mark.parametrize("people", [[], ["x"], [0]])
def test_without_a_choice_nothing_is_shared(portal, ticket, ben, people):
    response = portal.post(url("sharing", ticket.number), {"person": people})

    assert response.status_code == 422
    assert "Please choose somebody." in response.content.decode()


def test_a_stranger_typed_into_the_form_is_refused(portal, ticket, ben):
    stranger = CustomerFactory()

    response = portal.post(url("sharing", ticket.number), {"person": [ben.pk, stranger.pk]})

    assert response.status_code == 422
    assert not ticket.participants.exists()
    assert stranger.email not in response.content.decode()


def test_an_admin_reads_along_and_joins(client, ticket, ben, mailoutbox):
    ben.join(ben.organisation, Membership.Role.ADMIN)
    client.force_login(ben)
    page = client.get(url("ticket", ticket.number))
    assert page.context["reply_form"] is None

    client.post(url("sharing", ticket.number), {"person": [ben.pk]})

    assert client.get(url("ticket", ticket.number)).context["reply_form"] is not None
    # Whoever adds themselves knows it already.
    assert mailoutbox == []


def test_who_takes_part_shares_with_nobody_but_may_leave(client, ticket, ben):
    sharing.share(ticket, [ben], by=ticket.requester)
    client.force_login(ben)

    assert client.get(url("sharing", ticket.number)).status_code == 404
    assert client.post(url("participation", ticket.number, ticket.requester_id)).status_code == 404
    assert client.post(url("participation", ticket.number, ben.pk)).url == url("tickets")
    assert client.get(url("ticket", ticket.number)).status_code == 404


def test_the_list_tells_own_and_shared_apart(client, portal, ticket, ben):
    own = open_ticket(ben)
    sharing.share(ticket, [ben], by=ticket.requester)
    client.force_login(ben)

    def shown(query):
        return {one.pk for one in client.get(f"/tickets/{query}").context["tickets"]}

    assert shown("") == {own.pk, ticket.pk}
    assert shown("?whose=own") == {own.pk}
    assert shown("?whose=shared") == {ticket.pk}


def test_a_reply_by_mail_of_who_takes_part_joins_the_ticket(ticket, ben, tenant):
    from channels import threads

    def joins(author):
        found = threads.find(author, ticket_number=ticket.number, answers_to=(), is_verified=True)
        return found.ticket == ticket

    assert not joins(ben)
    sharing.share(ticket, [ben], by=ticket.requester)
    assert joins(ben)
    other = CustomerFactory()
    ben.join(other.organisation)
    assert not joins(ben)


@pytest.mark.parametrize(("limit", "goes_along"), [(2 * 3000, True), (2 * 3000 - 1, False)])
def test_copies_carry_files_while_all_of_them_together_stay_small(
    monkeypatch, ticket, ben, agent, limit, goes_along
):
    eva = CustomerFactory(organisation=ben.organisation)
    sharing.share(ticket, [ben, eva], by=ticket.requester)
    SystemMail.objects.all().delete()
    monkeypatch.setattr(copies, "COPIED", limit)

    files = [recording.File("plan.pdf", "application/pdf", b"x" * 3000)]
    writing.reply(ticket, author=agent, text="Hier ist der Plan.", files=files)

    for copy in SystemMail.objects.all():
        mail = message_from_bytes(bytes(copy.raw), policy=policy.default)
        assert [part.get_filename() for part in mail.iter_attachments()] == (
            ["plan.pdf"] if goes_along else []
        )
        assert ("plan.pdf" in mail.get_body(["plain"]).get_content()) is not goes_along
    assert SystemMail.objects.count() == 2
