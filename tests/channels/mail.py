"""Mails as people and machines write them, and their way through intake and outbox."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

from django.db import connection
from django.utils.timezone import now

from channels import arrivals, intake, sweep
from channels.models import InboundRecord
from tickets.models import Channel, Message, Ticket

SUPPORT = "support@alpha.localhost"
EVA = "eva@kunden.example"


def written(
    text: str = "Guten Tag, der Drucker druckt nicht.",
    *,
    subject: str = "Drucker streikt",
    sender: str = f"Eva Kunz <{EVA}>",
    to: str = SUPPORT,
    **headers: str,
) -> bytes:
    """A mail as a person's program writes it; further headers as `in_reply_to="<…>"`."""
    mail = EmailMessage(policy=SMTP)
    if sender:
        mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def accepted(
    raw: bytes,
    *,
    envelope_from: str = EVA,
    recipients: tuple[str, ...] = (SUPPORT,),
    received_at: datetime | None = None,
) -> InboundRecord:
    """The record of a mail that the current tenant's door has made durable."""
    arrival = arrivals.Arrival(Channel.EMAIL, raw, received_at or now(), envelope_from)
    ids = arrivals.accept(arrival, {connection.schema_name: recipients})
    return InboundRecord.objects.get(pk=ids[0])


def taken_in(raw: bytes, **envelope: object) -> InboundRecord:
    """The record of a mail after its processing."""
    record = accepted(raw, **envelope)
    intake.process(record.pk)
    record.refresh_from_db()
    return record


def ticket_of(record: InboundRecord) -> Ticket:
    return record.message.ticket


def last_out(ticket: Ticket) -> Message:
    return ticket.messages.filter(kind=Message.Kind.OUTBOUND).order_by("pk").last()


def send_all() -> None:
    """Do what the worker does with all that waits in the current tenant."""
    sweep.send_waiting()


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def bounce(of: bytes, *, to: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A delivery report (RFC 3464) about a mail of ours."""
    original = parsed(of)
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.kunden.example>\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\n"
        f"Message-ID: <report.{abs(hash((to, status)))}@mx.kunden.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\r\n\r\n'
        "--=_b\r\nContent-Type: text/plain\r\n\r\nI could not deliver your message.\r\n"
        "--=_b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.kunden.example\r\n\r\n"
        f"Final-Recipient: rfc822; {original['To']}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} No such user\r\n\r\n"
        "--=_b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {original['Message-ID']}\r\nSubject: x\r\n\r\n--=_b--\r\n"
    ).encode()
