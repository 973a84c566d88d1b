"""What the ways in and out keep of a person: raw messages, mails, calls, who they are on Facebook.

What they wrote is handed out with their tickets; here stands what is kept besides.
"""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy

from accounts import privacy
from accounts.models import User
from channels import raw
from channels.facebook import erasure
from channels.models import CallAttempt, CallBack, InboundRecord, InboundRecordQuerySet, SystemMail
from tenants.acts import act


def register() -> None:
    privacy.register(
        privacy.Section("channels", gettext_lazy("Messages, mails and calls"), _export, erase=erase)
    )


@act()
def erase(user: User) -> None:
    """Forget what is kept besides the tickets; running it twice forgets it once."""
    for person in user.facebook_people.all():
        erasure.erase_person(person)
    _forget_raw(user)
    SystemMail.objects.filter(recipient__iexact=user.email).delete()
    calls = CallBack.objects.filter(ticket__requester=user)
    calls.filter(state=CallBack.State.AGREED).update(
        state=CallBack.State.CANCELLED, ended_at=now(), next_attempt_at=None
    )
    CallAttempt.objects.filter(call__in=calls).update(note="")
    calls.update(e164="", extension="", topic="")


def _export(user: User) -> dict[str, object]:
    mails = SystemMail.objects.filter(recipient__iexact=user.email).order_by("pk")
    calls = CallBack.objects.filter(ticket__requester=user).order_by("pk")
    return {
        "messages_received": [
            {"at": record.received_at.isoformat(), "way": record.channel, "bytes": record.size}
            for record in _records(user).order_by("pk")
        ],
        "mails_sent": [
            {"at": mail.created_at.isoformat(), "subject": mail.subject} for mail in mails
        ],
        "calls": [
            {
                "request": call.ticket.number,
                "agreed_at": call.created_at.isoformat(),
                "number": str(call.number),
                "topic": call.topic,
            }
            for call in calls.select_related("ticket")
        ],
        "facebook": list(user.facebook_people.values("name", "psid")),
    }


def _records(user: User) -> InboundRecordQuerySet:
    """What came in from somebody: by the message it became, or by the envelope of a mail."""
    return InboundRecord.objects.filter(
        Q(message__author=user) | Q(envelope_from__iexact=user.email)
    )


def _forget_raw(user: User) -> None:
    """The bytes as they came; what is still to be processed is somebody's question and stays."""
    records = _records(user).exclude(status=InboundRecord.Status.RECEIVED)
    for record in records:
        path = raw.path_of(record.sha256)
        transaction.on_commit(partial(path.unlink, missing_ok=True), robust=True)
    InboundRecord.objects.filter(pk__in=[record.pk for record in records]).update(
        envelope_from="", recipients=[], subject="", error="deleted at the person's request"
    )
