"""Django's mail API, as a way into the outbox: a mail is a row before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.timezone import now

from channels.models import SystemMail
from tenants import wakeups
from tenants.acts import act
from tenants.models import Wakeup
from tenants.queue import enqueue


class OutboxBackend(BaseEmailBackend):
    """Stores each mail for each of its recipients; with SMTP or Redis away nothing is lost."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            raw = mail.message().as_bytes(linesep="\r\n")
            queue_mail(parseaddr(mail.from_email)[1], mail.recipients(), str(mail.subject), raw)
        return len(email_messages)


@act()
def queue_mail(
    envelope_from: str, recipients: Sequence[str], subject: str, raw: bytes
) -> list[SystemMail]:
    """Store a finished mail for each recipient, to leave by the outbox."""
    mails = [
        SystemMail.objects.create(
            envelope_from=envelope_from,
            recipient=parseaddr(recipient)[1],
            subject=" ".join(str(subject).split())[:250],
            raw=raw,
            next_try_at=now(),
        )
        for recipient in recipients
    ]
    wakeups.ask(Wakeup.Kind.OUTBOX, now())
    for mail in mails:
        enqueue("channels.send_mail", mail.pk)
    return mails
