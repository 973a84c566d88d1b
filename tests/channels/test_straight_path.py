"""One mail in, one ticket, one promise, one answer out, one reply that joins."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.formats import date_format

from accounts.models import User
from channels.email import signed
from tests.channels.mail import (
    EVA,
    SUPPORT,
    last_out,
    parsed,
    send_all,
    taken_in,
    ticket_of,
    written,
)
from tests.factories import AgentFactory, organisation
from tickets import writing
from tickets.models import Event, Message
from tickets.recording import File
from tickets.states import State

FIRST_ID = "<eins@kunden.example>"


def to_eva(hop) -> list:
    return [parsed(one.raw) for one in hop.mails if one.recipients == [EVA]]


def answered(ticket, text: str = "Bitte das Papierfach öffnen.", **more) -> Message:
    return writing.reply(ticket, author=AgentFactory(name="Jana Lind"), text=text, **more)


def test_a_mail_becomes_a_ticket_with_a_promise_counted_from_its_arrival(tenant):
    record = taken_in(written(message_id=FIRST_ID))

    ticket = ticket_of(record)
    promise = ticket.promises.get()
    assert record.status == "processed"
    assert (ticket.subject, ticket.requester.email, ticket.requester.name) == (
        "Drucker streikt",
        EVA,
        "Eva Kunz",
    )
    assert ticket.organisation.name == "Eva Kunz"
    assert ticket.mailbox == SUPPORT
    assert promise.started_at == record.received_at
    assert ticket.due_at == promise.due_at
    assert ticket.messages.get(kind=Message.Kind.INBOUND).text.strip() == (
        "Guten Tag, der Drucker druckt nicht."
    )


def test_the_confirmation_names_number_and_promised_moment(tenant, hop):
    eva = User.objects.create_customer(EVA, "Eva Kunz", organisation=organisation(booked="Gold"))
    User.objects.get_queryset().update(language="en")
    ticket = ticket_of(taken_in(written(message_id=FIRST_ID)))

    send_all()

    (mail,) = to_eva(hop)
    with translation.override("en"):
        due = date_format(timezone.localtime(ticket.due_at), "l, j F Y, H:i")
    text = mail.get_body(("plain",)).get_content()
    assert ticket.requester == eva
    assert f"#{ticket.number}" in text
    assert f"our first answer by {due} at the latest" in text
    assert mail["Subject"] == f"Re: Drucker streikt [#{ticket.number}]"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["In-Reply-To"] == mail["References"] == FIRST_ID
    assert mail["From"] == f"Alpha GmbH <{SUPPORT}>"
    assert signed.read(mail["Reply-To"], "t") == ticket.number


def test_a_confirmation_without_a_guarantee_promises_nothing_firm(tenant, hop):
    User.objects.create_customer(EVA, "Eva Kunz")
    User.objects.get_queryset().update(language="en")

    taken_in(written())
    send_all()

    text = to_eva(hop)[0].get_body(("plain",)).get_content()
    assert "We expect to answer you by" in text
    assert "at the latest" not in text


def test_who_reads_english_is_confirmed_in_english(tenant, hop):
    eva = User.objects.create_customer(EVA, "Eva Kunz")
    eva.language = "en"
    eva.save()

    taken_in(written())
    send_all()

    assert "thank you for your message" in to_eva(hop)[0].get_body(("plain",)).get_content()


def test_an_answer_leaves_as_a_threaded_mail_and_keeps_the_promise(tenant, hop):
    ticket = ticket_of(taken_in(written(message_id=FIRST_ID)))
    send_all()
    pdf = File("Anleitung für Öl.pdf", "application/pdf", b"%PDF-1.7 x")

    message = answered(ticket, files=[pdf])
    send_all()

    message.refresh_from_db()
    confirmation, mail = to_eva(hop)
    promise = ticket.promises.get()
    assert mail["Message-ID"] == message.message_id
    assert mail["In-Reply-To"] == FIRST_ID
    assert mail["References"].split() == [confirmation["Message-ID"], FIRST_ID]
    assert mail["From"] == f"Jana Lind von Alpha GmbH <{SUPPORT}>"
    assert mail["To"] == f"Eva Kunz <{EVA}>"
    assert mail["Auto-Submitted"] is None
    assert signed.read(hop.mails[-1].envelope_from, "b") == message.pk
    assert signed.read(mail["Reply-To"], "t") == ticket.number
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Bitte das Papierfach öffnen." in plain
    assert "> Guten Tag, der Drucker druckt nicht." in plain
    assert "<p>Bitte das Papierfach öffnen.</p>" in html
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == pdf.filename
    assert attachment.get_content() == pdf.content
    assert message.status == Message.Status.SENT
    assert promise.answer == message
    assert promise.accepted_at == message.delivered_at
    assert promise.is_kept


def test_the_customers_reply_joins_the_ticket_by_its_signed_address(tenant, hop):
    ticket = ticket_of(taken_in(written(message_id=FIRST_ID)))
    answered(ticket)
    send_all()
    mail = to_eva(hop)[-1]
    reply_to = mail["Reply-To"].addresses[0].addr_spec

    record = taken_in(written("Das Fach war leer.", to=reply_to), recipients=(reply_to,))

    ticket.refresh_from_db()
    assert ticket_of(record) == ticket
    assert ticket.state == State.OPEN
    assert record.message.text.strip() == "Das Fach war leer."
    assert ticket.promises.count() == 2
    assert ticket.promises.latest("pk").started_at == record.received_at


def test_the_customers_reply_joins_by_message_id_when_the_address_was_lost(tenant, hop):
    ticket = ticket_of(taken_in(written(message_id=FIRST_ID)))
    message = answered(ticket)
    send_all()
    message.refresh_from_db()

    by_reply = taken_in(written("Danke.", in_reply_to=message.message_id))
    by_references = taken_in(written("Noch etwas.", references=f"{FIRST_ID} <fremd@x.example>"))

    assert ticket_of(by_reply) == ticket_of(by_references) == ticket


def test_the_conversation_goes_on_in_the_order_of_the_mails(tenant, hop):
    ticket = ticket_of(taken_in(written(message_id=FIRST_ID)))
    first = answered(ticket)
    send_all()
    taken_in(written("Nein.", in_reply_to=first.message_id, message_id="<zwei@kunden.example>"))
    first.refresh_from_db()
    taken_in(written("Nein.", in_reply_to=first.message_id, message_id="<drei@kunden.example>"))

    answered(ticket, "Dann schicken wir jemanden.")
    send_all()

    mail = to_eva(hop)[-1]
    assert mail["In-Reply-To"] == "<drei@kunden.example>"
    assert mail["References"].split()[-1] == "<drei@kunden.example>"
    assert FIRST_ID in mail["References"].split()


def test_a_confirmation_keeps_no_promise(tenant, hop):
    ticket = ticket_of(taken_in(written()))

    send_all()

    promise = ticket.promises.get()
    assert last_out(ticket).status == Message.Status.SENT
    assert promise.is_open
    assert promise.answer is None


def test_each_step_leaves_its_line_in_the_history(tenant, hop):
    ticket = ticket_of(taken_in(written()))
    answered(ticket)
    send_all()

    lines = list(ticket.events.order_by("pk").values_list("kind", "what"))

    assert (Event.Kind.OPENED, "") in lines
    assert (Event.Kind.MESSAGE, "acknowledgement") in lines
    assert (Event.Kind.PROMISE, "made") in lines
    assert (Event.Kind.PROMISE, "kept") in lines
