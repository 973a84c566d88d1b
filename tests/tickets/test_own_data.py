"""What tickets hand out of a person, and what stays when they want to be forgotten."""

import pytest

from accounts import erasing, privacy
from accounts.models import Membership
from channels import own_data as channels_own
from channels.models import InboundRecord, SystemMail
from tests.factories import CustomerFactory, open_ticket, organisation
from tickets import drafts, own_data, recording, sharing, writing
from tickets.drafts import Draft
from tickets.models import DraftFile, Message, Ticket
from tickets.recording import File
from tickets.states import State


@pytest.fixture
def anna(tenant):
    return CustomerFactory(name="Anna Berg", email="anna@teehaus.example")


def ticket_of(user, **values):
    return open_ticket(
        user,
        subject="Frage von Anna Berg",
        text="Viele Grüße\nAnna Berg, anna@teehaus.example",
        from_address=user.email,
        html="<p>Anna Berg</p>",
        files=(File("ausweis.txt", "text/plain", b"x"),),
        **values,
    )


def words(ticket):
    said = Message.objects.filter(ticket=ticket)
    return " ".join(
        [Ticket.objects.get(pk=ticket.pk).subject]
        + [f"{one.text} {one.reply_text} {one.html} {one.from_address}" for one in said]
    )


def test_own_requests_are_handed_out_without_notes(anna, agent):
    ticket = ticket_of(anna)
    writing.add_note(ticket, author=agent, text="Geheim")
    writing.reply(ticket, author=agent, text="So.")

    told = own_data._export(anna)
    [request] = told["requests"]

    assert [one["kind"] for one in request["messages"]] == ["inbound", "outbound"]
    assert "Geheim" not in str(told)
    assert list(own_data._files(anna)) == [(f"{ticket.number}/ausweis.txt", b"x")]


def test_of_others_requests_only_ones_own_words_are(anna, agent):
    home = organisation()
    anna.join(home)
    ticket = open_ticket(CustomerFactory(organisation=home), text="Fremdes")
    sharing.share(ticket, [anna], by=ticket.requester)
    content = recording.Content(text="Eigenes")
    writing.add_customer_message(
        ticket, author=anna, content=content, channel="portal_form", received_at=ticket.opened_at
    )

    told = own_data._export(anna)

    assert [one["text"] for one in told["written_elsewhere"]] == ["Eigenes"]
    assert "Fremdes" not in str(told)


def test_who_was_alone_takes_every_word_along(anna, agent):
    ticket = ticket_of(anna)
    writing.reply(ticket, author=agent, text="Guten Tag Anna Berg")
    number = ticket.number

    erasing.erase(anna)

    ticket = Ticket.objects.get(number=number)
    assert ticket.state == State.CLOSED
    assert "Anna" not in words(ticket)
    assert not any(message.attachments.exists() for message in ticket.messages.all())
    found = Ticket.objects.all()
    assert list(found.matching("Berg")) == list(found.matching("teehaus")) == []
    assert ticket.promises.exists()


def test_among_colleagues_the_words_stay_without_the_name(anna, agent):
    home = organisation()
    anna.join(home)
    boss = CustomerFactory(name="Chef", organisation=home)
    boss.join(home, Membership.Role.ADMIN)
    ticket = ticket_of(anna)
    writing.reply(ticket, author=agent, text="Guten Tag Anna Berg, so geht es.")

    erasing.erase(anna)

    assert "Anna Berg" not in words(ticket)
    assert anna.email not in words(ticket)
    assert "so geht es" in words(ticket)
    ticket.refresh_from_db()
    assert ticket.state == State.WAITING
    assert ticket.hint
    assert list(Ticket.objects.visible_to(boss)) == [ticket]


def test_who_took_part_is_nowhere_any_more(anna, agent):
    home = organisation()
    anna.join(home)
    owner = CustomerFactory(organisation=home)
    owner.join(home, Membership.Role.ADMIN)
    ticket = open_ticket(owner)
    sharing.share(ticket, [anna], by=owner)

    erasing.erase(anna)

    assert not ticket.participants.exists()
    assert not ticket.events.filter(after__contains="Anna").exists()


def test_raw_messages_and_mails_go_too(anna, tenant, django_capture_on_commit_callbacks):
    from channels import raw
    from channels.portal_form import inbound

    ticket = inbound.submit_ticket(anna, subject="A", text="Anna Berg", files=(), form_id="1")
    record = InboundRecord.objects.get(message__ticket=ticket)
    assert raw.path_of(record.sha256).exists()

    with django_capture_on_commit_callbacks(execute=True):
        channels_own.erase(anna)

    record.refresh_from_db()
    assert not raw.path_of(record.sha256).exists()
    assert (record.envelope_from, record.recipients) == ("", [])
    assert not SystemMail.objects.filter(recipient=anna.email).exists()


def test_files_not_sent_yet_are_handed_out_and_erased(anna, django_capture_on_commit_callbacks):
    ticket = ticket_of(anna)
    file = File("halb.txt", "text/plain", b"halb")
    kept = drafts.keep(Draft(anna), file)
    drafts.keep(Draft(anna, ticket), file)
    theirs = drafts.keep(Draft(CustomerFactory()), file)

    told = own_data._export(anna)["not_sent_yet"]
    assert [one["request"] for one in told] == [None, ticket.number]
    assert ("not_sent_yet/halb.txt", b"halb") in list(own_data._files(anna))
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(anna)

    assert list(DraftFile.objects.all()) == [theirs]
    assert not kept.file.storage.exists(kept.file.name)
    assert theirs.file.storage.exists(theirs.file.name)


def test_both_sections_stand_in_the_archive(tenant):
    names = [section.name for section in privacy.sections()]

    assert {"tickets", "channels"} <= set(names)
    assert names.index("account") < names.index("tickets") < names.index("channels")
