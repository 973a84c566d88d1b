"""The SMTP door: durable first, then 250; whatever cannot be kept now, the sender keeps."""

from __future__ import annotations

import errno
import os
import smtplib
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils.timezone import now
from django_tenants.utils import schema_context

from channels import arrivals, raw
from channels.email import door as smtp_door
from channels.email import recipients, signed
from channels.models import InboundRecord
from tenants import queue
from tests.channels.conftest import END_OTHERS
from tests.channels.mail import EVA, written
from tests.channels.servers import HOST, free_port, open_door, wait_for

NORD = "support@nord.localhost"
SUED = "support@sued.localhost"


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr(queue, "_publish", lambda *task: None)


@contextmanager
def client(port: int):
    with smtplib.SMTP(HOST, port, timeout=20) as smtp:
        smtp.ehlo()
        yield smtp


def said(answer: tuple[int, bytes]) -> int:
    return answer[0]


def records() -> int:
    return InboundRecord.objects.count()


def test_a_mail_is_durable_when_the_door_says_250(nord, door):
    mail = written("Über die Tür", to=NORD)
    before = now()

    with client(door) as smtp:
        refused = smtp.sendmail(EVA, [NORD], mail)

    record = InboundRecord.objects.latest("pk")
    assert refused == {}
    assert raw.read(record.sha256) == mail
    assert (record.envelope_from, record.recipients) == (EVA, [NORD])
    assert before <= record.received_at <= now()


def test_the_door_says_nothing_before_the_row_is_committed(nord, door, monkeypatch):
    accept, order = arrivals.accept, []

    def slow(*arguments):
        time.sleep(0.3)
        ids = accept(*arguments)
        order.append("durable")
        return ids

    monkeypatch.setattr(arrivals, "accept", slow)
    with client(door) as smtp:
        smtp.sendmail(EVA, [NORD], written("Langsam"))
        order.append("250")

    assert order == ["durable", "250"]


def test_the_door_tells_its_size_limit_and_offers_no_sign_in(nord, door):
    with client(door) as smtp:
        assert smtp.esmtp_features["size"] == str(smtp_door.LARGEST_MAIL)
        assert "8bitmime" in smtp.esmtp_features
        assert "smtputf8" in smtp.esmtp_features
        assert "auth" not in smtp.esmtp_features
        assert said(smtp.docmd("AUTH PLAIN AGV2YQBwdw==")) == 502


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        (NORD, 250),
        ("SUPPORT@Nord.Localhost", 250),
        ("support+irgendwas@nord.localhost", 250),
        ("niemand@nord.localhost", 550),
        ("eva@example.org", 550),
        ("support", 550),
        (f"{'x' * 200}@nord.localhost", 550),
        ("support@nord.localhost@evil.example", 553),
    ],
)
def test_only_our_own_addresses_are_taken(nord, door, address, answer):
    with client(door) as smtp:
        smtp.mail(EVA)
        assert said(smtp.rcpt(address)) == answer


def test_signed_addresses_lead_to_their_mailbox(nord, door):
    with client(door) as smtp:
        smtp.mail(EVA)
        assert said(smtp.rcpt(signed.address(NORD, "t", 1))) == 250
        assert said(smtp.rcpt(signed.address(NORD, "b", 1))) == 250


def test_a_suspended_tenant_takes_no_mail(nord, door):
    nord.status = "suspended"
    nord.save()
    try:
        with client(door) as smtp:
            smtp.mail(EVA)
            assert said(smtp.rcpt(NORD)) == 550
            assert said(smtp.rcpt(SUED)) == 250
    finally:
        nord.status = "ready"
        nord.save()


def test_a_mail_for_two_tenants_is_in_both(nord, sued, door):
    with client(door) as smtp:
        smtp.sendmail(EVA, [NORD, SUED], written("An beide"))

    digest = InboundRecord.objects.latest("pk").sha256
    with schema_context(sued.schema_name):
        assert InboundRecord.objects.get(sha256=digest).recipients == [SUED]


def test_the_null_return_path_is_kept_as_such(nord, door):
    with client(door) as smtp:
        smtp.sendmail("", [NORD], written("Bericht"))

    assert InboundRecord.objects.latest("pk").envelope_from == ""


def test_a_mail_too_large_is_refused_before_it_is_sent(nord, door):
    with client(door) as smtp:
        answer = smtp.mail(EVA, [f"size={smtp_door.LARGEST_MAIL + 1}"])

    assert said(answer) == 552


def test_a_mail_that_turns_out_too_large_is_refused_after_it(nord, door, monkeypatch):
    monkeypatch.setattr(smtp_door, "LARGEST_MAIL", 1000)
    before = records()
    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        assert said(smtp.data(b"x" * 1001)) == 552
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        assert said(smtp.data(b"x" * 998)) == 250

    assert records() == before + 1


def test_a_mail_of_fifty_megabytes_is_refused_within_seconds(nord, door):
    line = b"x" * 76 + b"\r\n"
    content = line * (50 * 1024 * 1024 // len(line))
    worked = time.process_time()

    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        smtp.putcmd("data")
        assert said(smtp.getreply()) == 354
        smtp.sock.sendall(content + b".\r\n")
        assert said(smtp.getreply()) == 552
        assert said(smtp.noop()) == 250

    assert time.process_time() - worked < 5


def test_mails_that_do_not_fit_into_memory_together_are_put_off(nord, monkeypatch):
    monkeypatch.setattr(smtp_door, "MOST_BYTES_AT_ONCE", 1000)
    with open_door() as port, client(port) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        assert said(smtp.data(b"x" * 200_000)) == 452
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        assert said(smtp.data(b"Kurz.")) == 250


def test_the_content_arrives_as_it_was_sent_whatever_its_lines(nord, door):
    content = b"Subject: \xff\r\n\r\n.\r\n..\r\n.a\r\n\x00\nnackt\r" + b"y" * 1_000_000 + b"\r\n"
    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        smtp.putcmd("data")
        smtp.getreply()
        smtp.sock.sendall(content.replace(b"\r\n.", b"\r\n..") + b".\r\nNOOP\r\nQUIT\r\n")
        assert [said(smtp.getreply()) for _ in range(3)] == [250, 250, 221]

    assert raw.read(InboundRecord.objects.latest("pk").sha256) == content


def test_only_a_dot_between_line_ends_ends_a_mail(nord, door):
    """Else a mail could carry a second one with another sender (SMTP smuggling)."""
    smuggled = b"a\n.\nMAIL FROM:<chef@nord.localhost>\r\nb\n.\r\nc\r\n"
    before = records()
    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        smtp.putcmd("data")
        smtp.getreply()
        smtp.sock.sendall(smuggled + b".\r\n")
        assert said(smtp.getreply()) == 250

    assert records() == before + 1
    assert raw.read(InboundRecord.objects.latest("pk").sha256) == smuggled


def test_a_mail_that_arrives_byte_by_byte_is_whole(nord, door):
    content = b"Subject: langsam\r\n\r\nText\r\n"
    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        smtp.putcmd("data")
        smtp.getreply()
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in content + b".\r\n":
            smtp.sock.sendall(bytes([byte]))
            time.sleep(0.001)
        assert said(smtp.getreply()) == 250

    assert raw.read(InboundRecord.objects.latest("pk").sha256) == content


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(nord, door):
    before = records()
    smtp = smtplib.SMTP(HOST, door, timeout=20)
    smtp.ehlo()
    smtp.mail(EVA)
    smtp.rcpt(NORD)
    smtp.putcmd("data")
    smtp.getreply()
    smtp.sock.sendall(b"Subject: halb\r\n\r\nabge")
    smtp.close()

    with client(door) as smtp:
        assert said(smtp.noop()) == 250
    assert records() == before


def test_more_than_a_hundred_recipients_are_told_to_come_again(nord, door):
    with client(door) as smtp:
        smtp.mail(EVA)
        answers = [said(smtp.rcpt(f"support+{n}@nord.localhost")) for n in range(1000)]
        assert said(smtp.data(b"Subject: an alle\r\n\r\nHallo")) == 250

    assert answers == [250] * 100 + [452] * 900
    assert len(InboundRecord.objects.latest("pk").recipients) == 100


def test_garbage_ends_no_door(nord, door):
    with socket.create_connection((HOST, door), timeout=5) as line:
        line.recv(100)
        line.sendall(bytes(range(256)) * 50 + b"\r\n" + b"\xff\xfe\r\n\r\n")
        assert line.recv(1000).startswith(b"500")
        line.sendall(
            b"MAIL FROM:<\xff\xfe>\r\nRCPT TO:<\x00>\r\nDATA\r\n" + b"A" * 100_000 + b"\r\n"
        )
        time.sleep(0.2)

    with client(door) as smtp:
        assert smtp.sendmail(EVA, [NORD], written("Nach dem Müll")) == {}


@pytest.mark.parametrize("answers", [("250", "452"), ("250", "451")], ids=["full", "away"])
def test_what_cannot_be_stored_is_put_off_and_not_lost(nord, door, monkeypatch, answers):
    reason = {
        "452": raw.StorageFullError(errno.ENOSPC, "No space left on device"),
        "451": OperationalError("could not connect to server"),
    }[answers[1]]
    mail = written(f"Antwort {answers[1]}")

    def fail(*arguments):
        raise reason

    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        with monkeypatch.context() as patch:
            patch.setattr(arrivals, "accept", fail)
            assert said(smtp.data(mail)) == int(answers[1])
        assert smtp.sendmail(EVA, [NORD], mail) == {}


def test_with_the_database_away_no_recipient_is_refused(nord, door, monkeypatch):
    def fail(address):
        raise OperationalError("could not connect to server")

    with client(door) as smtp:
        smtp.mail(EVA)
        with monkeypatch.context() as patch:
            patch.setattr(recipients, "schema_of", fail)
            assert said(smtp.rcpt(NORD)) == 451
        assert said(smtp.rcpt(NORD)) == 250


def test_a_full_disk_is_told_before_the_content(nord, door, monkeypatch):
    monkeypatch.setattr(smtp_door, "SPACE_LEFT_FREE", 1 << 60)

    with client(door) as smtp:
        assert said(smtp.mail(EVA)) == 452


def test_an_unforeseen_fault_is_temporary_for_the_sender(nord, door, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("geheimes Innenleben")

    monkeypatch.setattr(arrivals, "accept", fail)
    with client(door) as smtp:
        smtp.mail(EVA)
        smtp.rcpt(NORD)
        code, text = smtp.data(b"Subject: x\r\n\r\n")

    assert code == 451
    assert b"Innenleben" not in text


def test_connections_broken_by_a_restart_of_the_database_are_replaced(nord, door):
    """As after a restart of PostgreSQL: at most one temporary answer, then all is well."""
    with client(door) as smtp:
        smtp.sendmail(EVA, [NORD], written("Vorher"))
        with connection.cursor() as cursor:
            cursor.execute(END_OTHERS)
        answers = []
        for number in range(8):
            smtp.rset()
            smtp.mail(EVA)
            answers.append(said(smtp.rcpt(NORD)))
            if answers[-1] == 250:
                answers.append(said(smtp.data(written(f"Danach {number}"))))

    assert answers.count(451) <= 1
    assert answers[-6:] == [250] * 6


def test_one_connection_too_many_is_told_to_come_again(nord, door, monkeypatch):
    with client(door):
        # Set only now: the connection that looked whether the door listens may still count as one.
        monkeypatch.setattr(smtp_door, "MOST_CONNECTIONS", 1)
        with socket.create_connection((HOST, door), timeout=5) as line:
            assert line.recv(200).startswith(b"421 ")


def test_an_idle_connection_is_closed(nord, monkeypatch):
    monkeypatch.setattr(smtp_door, "IDLE_SECONDS", 0.3)
    with open_door() as port, socket.create_connection((HOST, port), timeout=5) as line:
        line.recv(200)
        assert line.recv(200) == b""


def test_the_process_ends_cleanly_and_finishes_the_mail_in_flight(nord):
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": _database_url(),
        "HELPDESK_SMTP_PORT": str(port),
        "HELPDESK_DATA": str(django_settings.DATA_DIR),
    }
    command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "smtp"]
    with subprocess.Popen(command, env=environment) as process:
        wait_for(port, 20)
        with socket.create_connection((HOST, port)):
            smtp = smtplib.SMTP(HOST, port, timeout=20)
            smtp.ehlo()
            smtp.mail(EVA)
            smtp.rcpt(NORD)
            smtp.putcmd("data")
            smtp.getreply()
            smtp.sock.sendall(b"Subject: im Flug\r\n\r\nText\r\n")
            started = time.monotonic()
            process.terminate()
            time.sleep(0.3)
            smtp.sock.sendall(b".\r\n")
            assert said(smtp.getreply()) == 250
            assert process.wait(10) == 0
            assert time.monotonic() - started < 3
            smtp.close()

    assert InboundRecord.objects.filter(recipients=[NORD]).latest("pk").size == 26


def _database_url() -> str:
    found = connection.settings_dict
    host = found["HOST"] or "localhost"
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@/{found['NAME']}?host={host}"


def test_many_senders_at_once_are_all_taken(nord, door):
    before = records()

    def send(number: int) -> None:
        with client(door) as smtp:
            for part in range(5):
                smtp.sendmail(EVA, [NORD], written(f"Nummer {number}.{part}"))

    threads = [threading.Thread(target=send, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert records() == before + 40
