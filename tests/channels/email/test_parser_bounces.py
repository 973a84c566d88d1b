"""Reports on delivery (RFC 3464) and the bounces of servers that write none."""

import pytest

from channels.email.parser import Bounce, read
from tests.channels.email.test_parser import eml


def test_postfix_report_names_recipient_reason_and_our_mail():
    mail = eml("dsn_postfix")

    assert mail.bounce == Bounce(
        recipient="weg@kunde.example",
        status="5.1.1",
        is_permanent=True,
        diagnostic="550 5.1.1 <weg@kunde.example>: Recipient address rejected: User unknown",
        original_message_id="<t1042.a9@firma.example>",
        action="failed",
    )
    assert mail.bounce.is_address_unknown
    assert mail.is_automatic


def test_german_exchange_report_without_any_structure_is_a_bounce():
    mail = eml("ndr_exchange_de")

    assert mail.bounce is not None
    assert (mail.bounce.status, mail.bounce.is_permanent, mail.bounce.action) == (
        "5.1.1",
        True,
        "failed",
    )
    assert mail.bounce.original_message_id == "<t1042.a9@firma.example>"


def report(*blocks: str, content_type: str = "multipart/report") -> bytes:
    status = "\r\n\r\n".join(["Reporting-MTA: dns; mx", *blocks])
    return (
        f"From: postmaster@x.example\r\nContent-Type: {content_type}; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nBericht\r\n"
        f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n"
        "--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        "Message-ID: <m1@firma.example>\r\n--x--\r\n"
    ).encode()


def block(address: str, action: str, status: str) -> str:
    return f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}"


@pytest.mark.parametrize(
    ("action", "status", "is_permanent", "is_unknown"),
    [
        ("failed", "5.1.1", True, True),
        ("failed", "5.1.10", True, True),
        ("failed", "5.2.1", True, True),
        ("failed", "5.2.2", True, False),
        ("failed", "5.7.1", True, False),
        ("failed (Unknown user)", "5.0.0", True, False),
        ("error", "5.0.0", True, False),
        ("failed", "4.4.7", True, False),
        ("delayed", "4.4.1", False, False),
        ("delivered", "2.0.0", False, False),
        ("relayed", "2.0.0", False, False),
    ],
)
def test_only_what_will_never_arrive_is_permanent(action, status, is_permanent, is_unknown):
    bounce = read(report(block("eva@kunde.example", action, status))).bounce

    assert bounce is not None
    assert (bounce.status, bounce.is_permanent, bounce.is_address_unknown) == (
        status,
        is_permanent,
        is_unknown,
    )
    assert bounce.original_message_id == "<m1@firma.example>"


def test_worst_recipient_of_a_report_decides():
    raw = report(
        block("a@x.example", "delivered", "2.0.0"), block("b@x.example", "failed", "5.1.1")
    )

    bounce = read(raw).bounce

    assert bounce is not None
    assert (bounce.recipient, bounce.action) == ("b@x.example", "failed")


def test_report_inside_a_mixed_mail_is_found():
    raw = report(block("a@x.example", "failed", "5.1.1"), content_type="multipart/mixed")

    assert read(raw).bounce is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"From: eva@x.example\r\nSubject: Unzustellbar: Paket 4711\r\n\r\nWo ist mein Paket?",
        b"From: no-reply@shop.example\r\nSubject: Lieferung verz\xc3\xb6gert sich\r\n\r\nText",
        b"From: shop@x.example\r\nList-Id: <l.x.example>\r\nSubject: Undelivered\r\n\r\nText",
        b"From: eva@x.example\r\nSubject: Gelesen\r\nContent-Type: multipart/report;%b"
        % b" report-type=disposition-notification; boundary=x\r\n\r\n--x\r\n\r\nGelesen\r\n--x--",
    ],
    ids=["customer", "shop", "list", "read receipt"],
)
def test_other_mail_is_no_bounce(raw):
    assert read(raw).bounce is None


def test_old_server_is_understood_by_its_known_form():
    raw = (
        b"From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\n"
        b"Hi. This is the qmail-send program at x.example.\r\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        b"This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        b"<weg@kunde.example>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n"
    )
    bounce = read(raw).bounce

    assert bounce is not None
    assert (bounce.recipient, bounce.status, bounce.is_permanent) == (
        "weg@kunde.example",
        "5.1.1",
        True,
    )


def test_failed_recipients_of_the_header_count():
    raw = (
        b"From: Mailer-Daemon@x.example\r\nX-Failed-Recipients: weg@kunde.example\r\n"
        b"Subject: Mail delivery failed\r\n\r\nText"
    )
    bounce = read(raw).bounce

    assert bounce is not None
    assert (bounce.recipient, bounce.is_permanent) == ("weg@kunde.example", True)


def test_delay_warning_of_a_server_is_not_permanent():
    raw = b"From: postmaster@x.example\r\nSubject: Zustellung verz\xc3\xb6gert\r\n\r\nText"
    bounce = read(raw).bounce

    assert bounce is not None
    assert (bounce.is_permanent, bounce.action) == (False, "delayed")
