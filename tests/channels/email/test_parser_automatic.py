"""Machines are recognised, people are not taken for machines (law 9)."""

import pytest

from channels.email.automatic import Reason
from channels.email.parser import dmarc_failed, read
from tests.channels.email.test_parser import MAILS, eml


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("Auto-Submitted: auto-replied; owner-email=a@x.example", Reason.AUTO_SUBMITTED),
        ("Auto-Submitted: auto-generated", Reason.AUTO_SUBMITTED),
        ("Auto-Submitted: (Kommentar) auto-generated", Reason.AUTO_SUBMITTED),
        ("Auto-Submitted: no", None),
        ("Auto-Submitted: No (ein Mensch)", None),
        ("Return-Path: <>", Reason.NULL_RETURN_PATH),
        ("Return-Path: < >", Reason.NULL_RETURN_PATH),
        ("Return-Path: <eva@x.example>", None),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", Reason.REPORT),
        ("Content-Type: message/delivery-status", Reason.REPORT),
        ("Precedence: bulk", Reason.PRECEDENCE),
        ("Precedence: List", Reason.PRECEDENCE),
        ("X-Precedence: auto_reply", Reason.PRECEDENCE),
        ("Precedence: first-class", None),
        ("X-Auto-Response-Suppress: DR, OOF, AutoReply", Reason.AUTO_RESPONSE_SUPPRESS),
        ("X-Auto-Response-Suppress: All", Reason.AUTO_RESPONSE_SUPPRESS),
        ("X-Auto-Response-Suppress: None", None),
        ("List-Id: <liste.x.example>", Reason.MAILING_LIST),
        ("List-Unsubscribe: <mailto:u@x.example>", Reason.MAILING_LIST),
        ("X-Autoreply: yes", Reason.AUTORESPONDER),
        ("Delivered-To: autoresponder", Reason.AUTORESPONDER),
        ("X-Mailer: Vacation 1.2", Reason.AUTORESPONDER),
        ("X-Loop: 7f3a", Reason.LOOP),
        ("Subject: Automatische Antwort: x\r\nIn-Reply-To: <a@x>", Reason.SUBJECT),
        ("Subject: Abwesenheitsnotiz\r\nReferences: <a@x>", Reason.SUBJECT),
        ("Subject: Automatische Antwort einrichten?", None),
        ("Subject: Frage\r\nIn-Reply-To: <a@x>", None),
    ],
)
def test_headers_of_machines(head, reason):
    mail = read(f"From: eva@x.example\r\n{head}\r\n\r\nText".encode())

    assert (mail.is_automatic, mail.automatic_reason) == (reason is not None, reason or "")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("MAILER-DAEMON@x.example", Reason.MAILER_DAEMON),
        ("postmaster@x.example", Reason.MAILER_DAEMON),
        ("no-reply@x.example", Reason.NO_REPLY),
        ("noreply@x.example", Reason.NO_REPLY),
        ("shop.donotreply@x.example", Reason.NO_REPLY),
        ("noreply-bestellung@x.example", Reason.NO_REPLY),
        ("info@noreply.example", None),
        ("nora.replyka@x.example", None),
        ("eva@postmaster.example", None),
    ],
)
def test_senders_that_are_no_people(address, reason):
    assert read(f"From: {address}\r\n\r\nText".encode()).automatic_reason == (reason or "")


def test_out_of_office_note_is_automatic_but_no_bounce():
    mail = eml("out_of_office")

    assert (mail.automatic_reason, mail.bounce) == (Reason.AUTO_SUBMITTED, None)
    assert mail.text == "Ich bin bis zum 16. Januar nicht im Haus."


RESULTS = {
    "fail": b"Authentication-Results: mx.firma.example; dmarc=fail (p=reject) header.from=x",
    "pass": b"Authentication-Results: mx.firma.example 1; spf=pass; dmarc=pass header.from=x",
    "dkim": b"Authentication-Results: mx.firma.example; dkim=fail header.d=x.example",
    "foreign": b"Authentication-Results: mx.fremd.example; dmarc=fail header.from=x.example",
    "broken": b"Authentication-Results: mx.firma.example; dmarc=fail (p=reject header.from=x",
    "microsoft": b"Authentication-Results: mx.firma.example; spf=fail (sender IP is 1.2.3.4)\r\n"
    b" smtp.mailfrom=x.example; dmarc=fail action=quarantine header.from=x.example;compauth=fail",
    "deep": b"Authentication-Results: mx.firma.example; dmarc=fail " + b"(" * 3000,
    "empty": b"Authentication-Results: ;",
}


@pytest.mark.parametrize(
    ("fields", "is_failed"),
    [
        (["fail"], True),
        (["pass"], False),
        (["dkim"], False),
        (["foreign"], False),
        (["broken"], True),
        (["microsoft"], True),
        (["deep"], True),
        (["empty"], False),
        (["dkim", "fail"], True),
        (["fail", "pass"], True),
        (["pass", "fail"], False),
        (["foreign", "pass"], False),
        ([], False),
    ],
    ids=str,
)
def test_only_the_trusted_server_says_that_a_sender_is_forged(fields, is_failed):
    raw = b"\r\n".join([*(RESULTS[name] for name in fields), b"From: eva@x.example", b"", b"Text"])

    assert dmarc_failed(raw, ("MX.firma.example",)) == is_failed
    assert (read(raw).dmarc_result(("mx.firma.example",)) == "fail") == is_failed


def test_without_a_trusted_server_nobody_is_forged():
    raw = RESULTS["fail"] + b"\r\nFrom: eva@x.example\r\n\r\nText"

    assert not dmarc_failed(raw, ())


def test_folded_result_of_a_real_mail_is_read():
    raw = (MAILS / "outlook_reply.eml").read_bytes()

    assert read(raw).dmarc_result(("mx.firma.example",)) == "pass"
