"""What came by the contact form, through the same intake as every other message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from channels import posted
from channels.intake import InboundMessage
from channels.models import InboundRecord
from tickets.models import Channel, Message
from tickets.recording import Content, File

# Why a form looks like a robot's.
TRAP, FAST = "trap", "fast"


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent. `user` is the id of a signed-in customer, if one sent it."""

    form_id: str
    subject: str
    text: str
    email: str
    name: str = ""
    user: int | None = None
    # True where the address is proven to be the sender's: they are signed in with it.
    is_verified: bool = False
    language: str = ""
    # TRAP or FAST: it is kept as spam, where an agent can take it out again; empty for people.
    suspicion: str = ""


def submit(sent: Sent, files: Sequence[File]) -> Message:
    """Store a form and open its ticket; the same form sent twice is one ticket.

    Raises `posted.NotTakenInError`, and what `arrivals.accept` raises when nothing could be stored.
    """
    return posted.submit(Channel.CONTACT_FORM, asdict(sent), files, sender=sent.email)


def read(record: InboundRecord, raw: bytes) -> InboundMessage:
    """The stored form as the one inbound shape."""
    form = posted.read(raw)
    files = form.pop("files")
    sent = Sent(**form)
    author = None
    if sent.user is not None:
        author = User.objects.get_queryset().get(pk=sent.user)
    return InboundMessage(
        channel=Channel.CONTACT_FORM,
        subject=sent.subject,
        content=Content(text=sent.text, files=files, from_address=sent.email),
        received_at=record.received_at,
        external_id=sent.form_id,
        from_name=sent.name,
        author=author,
        is_verified=sent.is_verified,
        remark=_remark(sent.suspicion),
        is_suspect=bool(sent.suspicion),
        language=sent.language,
    )


def _remark(suspicion: str) -> str:
    """What made a form suspect, for the agents: in their language, not the sender's."""
    with translation.override(settings.LANGUAGE_CODE):
        if suspicion == TRAP:
            return _("Filled in a field that people do not see: probably a robot.")
        if suspicion == FAST:
            return _("Sent faster than people can write: probably a robot.")
    return ""
