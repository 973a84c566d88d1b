"""Automatic mail never talks to automatic mail (law 9)."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTP

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import now

from channels import acknowledgement, intake, people
from channels.models import InboundRecord, SystemMail
from tenants import queue
from tenants.acts import act
from tenants.models import Route, Tenant
from tests.channels.mail import (
    EVA,
    send_all,
    taken_in,
    ticket_of,
    written,
)
from tests.channels.servers import FirstHop
from tests.factories import AgentFactory
from tickets import opening, writing
from tickets.models import Message, Ticket


def confirmations() -> int:
    return Message.objects.filter(is_automatic=True, kind=Message.Kind.OUTBOUND).count()


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-generated; owner-email=x@y.example"},
        {"precedence": "bulk"},
        {"precedence": "list"},
        {"precedence": "junk"},
        {"list_id": "<neues.kunden.example>"},
        {"list_unsubscribe": "<mailto:raus@kunden.example>"},
        {"x_auto_response_suppress": "All"},
        {"sender": "no-reply@kunden.example"},
    ],
    ids=str,
)
def test_automatic_mail_gets_a_ticket_but_no_confirmation(tenant, headers):
    record = taken_in(written(**headers))

    assert ticket_of(record).promises.get().is_open
    assert confirmations() == 0


def test_a_null_return_path_gets_no_confirmation(tenant):
    record = taken_in(written(), envelope_from="")

    assert record.status == "processed"
    assert confirmations() == 0


def test_what_a_person_wrote_gets_one(tenant):
    taken_in(written(auto_submitted="no"))

    assert confirmations() == 1


def test_one_address_gets_one_confirmation_in_fifteen_minutes(tenant):
    start = now()
    for minutes, expected in [(0, 1), (14, 1), (16, 2)]:
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            taken_in(written(f"Nummer {minutes}"))
            assert confirmations() == expected


def test_one_address_gets_five_confirmations_a_day(tenant):
    start = now()
    for hour in range(8):
        with time_machine.travel(start + timedelta(hours=hour), tick=False):
            taken_in(written(f"Nummer {hour}"))

    assert confirmations() == 5
    with time_machine.travel(start + timedelta(hours=25), tick=False):
        taken_in(written("Am nächsten Tag"))
    assert confirmations() == 6


def test_two_addresses_do_not_count_for_each_other(tenant):
    taken_in(written())
    taken_in(written(sender="ole@kunden.example"))

    assert confirmations() == 2


def test_a_reply_that_joins_gets_no_confirmation(tenant):
    taken_in(written(message_id="<eins@kunden.example>"))
    with time_machine.travel(now() + timedelta(hours=1)):
        taken_in(written("Nachtrag", in_reply_to="<eins@kunden.example>"))

    assert confirmations() == 1


@pytest.mark.parametrize("own", ["support@beta.localhost", "Support+x@Alpha.localhost"])
def test_our_own_addresses_get_no_confirmation(tenant, own):
    taken_in(written(sender=own), envelope_from=own)

    assert Ticket.objects.count() == 1
    assert confirmations() == 0


def test_an_absence_note_joins_the_ticket_without_opening_it(tenant):
    record = taken_in(written(message_id="<eins@kunden.example>"))
    ticket = ticket_of(record)
    answer = writing.reply(ticket, author=AgentFactory(), text="Bitte.")
    promises = ticket.promises.count()

    note = taken_in(
        written(
            "Ich bin im Urlaub.",
            subject="Automatische Antwort: Drucker",
            in_reply_to="<eins@kunden.example>",
            auto_submitted="auto-replied",
        )
    )

    ticket.refresh_from_db()
    assert ticket_of(note) == ticket
    assert note.message.is_automatic
    assert ticket.state == "waiting"
    assert ticket.promises.count() == promises
    assert ticket.promises.get().answer == answer


def test_our_own_mail_come_back_is_ignored(tenant, hop):
    ticket = ticket_of(taken_in(written()))
    writing.reply(ticket, author=AgentFactory(), text="Bitte.")
    send_all()

    record = taken_in(hop.mails[-1].raw, envelope_from=EVA)

    assert record.status == "ignored"
    assert Ticket.objects.count() == 1


def test_a_stranger_under_one_of_our_ids_is_not_ignored(tenant, hop):
    ticket = ticket_of(taken_in(written()))
    message = writing.reply(ticket, author=AgentFactory(), text="Bitte.")
    send_all()
    message.refresh_from_db()

    record = taken_in(written("Etwas anderes.", message_id=message.message_id))

    assert record.status == "processed"


def test_nobody_is_confirmed_at_an_address_that_does_not_exist(tenant):
    record = taken_in(written(sender=""), envelope_from="")

    assert ticket_of(record).requester.email == "nobody@unknown.invalid"
    assert confirmations() == 0


class Strangers:
    """Routes as another installation has them: none of ours is among them."""

    objects = Route.objects.none()


class Post:
    """Two offices behind one door: what the outbox hands over, the postman brings to the door."""

    def __init__(self, hop: FirstHop, port: int, offices: tuple[Tenant, Tenant]) -> None:
        self.hop, self.port, self.offices, self.brought = hop, port, offices, 0

    def work(self) -> int:
        """Process, send and bring until nothing moves; returns how many mails were brought."""
        while True:
            for tenant in self.offices:
                connection.set_tenant(tenant)
                waiting = InboundRecord.objects.all().unprocessed()
                for pk in list(waiting.values_list("pk", flat=True)):
                    intake.process(pk)
                send_all()
            unbrought = self.hop.mails[self.brought :]
            if not unbrought:
                return self.brought
            assert self.brought < 50, "The two offices do not fall silent."
            for mail in unbrought:
                self.brought += 1
                with SMTP("127.0.0.1", self.port) as postman:
                    postman.sendmail(mail.envelope_from, mail.recipients, mail.raw)


@pytest.fixture
def post(nord, sued, door, hop, monkeypatch):
    # No worker here: what is stored is worked on by `Post.work`.
    monkeypatch.setattr(queue, "_publish", lambda *task: None)
    for tenant in (nord, sued):
        connection.set_tenant(tenant)
        SystemMail.objects.all().delete()
        Message.objects.all().update(status="sent")
    yield Post(hop, door, (nord, sued))
    connection.set_tenant(nord)


@pytest.mark.parametrize("knows_its_own", [True, False])
def test_two_offices_that_face_each_other_fall_silent_after_one_exchange(
    post, nord, sued, monkeypatch, knows_its_own
):
    """Also where each takes the other for a stranger, as two installations would."""
    if not knows_its_own:
        monkeypatch.setattr(acknowledgement, "Route", Strangers)
    connection.set_tenant(nord)
    with act():
        person = people.sender(f"support@{sued.slug}.localhost", "Süd")
    ticket, _message = opening.open_for_customer(
        opening.NewTicket(
            requester=person,
            subject="Bestellung 7",
            channel="email",
            received_at=now(),
            mailbox=f"support@{nord.slug}.localhost",
        ),
        author=AgentFactory(),
        text="Wann kommt die Lieferung?",
    )

    brought = post.work()

    # The question, and at most one confirmation of it.
    assert brought == (1 if knows_its_own else 2)
    connection.set_tenant(sued)
    theirs = Ticket.objects.latest("pk")
    assert theirs.subject == f"Re: Bestellung 7 [#{ticket.number}]"
    writing.reply(theirs, author=AgentFactory(), text="Morgen.")
    answered = post.work()
    assert answered == brought + 1
    connection.set_tenant(nord)
    said = list(ticket.messages.order_by("pk").values_list("kind", flat=True))
    assert said.count("inbound") == answered - 1
    assert confirmations() == 0
