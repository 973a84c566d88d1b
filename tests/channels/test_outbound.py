"""The mails we write are correct, whatever names, subjects, ids and files are in them."""

from __future__ import annotations

import email

import pytest
import time_machine
from django.utils.timezone import now

from channels import outbox, sweep
from channels.email import first_hop, outbound
from tenants import wakeups
from tenants.models import Route, Wakeup
from tests.channels.mail import EVA, SUPPORT, parsed, send_all, taken_in, ticket_of, written
from tests.channels.servers import FirstHop, running
from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets import writing
from tickets.models import Message
from tickets.recording import File

# As long as those of a large provider are in life.
LONG_ID = f"<{'AM0PR03MB48' * 6}@{'AM0PR03MB4884.eurprd03' * 3}.prod.outlook.com>"


def answered(ticket, **more) -> Message:
    return writing.reply(ticket, author=AgentFactory(name="Jana Lind"), text="Bitte.", **more)


def sent(hop: FirstHop):
    send_all()
    return hop.mails[-1].raw, parsed(hop.mails[-1].raw)


@pytest.mark.parametrize("count", [1, 40])
def test_long_message_ids_stay_whole_and_the_list_short(tenant, hop, count):
    ids = [LONG_ID.replace("<", f"<{number}") for number in range(count)]
    # The library would break such ids; a provider's servers do not.
    ticket = ticket_of(taken_in(f"Message-ID: {ids[0]}\r\n".encode() + written()))
    for one in ids[1:]:
        head = f"Message-ID: {one}\r\nIn-Reply-To: {ids[0]}\r\n"
        assert ticket_of(taken_in(head.encode() + written(one))) == ticket
    ticket.messages.filter(kind="outbound").delete()

    answered(ticket)
    raw, mail = sent(hop)

    references = mail["References"].split()
    assert mail["In-Reply-To"] == ids[-1]
    assert references == (ids if count == 1 else [ids[0], *ids[-19:]])
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert raw.isascii()


@pytest.mark.parametrize("bad", ["kein-id", "<a b@x>", "<ü@x>", "<x@y\r\nBcc: z@evil.example>"])
def test_what_is_no_message_id_is_not_passed_on(tenant, hop, bad):
    ticket = open_ticket(CustomerFactory(email=EVA), message_id=bad)

    answered(ticket)
    raw, mail = sent(hop)

    assert mail["In-Reply-To"] is None
    assert b"evil" not in raw


@pytest.mark.parametrize(
    "name",
    [
        'Chef <chef@firma.example>" <evil@x.example>',
        "Eva\r\nBcc: evil@x.example",
        "Kunz, Eva; (Einkauf) \\ [x]",
        "\u202eaVE moc.elpmaxe",
        "Özlem Yılmaz 🎉",
    ],
)
def test_a_name_can_neither_break_out_nor_mislead(tenant, hop, name):
    ticket = open_ticket(CustomerFactory(email=EVA, name=name))

    answered(ticket)
    _raw, mail = sent(hop)

    (recipient,) = mail["To"].addresses
    assert recipient.addr_spec == EVA
    assert mail["Bcc"] is None
    assert "\u202e" not in recipient.display_name


def test_a_subject_stays_stable_and_names_the_ticket_once(tenant, hop):
    ticket = open_ticket(CustomerFactory(email=EVA), subject="Größe \r\nBcc: evil@x.example 🎉")

    for _ in range(2):
        answered(ticket)
    _raw, mail = sent(hop)

    assert mail["Bcc"] is None
    assert mail["Subject"] == f"Re: Größe Bcc: evil@x.example 🎉 [#{ticket.number}]"


def test_an_answer_leaves_from_the_address_the_customer_wrote_to(tenant, hop):
    Route.objects.create(address="einkauf@alpha.localhost", tenant=tenant)
    record = taken_in(written(), recipients=("einkauf+x@alpha.localhost",))

    answered(ticket_of(record))
    _raw, mail = sent(hop)

    assert mail["From"].addresses[0].addr_spec == "einkauf@alpha.localhost"
    assert hop.mails[-1].envelope_from.startswith("einkauf+b")


def test_an_answer_leaves_from_the_primary_address_when_that_one_is_gone(tenant, hop):
    ticket = ticket_of(taken_in(written(), recipients=("weg@alpha.localhost",)))

    answered(ticket)
    _raw, mail = sent(hop)

    assert mail["From"].addresses[0].addr_spec == SUPPORT


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("image/png", "image/png"),
        ("text/html", "text/html"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("unsinn", "application/octet-stream"),
        ('a/b"; x', "application/octet-stream"),
    ],
)
def test_files_arrive_byte_for_byte_whatever_their_type(tenant, hop, claimed, kept):
    content = bytes(range(256)) * 10 + b"\r\n.\r\nFrom x"
    ticket = open_ticket(CustomerFactory(email=EVA))

    answered(ticket, files=[File('Über "sicht".bin', claimed, content)])
    _raw, mail = sent(hop)

    (part,) = mail.iter_attachments()
    assert part.get_content_type() == kept
    assert part.get_payload(decode=True) == content
    assert part.get_filename() == 'Über "sicht".bin'


def test_text_arrives_as_it_was_written(tenant, hop):
    text = "Zeile\n.\n..\nFrom hier\n" + "lang" * 1000 + "\n„Schluss“ <b>&amp;"
    ticket = open_ticket(CustomerFactory(email=EVA), text="> schon zitiert")

    writing.reply(ticket, author=AgentFactory(), text=text)
    raw, mail = sent(hop)

    plain = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    html = mail.get_body(("html",)).get_content()
    assert text in plain
    assert "> > schon zitiert" in plain
    assert "&lt;b&gt;&amp;amp;" in html
    assert email.message_from_bytes(raw).get_content_type() == "multipart/alternative"


def test_a_domain_with_umlauts_is_written_as_mail_servers_know_it(tenant, hop):
    ticket = open_ticket(CustomerFactory(email="eva@büro.example"))

    answered(ticket)
    send_all()

    assert hop.mails[-1].recipients == ["eva@xn--bro-hoa.example"]


def test_a_mailbox_with_umlauts_goes_where_such_are_spoken(tenant, hop):
    ticket = open_ticket(CustomerFactory(email="jürgen@büro.example", name="Jürgen"))

    message = answered(ticket)
    raw, _mail = sent(hop)

    message.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert hop.mails[-1].recipients == ["jürgen@xn--bro-hoa.example"]
    assert "To: Jürgen <jürgen@xn--bro-hoa.example>".encode() in raw


def test_a_mailbox_with_umlauts_is_refused_where_nobody_speaks_them(tenant, settings, monkeypatch):
    hop = FirstHop(extensions=False)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", hop.port
    ticket = open_ticket(CustomerFactory(email="jürgen@büro.example"))
    message = answered(ticket)

    with running(hop.serve, hop.port):
        send_all()

    message.refresh_from_db()
    assert message.status == Message.Status.FAILED
    assert ticket.promises.get().is_open


@pytest.mark.parametrize(
    "address", ["a..b@kunden.example", "o'neil@kunden.example", ".x@kunden.example"]
)
def test_addresses_that_are_not_quite_right_are_written_to_all_the_same(tenant, hop, address):
    ticket = open_ticket(CustomerFactory(email=address))

    message = answered(ticket)
    send_all()

    message.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert hop.mails[-1].recipients == [address]


def test_an_answer_to_nobody_fails_at_once(tenant, hop):
    ticket = ticket_of(taken_in(written(sender=""), envelope_from=""))

    message = answered(ticket)
    send_all()

    message.refresh_from_db()
    assert message.status == Message.Status.FAILED
    assert ticket.promises.get().is_open
    assert hop.mails == []


def test_the_message_id_is_stored_before_the_mail_is_sent(tenant, monkeypatch):
    message = answered(open_ticket(CustomerFactory(email=EVA)))
    stored = []
    monkeypatch.setattr(
        first_hop,
        "send",
        lambda *mail: stored.append(
            Message.objects.get(pk=message.pk).message_id.encode() in mail[2]
        ),
    )

    outbound.deliver(message)

    assert stored == [True]


def test_the_sweep_wakes_the_workers_for_what_a_lost_task_forgot(tenant, hop, monkeypatch):
    woken = []
    monkeypatch.setattr(sweep, "enqueue", lambda task, **_: woken.append(task))
    message = answered(open_ticket(CustomerFactory(email=EVA)))

    with time_machine.travel(now()):
        sweep.sweep()
    send_all()

    message.refresh_from_db()
    assert "channels.send_waiting" in woken
    assert message.status == Message.Status.SENT


def test_a_tenant_with_nothing_waiting_is_left_alone(tenant, hop, monkeypatch):
    message = answered(open_ticket(CustomerFactory(email=EVA)))
    send_all()
    message.refresh_from_db()

    wakeups.settle(Wakeup.Kind.OUTBOX, outbox.next_moment)

    assert Wakeup.objects.get(schema_name=tenant.schema_name, kind="outbox").next_at is None
