"""From a raw mail to the one inbound shape: whose it is, where it belongs, whom to answer."""

from __future__ import annotations

import re
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from channels.email import defects, signed
from channels.email.parser import ParsedMail, parse
from channels.intake import InboundMessage, NothingToTakeInError
from channels.models import InboundRecord
from tenants.connection import connection
from tenants.models import Route, without_extension
from tickets import outcomes
from tickets.models import Channel, Message
from tickets.recording import Content, File

# What outbound writes into a Message-ID, and into a subject.
OWN_ID = re.compile(r"<t\d+\.m(\d{1,18})\.[0-9a-f]{16}@")
SUBJECT_MARK = re.compile(r"\[#(\d{1,18})\]")
# What an agent need not be told: the text is there all the same.
_HARMLESS = frozenset({defects.NO_BOUNDARY, defects.UNKNOWN_CHARSET, defects.HTML_DROPPED})


def read(record: InboundRecord, raw: bytes) -> InboundMessage:
    """Parse a stored mail; raises NothingToTakeInError for bounces and our own mail come back."""
    mail = parse(raw)
    _settle_bounce(record, mail)
    _refuse_own(mail)
    recipients = [*record.recipients, *mail.to, *mail.cc]
    return InboundMessage(
        channel=Channel.EMAIL,
        subject=mail.subject or _("(no subject)"),
        content=_content(record, mail),
        received_at=record.received_at,
        external_id=mail.message_id,
        from_name=mail.from_name,
        ticket_number=signed.first(recipients, "t"),
        answers_to=(*mail.in_reply_to, *reversed(mail.references)),
        named_number=_named(recipients, mail.subject),
        remark=_remark(mail),
        mailbox=_mailbox(record),
        is_verified=_is_verified(mail),
        silence=_silence(record, mail),
    )


def _content(record: InboundRecord, mail: ParsedMail) -> Content:
    return Content(
        text=mail.text,
        reply_text=mail.reply_text,
        html=mail.html or "",
        files=tuple(
            File(
                filename=file.filename,
                content_type=file.content_type,
                content=file.content,
                content_id=file.content_id,
                is_inline=file.is_inline,
            )
            for file in mail.attachments
        ),
        from_address=mail.from_address or record.envelope_from,
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to[0] if mail.in_reply_to else "",
        references=" ".join(mail.references),
        is_automatic=mail.is_automatic,
    )


def _is_verified(mail: ParsedMail) -> bool:
    """Whether the sender counts as known: the trusted edge, if there is one, objects to nothing.

    Of several senders it may have looked at another than we do (RFC 7489 §6.6.1).
    """
    trusted = settings.TRUSTED_AUTHSERV_IDS
    if trusted and defects.SEVERAL_SENDERS in mail.defects:
        return False
    return mail.dmarc_result(trusted) != "fail"


def _silence(record: InboundRecord, mail: ParsedMail) -> str:
    """Why this mail gets no confirmation (law 9), or an empty text."""
    return mail.automatic_reason if record.envelope_from else "null return path"


def _remark(mail: ParsedMail) -> str:
    """What could not be read, for the agent; the original is kept in any case."""
    return " ".join(f"{_(defect)}." for defect in mail.defects if defect not in _HARMLESS)


def _settle_bounce(record: InboundRecord, mail: ParsedMail) -> None:
    """A delivery report fails the message it is about, and never opens a ticket (law 9).

    Only a report that came to the message's own signed envelope sender counts as proof.
    """
    number = signed.first(record.recipients, "b")
    message = Message.objects.filter(pk=number).first() if number is not None else None
    if mail.bounce is None:
        if message is not None and mail.is_automatic:
            raise NothingToTakeInError(
                InboundRecord.Status.IGNORED, f"automatic: {mail.automatic_reason}"
            )
        return
    if message is not None and mail.bounce.is_permanent:
        _fail(message, mail, record.received_at)
    raise NothingToTakeInError(
        InboundRecord.Status.BOUNCE, f"{mail.bounce.action} {mail.bounce.status}".strip()
    )


def _fail(message: Message, mail: ParsedMail, at: datetime) -> None:
    bounce = mail.bounce
    if bounce is None:
        return
    if message.channel != Channel.PORTAL:
        # An answer in the portal was there at once: only its copy did not arrive.
        cause = f"{bounce.status} {bounce.diagnostic}".strip()
        outcomes.mark_failed(message, cause=cause or _("The mail came back."), at=at)
    if bounce.is_address_unknown:
        person = message.recipient or message.ticket.requester
        User.objects.get_queryset().filter(pk=person.pk).update(undeliverable_at=at)


def _refuse_own(mail: ParsedMail) -> None:
    """A mail that we sent ourselves and that came back is no customer's message."""
    own = OWN_ID.match(mail.message_id)
    if own and "@" in mail.from_address:
        is_ours = Message.objects.filter(pk=int(own[1]), message_id=mail.message_id).exists()
        if is_ours and Route.objects.for_address(mail.from_address).exists():
            raise NothingToTakeInError(InboundRecord.Status.IGNORED, "our own mail came back")


def _named(recipients: list[str], subject: str) -> int | None:
    """A ticket's number that the mail names without proof, in its address or its subject."""
    mark = SUBJECT_MARK.search(subject)
    number = signed.named(recipients, "t")
    return number if number is not None else int(mark[1]) if mark else None


def _mailbox(record: InboundRecord) -> str:
    """The tenant's address this came to, without its extension."""
    for address in record.recipients:
        if "@" in address:
            return without_extension(address)
    primary = Route.objects.filter(
        tenant__schema_name=connection.schema_name, kind=Route.Kind.EMAIL, is_primary=True
    ).first()
    return primary.address if primary else ""
