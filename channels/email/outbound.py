"""A ticket's message as a correctly threaded mail (RFC 5322)."""

from __future__ import annotations

import re
import secrets
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localtime
from django.utils.translation import gettext

from accounts.models import User
from channels.email import first_hop, signed
from channels.outbox import RefusedError
from tenants.connection import connection
from tenants.models import Route, Tenant
from tickets.models import Attachment, Message

# How many of the conversation's ids a mail carries: the first and the latest.
MOST_REFERENCES = 20
# A type that we may claim for bytes; others would need a structure of their own.
_PLAIN_TYPE = re.compile(r"(?!multipart/|message/)[a-z]+/[a-z0-9][a-z0-9.+-]*", re.I)


class MessageIds(UnstructuredHeader, BaseHeader):
    """Ids, folded between each other only: the library would write a long one as encoded word."""

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: " + "\r\n ".join(str(self).split()) + "\r\n"


_REGISTRY = HeaderRegistry()
_REGISTRY.map_to_type("references", MessageIds)
_REGISTRY.map_to_type("in-reply-to", MessageIds)
# The content is 7-bit: no hop has to convert it.
POLICY: EmailPolicy[EmailMessage] = SMTP.clone(header_factory=_REGISTRY, cte_type="7bit")


def deliver(message: Message) -> None:
    """Hand a message to the first hop; raises RefusedError or TryLaterError."""
    first_hop.send(return_path(message), recipient_of(message), to_bytes(build(message)))


def return_path(message: Message) -> str:
    """The envelope sender, to which a bounce of this very message comes."""
    return signed.address(mailbox_of(message), "b", message.pk)


def to_bytes(mail: EmailMessage) -> bytes:
    """The mail as it travels."""
    return mail.as_bytes(policy=mail.policy)


def build(message: Message) -> EmailMessage:
    """The mail for a message; its Message-ID is stored before anything is sent.

    Raises RefusedError when nobody can be written to, or from nowhere.
    """
    person = _person(message)
    mail = _headed(message, recipient_of(message), str(person), _subject(message))
    _fill(mail, message, Tenant.current(), message.ticket.requester)
    return mail


def build_copy(
    message: Message, person: User, *, unsubscribe: str, with_files: bool = True
) -> EmailMessage:
    """The mail for somebody who takes part in the ticket, or who reads it in the portal.

    It says how to get no more of them, and which files are left to the portal. Raises RefusedError
    as `build` does.
    """
    mail = _headed(message, deliverable(person), str(person), _subject(message))
    mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(mail, message, Tenant.current(), person, unsubscribe=unsubscribe, with_files=with_files)
    return mail


def build_bare(message: Message, *, subject: str, text: str) -> EmailMessage:
    """The mail for a message to an address that may be a stranger's: it has no word of the ticket.

    Mail has perhaps come back from there: this one is tried all the same. Raises RefusedError.
    """
    mail = _headed(message, address_of(_person(message)), "", subject)
    mail.set_content(text + "\n")
    return mail


def _headed(message: Message, recipient: str, name: str, subject: str) -> EmailMessage:
    """The mail's header, whole; a name or subject that strangers typed cannot break it."""
    mailbox, tenant = mailbox_of(message), Tenant.current()
    _give_id(message, mailbox)
    mail = EmailMessage(policy=POLICY.clone(utf8=not recipient.isascii()))
    mail["From"] = _header(_from_name(message, tenant), mailbox)
    mail["To"] = _header(name, recipient)
    mail["Reply-To"] = _header(tenant.name, signed.address(mailbox, "t", message.ticket.number))
    mail["Subject"] = subject
    mail["Date"] = localtime(message.sent_at)
    mail["Message-ID"] = message.message_id
    if parents := _conversation(message):
        mail["In-Reply-To"] = parents[-1]
        mail["References"] = " ".join(parents)
    if message.is_automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    return mail


def mailbox_of(message: Message) -> str:
    """The address an answer leaves from: the one the customer wrote to, if it is still ours."""
    routes = Route.objects.filter(
        tenant__schema_name=connection.schema_name, kind=Route.Kind.EMAIL
    ).order_by("-is_primary", "pk")
    addresses = list(routes.values_list("address", flat=True))
    if message.ticket.mailbox in addresses:
        return message.ticket.mailbox
    if not addresses:
        raise RefusedError(gettext("There is no mail address to send from."))
    return str(addresses[0])


def recipient_of(message: Message) -> str:
    """The address a message goes to, its domain in ASCII (RFC 5891)."""
    return deliverable(_person(message))


def deliverable(person: User) -> str:
    """A person's address, unless mail to it came back; raises RefusedError."""
    address = address_of(person)
    if person.undeliverable_at is not None:
        raise RefusedError(
            gettext("Mail to this address came back; nobody has written from it since.")
        )
    return address


def address_of(person: User) -> str:
    """A person's address as it stands in an envelope; raises RefusedError where there is none."""
    if not person.has_address:
        raise RefusedError(gettext("The sender gave no address; there is nobody to answer."))
    local, _, domain = person.email.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise RefusedError(gettext("No mail can go to this address.")) from error


def _person(message: Message) -> User:
    return message.recipient or message.ticket.requester


def _give_id(message: Message, mailbox: str) -> None:
    if message.message_id:
        return
    domain = mailbox.rpartition("@")[2]
    local = f"t{message.ticket.number}.m{message.pk}.{secrets.token_hex(8)}"
    message.message_id = f"<{local}@{domain}>"
    Message.objects.filter(pk=message.pk).update(message_id=message.message_id)


def _from_name(message: Message, tenant: Tenant) -> str:
    if message.author is None or not message.author.name:
        return tenant.name
    with translation.override(_language(message.ticket.requester)):
        names = {"agent": message.author.name, "tenant": tenant.name}
        return gettext("%(agent)s from %(tenant)s") % names


def _language(reader: User) -> str:
    return reader.language or settings.LANGUAGE_CODE


def _header(name: str, address: str) -> Address:
    """An address with a display name that can neither break out of its header nor mislead."""
    words = "".join(letter if letter.isprintable() else " " for letter in name).split()
    local, _, domain = address.rpartition("@")
    clean = " ".join(words) if name != address else ""
    return Address(display_name=clean, username=local, domain=domain)


def _subject(message: Message) -> str:
    subject = " ".join(message.ticket.subject.split())
    mark = f"[#{message.ticket.number}]"
    return f"Re: {subject} {mark}" if mark not in subject else f"Re: {subject}"


def _conversation(message: Message) -> list[str]:
    """The ids of the thread so far, oldest first, the one answered to last."""
    earlier = list(
        message.ticket.messages.public()
        .exclude(message_id="")
        .exclude(pk=message.pk)
        .filter(sent_at__lte=message.sent_at)
        .order_by("sent_at", "pk")
        .values_list("kind", "message_id")
    )
    # What is no id (RFC 5322 §3.6.4) would break ours.
    known = [(kind, one) for kind, one in earlier if re.fullmatch(r"<[!-;=?-~]{1,250}>", one)]
    ids = list(dict.fromkeys(one for _kind, one in known))
    inbound = [one for kind, one in known if kind == Message.Kind.INBOUND]
    if inbound:
        ids.remove(inbound[-1])
        ids.append(inbound[-1])
    return ids if len(ids) <= MOST_REFERENCES else [ids[0], *ids[1 - MOST_REFERENCES :]]


def _fill(
    mail: EmailMessage,
    message: Message,
    tenant: Tenant,
    reader: User,
    *,
    unsubscribe: str = "",
    with_files: bool = True,
) -> None:
    files = list(message.attachments.all())
    link = tenant.url(reverse("portal:ticket", args=[message.ticket.number]))
    context = {
        "unsubscribe": unsubscribe,
        "link": link if unsubscribe else "",
        "message": message,
        "ticket": message.ticket,
        "tenant": tenant,
        "quoted": _quoted(message),
        "left_out": [] if with_files else files,
    }
    with translation.override(_language(reader)):
        mail.set_content(render_to_string("channels/message.txt", context).strip() + "\n")
        mail.add_alternative(render_to_string("channels/message.html", context), subtype="html")
    for attachment in files if with_files else ():
        _attach(mail, attachment)


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    claimed, _, method = attachment.content_type.partition("; method=")
    if not _PLAIN_TYPE.fullmatch(claimed):
        claimed = "application/octet-stream"
    # A calendar's method stands in its header too (RFC 6047 §2.4); our own entries bring one.
    is_entry = claimed == "text/calendar" and method.isalpha() and method.isascii()
    params = {"method": method, "charset": "utf-8"} if is_entry else None
    main, _, sub = claimed.partition("/")
    with attachment.file.open("rb") as file:
        mail.add_attachment(
            file.read(), maintype=main, subtype=sub, filename=attachment.filename, params=params
        )


def _quoted(message: Message) -> Message | None:
    if message.is_automatic:
        return None
    return (
        message.ticket.messages.filter(kind=Message.Kind.INBOUND, sent_at__lte=message.sent_at)
        .select_related("author")
        .order_by("-sent_at", "-pk")
        .first()
    )
