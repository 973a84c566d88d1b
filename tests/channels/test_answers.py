"""Only a human's public answer that reached its first hop keeps a promise (law 3), by mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from channels import outbox
from channels.models import InboundRecord
from tests.channels.mail import EVA, bounce, send_all, taken_in, ticket_of, written
from tests.channels.servers import LOST
from tests.factories import AgentFactory
from tickets import assigning, writing
from tickets.models import Event, Message, Ticket
from tickets.states import State


def opened(**mail) -> Ticket:
    return ticket_of(taken_in(written(message_id="<eins@kunden.example>", **mail)))


def answered(ticket: Ticket, text: str = "Bitte neu starten.") -> Message:
    return writing.reply(ticket, author=AgentFactory(), text=text)


def bounced(hop, message: Message, **report) -> InboundRecord:
    """The record of a report that came to the message's own envelope sender."""
    message.refresh_from_db()
    sent = next(one for one in hop.mails if message.message_id.encode() in one.raw)
    raw = bounce(sent.raw, to=sent.envelope_from, **report)
    return taken_in(raw, envelope_from="", recipients=(sent.envelope_from,))


def test_a_refused_answer_opens_the_promise_again_with_its_old_due_moment(tenant, hop):
    ticket = opened()
    due_at = ticket.due_at
    message = answered(ticket)
    assert not ticket.promises.get().is_open
    hop.at_rcpt.extend(["250 Ok", "550 5.1.1 No such user"])

    send_all()

    ticket.refresh_from_db()
    message.refresh_from_db()
    promise = ticket.promises.get()
    assert message.status == Message.Status.FAILED
    assert "550 5.1.1 No such user" in message.error
    assert promise.is_open
    assert (promise.due_at, ticket.due_at) == (due_at, due_at)
    assert promise.breached_at is None
    assert ticket.state == State.OPEN
    assert Event.objects.filter(kind=Event.Kind.DELIVERY, what="failed", message=message).exists()


def test_a_refused_content_fails_the_answer_too(tenant, hop):
    ticket = opened()
    send_all()
    message = answered(ticket)
    hop.at_data.append("554 5.7.1 Looks like spam")

    send_all()

    message.refresh_from_db()
    assert (message.status, message.error) == ("failed", "554 5.7.1 Looks like spam")
    assert ticket.promises.get().is_open


def test_a_bounce_two_days_later_dates_the_breach_to_the_due_moment(tenant, hop):
    ticket = opened()
    message = answered(ticket)
    send_all()
    promise = ticket.promises.get()
    assert promise.is_kept

    with time_machine.travel(promise.due_at + timedelta(days=2)):
        record = bounced(hop, message)

    promise.refresh_from_db()
    ticket.refresh_from_db()
    assert record.status == InboundRecord.Status.BOUNCE
    assert promise.breached_at == promise.due_at
    assert promise.is_open
    assert ticket.state == State.OPEN
    assert Ticket.objects.count() == 1
    line = Event.objects.get(kind=Event.Kind.PROMISE, what="target_missed")
    assert line.at == promise.due_at
    assert "5.1.1" in line.after


def test_another_answer_on_its_way_takes_the_place_of_the_bounced_one(tenant, hop):
    ticket = opened()
    first = answered(ticket)
    send_all()
    second = answered(ticket, "Nachtrag: zweimal.")

    bounced(hop, first)

    promise = ticket.promises.filter(kind="first").get()
    assert promise.answer == second
    assert promise.answered_at == second.sent_at
    assert promise.accepted_at is None
    send_all()
    # The address is known to be dead, so the second one comes back at once.
    promise.refresh_from_db()
    assert promise.is_open


def test_an_answer_that_arrived_takes_the_place_of_the_bounced_one(tenant, hop):
    ticket = opened()
    first, second = answered(ticket), answered(ticket, "Nachtrag.")
    send_all()

    bounced(hop, first, status="5.7.1")

    promise = ticket.promises.filter(kind="first").get()
    assert promise.answer == second
    assert promise.is_kept


def test_a_delay_report_changes_nothing(tenant, hop):
    ticket = opened()
    message = answered(ticket)
    send_all()

    record = bounced(hop, message, status="4.4.1", action="delayed")

    message.refresh_from_db()
    assert record.status == InboundRecord.Status.BOUNCE
    assert message.status == Message.Status.SENT
    assert ticket.promises.get().is_kept


def test_a_report_to_an_address_we_did_not_sign_fails_nothing(tenant, hop):
    ticket = opened()
    message = answered(ticket)
    send_all()
    message.refresh_from_db()
    sent = next(one for one in hop.mails if message.message_id.encode() in one.raw)
    forged = f"support+b{message.pk}.aaaaaaaaaaaaaaaaaaaa@alpha.localhost"

    record = taken_in(bounce(sent.raw, to=forged), envelope_from="", recipients=(forged,))

    message.refresh_from_db()
    assert record.status == InboundRecord.Status.BOUNCE
    assert message.status == Message.Status.SENT


def test_an_absence_note_to_the_bounce_address_is_no_ticket(tenant, hop):
    message = answered(opened())
    send_all()
    note = written("Ich bin im Urlaub.", auto_submitted="auto-replied")
    address = hop.mails[-1].envelope_from

    record = taken_in(note, envelope_from="", recipients=(address,))

    message.refresh_from_db()
    assert record.status == InboundRecord.Status.IGNORED
    assert message.status == Message.Status.SENT
    assert Ticket.objects.count() == 1


def test_a_bounced_confirmation_fails_and_touches_no_promise(tenant, hop):
    ticket = opened()
    send_all()
    confirmation = ticket.messages.get(is_automatic=True)

    bounced(hop, confirmation)

    confirmation.refresh_from_db()
    assert confirmation.status == Message.Status.FAILED
    assert ticket.promises.get().is_open
    assert Ticket.objects.count() == 1


def test_an_unknown_address_is_not_written_to_until_it_writes_again(tenant, hop):
    ticket = opened()
    bounced_answer = answered(ticket)
    send_all()
    bounced(hop, bounced_answer)
    count = len(hop.mails)
    refused = answered(ticket)

    send_all()

    refused.refresh_from_db()
    assert refused.status == Message.Status.FAILED
    assert len(hop.mails) == count
    taken_in(written("Jetzt geht es wieder.", in_reply_to=bounced_answer.message_id))
    again = answered(ticket)
    send_all()
    again.refresh_from_db()
    assert again.status == Message.Status.SENT


def test_a_bounced_copy_does_not_take_a_portal_answer_back(tenant, hop):
    from tests.factories import CustomerFactory, open_ticket

    ticket = open_ticket(CustomerFactory(email=EVA), channel="portal_form")
    message = answered(ticket)
    send_all()

    bounced(hop, message)

    message.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert ticket.promises.get().is_kept


def test_a_mail_from_an_agents_address_keeps_no_promise(tenant, hop):
    agent = AgentFactory(email="jana@firma.example")
    ticket = opened()
    assigning.assign(ticket, to=agent, by=agent)
    confirmation = ticket.messages.get(is_automatic=True)
    send_all()
    confirmation.refresh_from_db()

    record = taken_in(
        written("Bitte so.", sender="jana@firma.example", in_reply_to=confirmation.message_id),
        envelope_from="jana@firma.example",
    )

    assert ticket.promises.get().is_open
    assert ticket_of(record) != ticket
    assert f"#{ticket.number}" in ticket_of(record).hint
    assert record.message.kind == Message.Kind.INBOUND


@pytest.mark.parametrize("said", ["421 4.3.2 Closing", "451 4.7.1 Greylisted", "452 4.2.2 Full"])
def test_a_temporary_refusal_is_tried_again_later_and_later(tenant, hop, said):
    ticket = opened()
    send_all()
    message = answered(ticket)
    pauses = []
    moment = now()
    for _ in range(6):
        hop.at_data.append(said)
        with time_machine.travel(moment, tick=False):
            outbox.send_message(message.pk)
            message.refresh_from_db()
            pauses.append((message.next_try_at - moment) // timedelta(minutes=1))
            moment = message.next_try_at

    assert message.status == Message.Status.QUEUED
    assert message.error == said
    assert pauses == [1, 5, 15, 60, 120, 120]
    # Nothing is flagged or taken back while the first hop is pending.
    assert ticket.promises.get().answer == message
    assert ticket.promises.get().breached_at is None
    with time_machine.travel(moment, tick=False):
        outbox.send_message(message.pk)
    message.refresh_from_db()
    assert message.status == Message.Status.SENT


def test_after_two_days_of_temporary_refusals_the_answer_has_failed(tenant, hop):
    ticket = opened()
    send_all()
    message = answered(ticket)
    hop.at_data.append("451 4.7.1 Greylisted")

    with time_machine.travel(now() + timedelta(hours=49)):
        outbox.send_message(message.pk)

    message.refresh_from_db()
    assert message.status == Message.Status.FAILED
    assert ticket.promises.get().is_open


def test_a_connection_lost_after_the_content_goes_again_under_the_same_id(tenant, hop):
    ticket = opened()
    send_all()
    message = answered(ticket)
    hop.at_data.append(LOST)

    outbox.send_message(message.pk)
    message.refresh_from_db()
    assert message.status == Message.Status.QUEUED
    with time_machine.travel(message.next_try_at):
        outbox.send_message(message.pk)

    message.refresh_from_db()
    twice = [one for one in hop.mails if message.message_id.encode() in one.raw]
    assert message.status == Message.Status.SENT
    assert len(twice) == 2
    assert ticket.promises.get().is_kept


def test_a_slow_first_hop_is_not_waited_for_for_ever(tenant, hop, settings):
    ticket = opened()
    send_all()
    message = answered(ticket)
    settings.EMAIL_TIMEOUT = 0.5
    hop.seconds = 2

    outbox.send_message(message.pk)

    message.refresh_from_db()
    assert message.status == Message.Status.QUEUED
    assert "timed out" in message.error


def test_a_server_that_lets_nobody_in_is_no_refusal_of_the_mail(tenant, settings):
    ticket = opened()
    message = answered(ticket)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # discard: nobody listens

    outbox.send_message(message.pk)

    message.refresh_from_db()
    assert message.status == Message.Status.QUEUED
    assert "ConnectionRefusedError" in message.error


def test_wrong_credentials_are_no_refusal_of_the_mail(tenant, hop, settings):
    ticket = opened()
    send_all()
    message = answered(ticket)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "helpdesk", "falsch"

    outbox.send_message(message.pk)

    message.refresh_from_db()
    assert message.status == Message.Status.QUEUED
    assert len(hop.mails) == 1


def test_a_fault_of_ours_is_shown_on_the_ticket_after_some_tries(tenant, hop, monkeypatch):
    from channels.email import outbound

    ticket = opened()
    send_all()
    message = answered(ticket)

    def broken(message):
        raise ValueError("Vorlage fehlt")

    monkeypatch.setattr(outbound, "build", broken)
    moment = now()
    for _ in range(outbox.MOST_FAULTS):
        with time_machine.travel(moment, tick=False):
            outbox.send_message(message.pk)
        moment += timedelta(hours=3)

    message.refresh_from_db()
    assert (message.status, message.error) == ("failed", "ValueError: Vorlage fehlt")
    assert ticket.promises.get().is_open


def test_a_message_whose_worker_died_goes_again_under_the_same_id(tenant, hop, monkeypatch):
    from channels.email import first_hop

    ticket = opened()
    send_all()
    message = answered(ticket)
    hand_over = first_hop.send

    def die(*arguments):
        hand_over(*arguments)
        raise SystemExit  # as kill -9 between the server's 250 and our commit

    monkeypatch.setattr(first_hop, "send", die)
    with pytest.raises(SystemExit):
        outbox.send_message(message.pk)
    monkeypatch.undo()
    outbox.send_message(message.pk)
    assert len(hop.mails) == 2

    with time_machine.travel(now() + timedelta(minutes=11)):
        send_all()

    message.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert [one.raw.count(message.message_id.encode()) for one in hop.mails[1:]] == [1, 1]
