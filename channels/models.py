"""What came in as it came, and the mail that leaves without a ticket."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from django.db import connection, models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from channels.callback.models import CallAttempt, CallBack, CallSettings
from channels.contact_form.models import ContactForm
from channels.facebook.models import FacebookObject, FacebookPage, FacebookPerson
from channels.rating.models import RatingMail, RatingSettings
from tickets.delivery import Delivery, DeliveryQuerySet
from tickets.models import Channel, Message

__all__ = [
    "CLAIM_LASTS",
    "CallAttempt",
    "CallBack",
    "CallSettings",
    "ContactForm",
    "FacebookObject",
    "FacebookPage",
    "FacebookPerson",
    "InboundRecord",
    "InboundRecordQuerySet",
    "RatingMail",
    "RatingSettings",
    "SystemMail",
]

# A message whose processing ended with its process is tried again after this, four times it, …
CLAIM_LASTS = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
# The clocks of two machines may differ by as much.
CLOCK_SKEW = timedelta(seconds=5)

PUT = """
INSERT INTO {table} (channel, sha256, size, envelope_from, recipients, received_at,
    status, external_id, content_sha256, subject, attempts, next_try_at, error)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, 'received', '', '', '', 0, %s, '')
ON CONFLICT (channel, sha256) DO NOTHING
RETURNING id
"""
SAME = "SELECT id FROM {table} WHERE channel = %s AND sha256 = %s"
# The count of a try need not reach the disk before the try begins.
CLAIM = """
UPDATE channels_inboundrecord SET attempts = attempts + 1,
    next_try_at = %(now)s + LEAST(%(first)s * power(4, attempts), %(longest)s)
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quickly
WHERE id = %(pk)s AND status = 'received' AND next_try_at <= %(due)s
RETURNING channels_inboundrecord.*
"""
# As above, for those that have not been tried yet, the longest waiting first: so many, and so many
# bytes; the first one however large it is. What another worker has is passed over.
CLAIM_GROUP = """
WITH waiting AS (
    SELECT id, size, next_try_at FROM channels_inboundrecord
    WHERE status = 'received' AND attempts = 0 AND channel = %(channel)s AND next_try_at <= %(due)s
    ORDER BY next_try_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT id, sum(size) OVER (ORDER BY next_try_at, id) - size AS before FROM waiting
)
UPDATE channels_inboundrecord SET attempts = 1, next_try_at = %(now)s + %(first)s
FROM chosen, (SELECT set_config('synchronous_commit', 'off', true)) AS quickly
WHERE channels_inboundrecord.id = chosen.id AND chosen.before < %(bytes)s
RETURNING channels_inboundrecord.*
"""
# Whether the same content was taken in under the same id; an empty id tells nothing (law 1).
LOCK = """
SELECT EXISTS (
    SELECT FROM channels_inboundrecord AS other
    WHERE other.external_id = %(external_id)s AND other.external_id <> ''
      AND other.content_sha256 = %(digest)s AND other.channel = record.channel
      AND other.status = 'processed'
)
FROM channels_inboundrecord AS record WHERE id = %(pk)s AND status = 'received' FOR UPDATE
"""


class InboundRecordQuerySet(models.QuerySet["InboundRecord"]):
    def unprocessed(self, at: datetime | None = None) -> InboundRecordQuerySet:
        """What waits for its processing or its next try."""
        return self.filter(status=InboundRecord.Status.RECEIVED, next_try_at__lte=at or now())

    def put(self, record: InboundRecord, schema: str) -> bool:
        """Store a record in a tenant's schema, whichever is the current one, and give it its id.

        False when the same bytes were there already.
        """
        # By its full name: a door that knows no tenant need not go into the schema and back.
        table = f"{connection.ops.quote_name(schema)}.channels_inboundrecord"
        recipients = json.dumps(record.recipients)
        values = (record.channel, record.sha256, record.size, record.envelope_from, recipients)
        with connection.cursor() as cursor:
            cursor.execute(
                PUT.format(table=table), (*values, record.received_at, record.next_try_at)
            )
            row = cursor.fetchone()
            is_new = row is not None
            if not is_new:
                cursor.execute(SAME.format(table=table), (record.channel, record.sha256))
                row = cursor.fetchone()
        record.pk = row[0]
        return is_new

    def claim(self, pk: int, *, is_due: bool = True) -> InboundRecord | None:
        """Count a try and put the next one off; None when it is not due, or done.

        The count is written before the try: a message that kills its worker runs out of tries too.
        With `is_due=False` it is taken before its time.
        """
        moment = now()
        values = {
            "pk": pk,
            "now": moment,
            "due": moment + CLOCK_SKEW if is_due else datetime.max.replace(tzinfo=UTC),
            "first": CLAIM_LASTS,
            "longest": LONGEST_PAUSE,
        }
        return next(iter(self.raw(CLAIM, values)), None)

    def claim_group(self, channel: str, most: int, most_bytes: int) -> list[InboundRecord]:
        """Count the first try of several of a channel, in the order in which they came."""
        moment = now()
        values = {
            "channel": channel,
            "now": moment,
            "due": moment + CLOCK_SKEW,
            "first": CLAIM_LASTS,
            "most": most,
            "bytes": most_bytes,
        }
        return sorted(self.raw(CLAIM_GROUP, values), key=lambda one: (one.received_at, one.pk))

    def lock(self, pk: int, external_id: str, digest: str) -> bool | None:
        """Lock a record that is to be taken in, waiting for whoever has it; None when it is done.

        Says whether it is a double: the same external id *and* the same content as one that was
        taken in. An id alone proves nothing (law 1).
        """
        with connection.cursor() as cursor:
            cursor.execute(LOCK, {"pk": pk, "external_id": external_id, "digest": digest})
            row = cursor.fetchone()
        return None if row is None else bool(row[0])

    def quarantined(self) -> InboundRecordQuerySet:
        return self.filter(status=InboundRecord.Status.QUARANTINED).order_by("-received_at")

    def next_moment(self) -> datetime | None:
        waiting = self.filter(status=InboundRecord.Status.RECEIVED)
        found: datetime | None = waiting.aggregate(next=models.Min("next_try_at"))["next"]
        return found


class InboundRecord(models.Model):
    """A raw message that was made durable before it was acknowledged (law 1)."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSED = "processed", _("Processed")
        DUPLICATE = "duplicate", _("Duplicate")
        BOUNCE = "bounce", _("Bounce")
        IGNORED = "ignored", _("Ignored")
        # Its page on Facebook is disconnected; what waits is taken in when the page is back.
        PARKED = "parked", _("Waits for its page")
        QUARANTINED = "quarantined", _("In quarantine")

    channel = models.CharField(max_length=16, choices=Channel)
    # The SHA-256 of the raw bytes: name of the file, and the first guard against doubles.
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    envelope_from = models.CharField(max_length=320, blank=True)
    recipients = models.JSONField(default=list)
    received_at = models.DateTimeField()
    status = models.CharField(max_length=11, choices=Status, default=Status.RECEIVED)
    # What the sender calls it (Message-ID), and a digest of what it says.
    external_id = models.CharField(max_length=255, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=now)
    processed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    error = models.TextField(blank=True)
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="inbound_records"
    )

    objects = InboundRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "sha256"], name="inbound_raw_once"),
            # The same external id and the same content: two workers cannot take both in (law 1).
            models.UniqueConstraint(
                fields=["external_id", "content_sha256", "channel"],
                name="inbound_taken_in_once",
                condition=Q(status="processed") & ~Q(external_id=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="inbound_waiting",
                condition=Q(status="received"),
            ),
            models.Index(
                fields=["-received_at"],
                name="inbound_quarantine",
                condition=Q(status="quarantined"),
            ),
            models.Index(
                fields=["received_at"],
                name="inbound_parked",
                condition=Q(status="parked"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.sha256[:12]}"


class SystemMailQuerySet(DeliveryQuerySet["SystemMail"]):
    pass


class SystemMail(Delivery):
    """A mail that is no message of a ticket's thread: sign-in mails, copies of portal answers."""

    envelope_from = models.CharField(max_length=320, blank=True)
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=250, blank=True)
    raw = models.BinaryField()
    created_at = models.DateTimeField(default=now)

    objects = SystemMailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="system_mail_unsent",
                condition=Q(status__in=["queued", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.subject}"
