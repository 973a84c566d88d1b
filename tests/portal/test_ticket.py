import uuid

import pytest
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import schema_context

from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets import assigning, changing, writing
from tickets.merging import merge
from tickets.models import Attachment, Channel, Ticket
from tickets.recording import File
from tickets.states import State

ACTS = ["reply", "closure"]


def url(name, ticket):
    return reverse(f"portal:{name}", args=[ticket.number])


def form(**values):
    return {"text": "Noch eine Frage.", "form_id": str(uuid.uuid4()), **values}


@pytest.fixture
def ticket(anna):
    return open_ticket(anna, channel=Channel.PORTAL, subject="Import", text="Er bricht ab.")


def test_ticket_shows_the_conversation_and_the_promised_moment(portal, agent, ticket):
    response = portal.get(url("ticket", ticket))

    page = response.content.decode()
    assert "Er bricht ab." in page
    promise = response.context["promise"]
    assert (promise.tier.name, promise.is_guaranteed) == ("Gold", True)
    assert response.context["seconds"] == 4 * 3600
    assert "Gold" in page


def test_ticket_shows_no_notes_and_no_internals(portal, ticket):
    holder = AgentFactory(name="Geheime Zuständige")
    writing.add_note(ticket, author=holder, text="Schwieriger Kunde")
    assigning.assign(ticket, to=holder, by=holder)
    Ticket.objects.filter(pk=ticket.pk).update(hint="Interner Hinweis")

    page = portal.get(url("ticket", ticket)).content.decode()

    for secret in ["Schwieriger Kunde", "Geheime Zuständige", "Interner Hinweis"]:
        assert secret not in page


def test_ticket_shows_the_answer_at_once(portal, ticket):
    writing.reply(ticket, author=AgentFactory(name="Jana Lind"), text="Behoben.")

    response = portal.get(url("ticket", ticket))

    page = response.content.decode()
    assert "Behoben." in page
    assert "Jana Lind" in page
    assert response.context["promise"] is None


def test_who_is_not_confirmed_hears_nothing_of_tiers(portal, anna, ticket):
    EmailAddress.objects.filter(user=anna).update(verified=False)

    response = portal.get(url("ticket", ticket))

    assert (response.context["promise"], response.context["steps"]) == (None, [])
    assert "Gold" not in response.content.decode()


@pytest.mark.parametrize("count", [1, 6])
def test_ticket_runs_a_fixed_number_of_queries(portal, ticket, count, django_assert_num_queries):
    for _ in range(count):
        writing.reply(ticket, author=AgentFactory(), text="Antwort")
        portal.post(url("reply", ticket), form())
    # The first look marks the answers as read.
    portal.get(url("ticket", ticket))

    with django_assert_num_queries(20):
        portal.get(url("ticket", ticket))


def test_anothers_ticket_is_not_there(portal, anna):
    colleague = CustomerFactory(organisation=anna.organisation)
    for theirs in [open_ticket(), open_ticket(colleague)]:
        assert portal.get(url("ticket", theirs)).status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_nobody_acts_on_anothers_ticket(portal, name):
    theirs = open_ticket()

    assert portal.post(url(name, theirs), form()).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == State.NEW
    assert theirs.messages.filter(kind="inbound").count() == 1


@pytest.mark.parametrize("name", ["ticket", *ACTS])
def test_a_ticket_of_another_tenant_is_not_there(portal, other_tenant, name):
    with schema_context(other_tenant.schema_name):
        Ticket.objects.filter(pk=open_ticket().pk).update(number=777)
    address = reverse(f"portal:{name}", args=[777])

    response = portal.get(address) if name == "ticket" else portal.post(address, form())

    assert response.status_code == 404


@pytest.mark.parametrize("name", ACTS)
def test_strangers_are_asked_to_sign_in_and_looking_changes_nothing(client, portal, ticket, name):
    assert portal.get(url(name, ticket)).status_code == 405
    client.logout()

    assert client.post(url(name, ticket), form()).url.startswith(reverse("account_login"))


def test_an_organisations_admin_reads_but_takes_no_part(portal, anna):
    anna.join(anna.organisation, role="admin")
    theirs = open_ticket(CustomerFactory(organisation=anna.organisation))

    response = portal.get(url("ticket", theirs))

    assert response.context["reply_form"] is None
    assert portal.post(url("reply", theirs), form()).status_code == 404


def test_a_reply_joins_the_ticket_and_opens_it_again(portal, agent, anna, ticket):
    writing.reply(ticket, author=agent, text="Bitte prüfen.", state=State.SOLVED)

    response = portal.post(
        url("reply", ticket),
        form(files=SimpleUploadedFile("log.txt", b"Zeile", "text/plain")),
    )

    message = ticket.messages.filter(kind="inbound").latest("pk")
    assert response.url == f"{url('ticket', ticket)}#message-{message.pk}"
    assert (message.text, message.author, message.channel) == (
        "Noch eine Frage.",
        anna,
        Channel.PORTAL,
    )
    assert message.attachments.get().filename == "log.txt"
    ticket.refresh_from_db()
    assert ticket.state == State.OPEN
    assert ticket.queue_band is not None


def test_the_same_reply_sent_twice_is_one_message(portal, ticket):
    sent = form()

    first, second = portal.post(url("reply", ticket), sent), portal.post(url("reply", ticket), sent)

    assert first.url == second.url
    assert ticket.messages.filter(kind="inbound").count() == 2


@pytest.mark.parametrize("text", ["", "  ", "\x00"])
def test_a_reply_without_a_text_is_shown_again(portal, ticket, text):
    response = portal.post(url("reply", ticket), form(text=text))

    assert response.status_code == 422
    assert response.context["reply_form"].errors.keys() == {"text"}
    assert ticket.messages.filter(kind="inbound").count() == 1


def test_closing_withdraws_the_request(portal, anna, ticket):
    response = portal.post(url("closure", ticket))

    assert response.url == url("ticket", ticket)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.queue_band) == (State.CLOSED, None)
    assert ticket.promises.get().end_cause == "withdrawn"


def test_closing_a_closed_ticket_changes_nothing(portal, anna, ticket):
    portal.post(url("closure", ticket))
    events = ticket.events.count()

    assert portal.post(url("closure", ticket)).status_code == 302
    assert ticket.events.count() == events


def test_spam_stays_spam_when_its_sender_closes_it(portal, agent, ticket):
    changing.change_state(ticket, State.SPAM, by=agent)

    portal.post(url("closure", ticket))

    ticket.refresh_from_db()
    assert ticket.state == State.SPAM


def attachment_of(ticket, **content):
    return Attachment.objects.filter(message__ticket=ticket).latest("pk")


def test_files_of_a_note_are_not_there_for_customers(portal, agent, ticket):
    file = File("intern.txt", "text/plain", b"geheim")
    writing.add_note(ticket, author=agent, text="Siehe Anhang", files=[file])

    address = reverse("portal:attachment", args=[attachment_of(ticket).pk])

    assert portal.get(address).status_code == 404


def test_customers_download_the_files_of_their_conversation(portal, agent, ticket):
    file = File("anleitung.pdf", "application/pdf", b"%PDF")
    writing.reply(ticket, author=agent, text="Siehe Anhang", files=[file], at=timezone.now())

    response = portal.get(reverse("portal:attachment", args=[attachment_of(ticket).pk]))

    assert b"".join(response.streaming_content) == b"%PDF"
    response.close()


def test_files_of_anothers_ticket_are_not_there(portal, other_tenant):
    file = File("a.txt", "text/plain", b"x")
    theirs = attachment_of(open_ticket(files=(file,)))
    with schema_context(other_tenant.schema_name):
        foreign = attachment_of(open_ticket(files=(file,)))

    for attachment in (theirs, foreign):
        address = reverse("portal:attachment", args=[attachment.pk])
        assert portal.get(address).status_code == 404


def test_reply_to_a_ticket_marked_as_spam_is_a_ticket_of_the_same_subject(portal, anna, ticket):
    changing.change_state(ticket, State.SPAM, by=AgentFactory())

    portal.post(url("reply", ticket), form(text="Ich bin kein Spam."))

    own = Ticket.objects.exclude(pk=ticket.pk).get(requester=anna)
    assert own.subject == "Import"
    assert own.hint == f"Answers #{ticket.number}, which is spam."


def test_merged_ticket_leads_to_where_it_goes_on_and_is_listed_once(client, customer, agent):
    first, second = open_ticket(customer), open_ticket(customer)
    merge(first, into=second, by=agent)
    client.force_login(customer)

    response = client.get(reverse("portal:ticket", args=[first.number]))
    listed = client.get(reverse("portal:tickets"))

    assert response["Location"] == reverse("portal:ticket", args=[second.number])
    assert [one.number for one in listed.context["tickets"]] == [second.number]


def test_closing_a_ticket_that_was_merged_meanwhile_leads_to_where_it_goes_on(
    client, customer, agent
):
    first, second = open_ticket(customer), open_ticket(customer)
    merge(first, into=second, by=agent)
    client.force_login(customer)

    response = client.post(url("closure", first), follow=True)

    assert response.redirect_chain[-1][0] == url("ticket", second)
    second.refresh_from_db()
    assert second.state == State.NEW
