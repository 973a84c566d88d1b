"""Nothing inbound is lost or doubled (law 1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, OperationalError, connection
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import arrivals, intake, raw, sweep
from channels.email import inbound
from channels.models import InboundRecord, InboundRecordQuerySet
from tenants.models import Wakeup
from tests.channels.mail import EVA, SUPPORT, accepted, taken_in, ticket_of, written
from tickets.models import Channel, Message, Ticket

BETA = "support@beta.localhost"
ID = "<eins@kunden.example>"


def run_out_of_tries(record: InboundRecord) -> InboundRecord:
    moment = now()
    for _ in range(intake.MOST_ATTEMPTS):
        moment += timedelta(hours=2)
        with time_machine.travel(moment, tick=False):
            intake.process(record.pk)
    record.refresh_from_db()
    return record


@pytest.fixture
def broken(monkeypatch):
    """A mail whose subject is "kaputt" cannot be read, until the fixture's value is emptied."""
    faults = ["kaputt"]
    read = inbound.read

    def fail(record, raw):
        found = read(record, raw)
        if found.subject in faults:
            raise ValueError("unlesbar\0")
        return found

    monkeypatch.setattr(inbound, "read", fail)
    return faults


def test_the_raw_message_is_on_disk_and_on_record_before_anything_is_processed(tenant):
    mail = written()

    record = accepted(mail)

    assert raw.read(record.sha256) == mail
    assert (record.status, record.size) == ("received", len(mail))
    assert record.recipients == [SUPPORT]
    assert Ticket.objects.count() == 0


def test_processing_twice_takes_a_message_in_once(tenant):
    record = taken_in(written())

    intake.process(record.pk)
    intake.process(record.pk, is_due=False)

    assert Ticket.objects.count() == 1
    assert Message.objects.filter(kind=Message.Kind.INBOUND).count() == 1


def test_the_same_bytes_twice_are_one_record(tenant):
    mail = written()

    first, second = accepted(mail), accepted(mail)

    assert first == second
    assert second.received_at == first.received_at


def test_a_duplicate_is_the_same_id_and_the_same_content(tenant):
    first = taken_in(written(message_id=ID))
    # The same mail by another way: a relay has added its line.
    second = taken_in(b"Received: from mx2\r\n" + written(message_id=ID))

    assert (first.status, second.status) == ("processed", "duplicate")
    assert second.message is None
    assert Ticket.objects.count() == 1


def test_another_mail_under_a_used_id_is_a_second_message(tenant):
    first = taken_in(written("Erstens.", message_id=ID))
    second = taken_in(written("Zweitens.", message_id=ID))

    assert second.status == "processed"
    assert ticket_of(first) != ticket_of(second)


def test_the_same_content_without_an_id_by_another_way_is_a_second_message(tenant):
    taken_in(written())
    second = taken_in(b"Received: from mx2\r\n" + written())

    assert second.status == "processed"


def test_two_workers_cannot_take_the_same_content_in_twice(tenant, monkeypatch):
    taken_in(written(message_id=ID))
    # As if the other worker's row had been committed just after this one looked.
    monkeypatch.setattr(InboundRecordQuerySet, "lock", lambda self, *arguments: False)

    second = taken_in(b"Received: from mx2\r\n" + written(message_id=ID))

    assert second.status == "received"
    assert "inbound_taken_in_once" in second.error
    monkeypatch.undo()
    assert run_out_of_tries(second).status == "duplicate"
    assert Ticket.objects.count() == 1


def test_a_mail_for_two_tenants_is_in_both(tenant, other_tenant):
    arrival = arrivals.Arrival(Channel.EMAIL, written(), now(), EVA)

    ids = arrivals.accept(
        arrival, {tenant.schema_name: [SUPPORT], other_tenant.schema_name: [BETA]}
    )

    assert len(ids) == 2
    for schema, address in [(tenant.schema_name, SUPPORT), (other_tenant.schema_name, BETA)]:
        with schema_context(schema):
            record = InboundRecord.objects.get(recipients=[address])
            assert raw.read(record.sha256) == arrival.raw


def test_a_mail_for_two_tenants_is_in_neither_when_one_fails(tenant, other_tenant):
    arrival = arrivals.Arrival(Channel.EMAIL, written(), now(), EVA)
    last = max(tenant.schema_name, other_tenant.schema_name)
    with schema_context(last), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE channels_inboundrecord ADD CHECK (size < 10)")

    with pytest.raises(DatabaseError):
        arrivals.accept(arrival, {tenant.schema_name: [SUPPORT], other_tenant.schema_name: [BETA]})

    for schema in (tenant.schema_name, other_tenant.schema_name):
        with schema_context(schema):
            assert InboundRecord.objects.count() == 0


def test_what_cannot_be_processed_goes_to_quarantine_with_its_error(tenant, broken):
    record = accepted(written(subject="kaputt"))

    run_out_of_tries(record)

    assert record.status == InboundRecord.Status.QUARANTINED
    assert record.error == "ValueError: unlesbar"
    assert list(InboundRecord.objects.all().quarantined()) == [record]
    assert raw.read(record.sha256)


def test_a_message_that_fails_does_not_stop_those_behind_it(tenant, broken):
    bad, good = accepted(written(subject="kaputt")), accepted(written(subject="Gut"))

    sweep.process_waiting()

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("received", "processed")
    assert bad.attempts == 1


def test_each_try_waits_longer_than_the_one_before(tenant, broken):
    record = accepted(written(subject="kaputt"))
    pauses = []
    for _ in range(3):
        with time_machine.travel(record.next_try_at, tick=False):
            intake.process(record.pk)
            record.refresh_from_db()
            pauses.append((record.next_try_at - now()).total_seconds())

    assert pauses == [15, 60, 240]


def test_a_try_before_its_time_does_nothing(tenant, broken):
    record = taken_in(written(subject="kaputt"))

    intake.process(record.pk)

    record.refresh_from_db()
    assert record.attempts == 1


def test_replay_takes_a_quarantined_message_in_with_its_old_arrival(tenant, broken):
    arrived = now() - timedelta(days=1)
    record = accepted(written(subject="kaputt"), received_at=arrived)
    run_out_of_tries(record)
    broken.clear()

    intake.replay(record)
    intake.process(record.pk)

    record.refresh_from_db()
    assert record.status == "processed"
    assert record.error == ""
    assert ticket_of(record).promises.get().started_at == arrived


def test_a_message_that_ends_its_worker_each_time_is_quarantined(tenant, monkeypatch):
    record = accepted(written())

    def die(record, raw):
        raise SystemExit  # as kill -9: nothing after it runs

    monkeypatch.setattr(inbound, "read", die)
    moment = now()
    for _ in range(intake.MOST_ATTEMPTS):
        moment += timedelta(hours=2)
        with time_machine.travel(moment, tick=False), pytest.raises(SystemExit):
            intake.process(record.pk)
    with time_machine.travel(moment + timedelta(hours=2), tick=False):
        intake.process(record.pk)

    record.refresh_from_db()
    assert record.status == InboundRecord.Status.QUARANTINED
    assert "WorkerKillerError" in record.error


def test_a_database_that_goes_away_is_no_failure_of_the_message(tenant, monkeypatch):
    record = accepted(written())

    def gone(record, raw):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(inbound, "read", gone)
    monkeypatch.setattr(intake, "has_database", lambda: False)

    with pytest.raises(OperationalError):
        intake.process(record.pk)

    record.refresh_from_db()
    assert (record.status, record.error) == ("received", "")


def test_a_statement_the_database_refuses_is_the_messages_failure(tenant, monkeypatch):
    record = accepted(written())

    def too_much(record, raw):
        raise OperationalError("string is too long for tsvector")

    monkeypatch.setattr(inbound, "read", too_much)

    assert run_out_of_tries(record).status == InboundRecord.Status.QUARANTINED


def test_five_hours_without_a_worker_change_no_start(tenant):
    arrived = now()
    record = accepted(written(), received_at=arrived)

    with time_machine.travel(arrived + timedelta(hours=5)):
        sweep.process_waiting()

    record.refresh_from_db()
    ticket = ticket_of(record)
    assert ticket.opened_at == ticket.promises.get().started_at == arrived
    assert record.message.sent_at == arrived


def test_an_arrival_lowers_the_tenants_wakeup(tenant):
    record = accepted(written())

    wakeup = Wakeup.objects.get(schema_name=tenant.schema_name, kind=Wakeup.Kind.INBOX)
    assert wakeup.next_at <= record.next_try_at


def test_the_sweep_finds_what_a_lost_task_forgot(tenant, monkeypatch):
    sent = []
    monkeypatch.setattr(
        sweep, "enqueue", lambda task, **_: sent.append((connection.schema_name, task))
    )
    record = accepted(written())

    sweep.sweep()
    sweep.process_waiting()
    connection.set_tenant(tenant)

    record.refresh_from_db()
    assert sent.count((tenant.schema_name, "channels.process_waiting")) == 1
    assert record.status == "processed"


def test_no_header_moves_the_moment_of_arrival(tenant):
    before = now()

    record = taken_in(
        written(
            date="Thu, 01 Jan 2026 00:00:00 +0000",
            received="from x by y; Thu, 01 Jan 2026 00:00:00 +0000",
            x_received_at="2026-01-01T00:00:00Z",
        )
    )

    assert before <= record.received_at <= now()
    assert ticket_of(record).opened_at == record.received_at
