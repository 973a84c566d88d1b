"""The domain of work: tickets, their messages, attachments and history. No HTTP in here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import BooleanField, Exists, Func, OuterRef, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Organisation, Team, User
from tickets import search
from tickets.attachments import Attachment, attachment_path
from tickets.delivery import Delivery, DeliveryQuerySet, Status
from tickets.draft_files import DraftFile
from tickets.events import Event
from tickets.participants import Participant
from tickets.ratings import Rating
from tickets.states import DONE, WORKABLE, State

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Attachment",
    "Channel",
    "DraftFile",
    "Event",
    "Message",
    "Participant",
    "Rating",
    "Ticket",
    "TicketQuerySet",
    "attachment_path",
]

QUOTED_LINES = 60


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PORTAL = "portal_form", _("Portal")
    CONTACT_FORM = "contact_form", _("Contact form")
    FACEBOOK = "facebook", _("Facebook")
    CALLBACK = "callback", _("Phone")


class NextNumber(Func):
    """The next number of this schema's own sequence."""

    template = "nextval('ticket_number'::regclass)"
    output_field = models.BigIntegerField()
    arity = 0


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> TicketQuerySet:
        """Agents see all; a customer their own and what is shared with them, an admin all of their
        organisation's.

        Whoever leaves an organisation leaves their tickets there, unless nobody else is in it: an
        account of one's own ends when its person joins another.
        """
        if user.is_agent:
            return self.all()
        others = Membership.objects.filter(
            organisation=OuterRef("organisation"), user__is_active=True
        )
        membership = getattr(user, "membership", None)
        if membership is None:
            return self.filter(~Exists(others), requester=user)
        home = Q(organisation=membership.organisation_id)
        own = Q(requester=user) & (home | ~Exists(others))
        if membership.is_admin:
            return self.filter(own | home)
        # One branch for each index: an OR that PostgreSQL answers from both.
        return self.filter(own | (home & Q(pk__in=_shared_with(user))))

    def written_by(self, user: User) -> TicketQuerySet:
        """The tickets that a customer takes part in: their own, and those shared with them."""
        part = Q(requester=user) | Q(pk__in=_shared_with(user))
        if not user.is_agent:
            return self.visible_to(user).filter(part)
        # Who is an agent here may be a customer by mail: of their own tickets only (law 5).
        return self.filter(requester=user)

    def shared_with(self, user: User) -> TicketQuerySet:
        """What colleagues have shared with somebody."""
        return self.visible_to(user).filter(pk__in=_shared_with(user))

    def on_their_own(self) -> TicketQuerySet:
        """Without those that go on in another ticket."""
        return self.filter(merged_into=None)

    def queued(self) -> TicketQuerySet:
        """The tickets that wait for the tenant's answer, in the order of the queue."""
        return self.filter(queue_band__isnull=False).order_by(*QUEUE_ORDER)

    def after(self, key: Sequence[Any]) -> TicketQuerySet:
        """The part of the queue behind a row's key; one index scan at any depth."""
        columns = ", ".join(f"tickets_ticket.{field}" for field in QUEUE_ORDER)
        behind = Func(
            *key,
            template=f"(({columns}) > (%(expressions)s))",
            output_field=BooleanField(),
        )
        return self.filter(behind)

    def page(self, size: int, *, after: Sequence[Any] | None = None) -> list[Ticket]:
        """The first tickets of a queue, or those behind a key, with what it loads of each.

        Behind a key, the ids come first, alone: PostgreSQL judges a row comparison by its first
        column, expects nothing behind the last band, and would join and sort all that is there.
        """
        if after is None:
            return list(self[:size])
        found = list(self.after(after).values_list("pk", flat=True)[:size])
        return list(self.filter(pk__in=found))

    def for_list(self) -> TicketQuerySet:
        """Load what a row of a list shows, in one query."""
        return self.select_related("requester", "organisation", "assignee")

    def matching(self, words: str, *, public: bool = False) -> TicketQuerySet:
        """Full-text search over messages, subjects and names; a number finds its ticket.

        With `public`, notes are not searched: a customer must not learn what stands in them.
        """
        words = words.strip()
        said = Message.objects.filter(search=search.query(words))
        found = (said.public() if public else said).values_list("ticket_id")
        digits = words.lstrip("#")
        if digits.isdecimal() and len(digits) < 18:
            # A union reads two indexes; an OR would read every ticket.
            found = found.union(Ticket.objects.filter(number=int(digits)).values_list("pk"))
        return self.filter(pk__in=found)


class Ticket(models.Model):
    """One concern of a customer, from the first message to the last."""

    number = models.BigIntegerField(unique=True, db_default=NextNumber(), editable=False)
    subject = models.CharField(max_length=250)
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    channel = models.CharField(max_length=16, choices=Channel)
    requester = models.ForeignKey(User, models.PROTECT, related_name="tickets")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="tickets")
    assignee = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="assigned_tickets"
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="tickets")
    # False while nobody has confirmed that the sender's address is theirs.
    is_verified = models.BooleanField(default=True)
    # The address a customer wrote to; answers leave from it.
    mailbox = models.EmailField(blank=True)
    # Why an agent should look twice, e.g. a reply that did not prove where it belongs.
    hint = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)
    closed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    # The ticket in which this one goes on; its messages are there (`Message.merged_from`).
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="merged_tickets",
        db_index=False,
    )
    merged_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    # Written by sla/: what is promised, and the key of the queue (DESIGN §6).
    due_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    priority = models.SmallIntegerField(default=1)
    queue_band: models.SmallIntegerField[int | None, int | None] = models.SmallIntegerField(
        null=True, blank=True
    )
    queue_rank = models.SmallIntegerField(default=0)

    objects = TicketQuerySet.as_manager()

    class Meta:
        indexes = [
            # The page of the queue is one scan of this index; the rest stays out of it.
            models.Index(
                fields=["queue_band", "queue_rank", "due_at", "opened_at", "id"],
                name="ticket_queue",
                condition=Q(queue_band__isnull=False),
            ),
            models.Index(
                fields=["assignee", "queue_band", "queue_rank", "due_at", "opened_at", "id"],
                name="ticket_queue_of",
                condition=Q(queue_band__isnull=False),
            ),
            models.Index(
                fields=["merged_into"],
                name="ticket_merged",
                condition=Q(merged_into__isnull=False),
            ),
            models.Index(fields=["organisation", "-updated_at"], name="ticket_of_organisation"),
            models.Index(fields=["requester", "-updated_at"], name="ticket_of_requester"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(queue_band__isnull=True) | Q(due_at__isnull=False),
                name="ticket_in_queue_has_due",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def is_workable(self) -> bool:
        """True while somebody here has work to do on the ticket."""
        return self.state in WORKABLE

    @property
    def has_been_answered(self) -> bool:
        """True once a human's public answer is on its way or arrived."""
        return self.messages.all().by_humans().exclude(status=Status.FAILED).exists()

    @property
    def withdrawn_at(self) -> datetime | None:
        """When the customer has closed the ticket; None when only agents did, or it is not done."""
        if self.state not in DONE:
            return None
        moves = self.events.filter(kind=Event.Kind.STATE).select_related("actor").order_by("-pk")
        for move in moves:
            if move.actor and not move.actor.is_agent:
                return move.at
            if move.before not in DONE:
                break
        return None

    @property
    def is_closed(self) -> bool:
        return self.state in {State.CLOSED, State.SPAM}

    @property
    def written_channel(self) -> Channel:
        """The way a written answer takes; who asked for a call reads it in a mail."""
        channel = Channel(self.channel)
        return Channel.EMAIL if channel == Channel.CALLBACK else channel

    @property
    def queue_key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field) for field in QUEUE_ORDER)


def _shared_with(user: User) -> models.QuerySet[Participant, int]:
    return Participant.objects.filter(user=user).values_list("ticket_id", flat=True)


QUEUE_ORDER = ("queue_band", "queue_rank", "due_at", "opened_at", "id")


class MessageQuerySet(DeliveryQuerySet["Message"]):
    def public(self) -> MessageQuerySet:
        """What a customer may read: no notes."""
        return self.exclude(kind=Message.Kind.NOTE)

    def by_humans(self) -> MessageQuerySet:
        """Public messages to customers that people wrote; one from elsewhere once that is known."""
        said = self.filter(kind=Message.Kind.OUTBOUND, is_automatic=False)
        return said.exclude(author=None, recipient=None)

    def unclear(self) -> MessageQuerySet:
        """Those of which nobody knows whether they arrived, the oldest first."""
        return self.filter(status=Status.UNCLEAR).order_by("sent_at", "pk")

    def thread(self) -> MessageQuerySet:
        """In the order of the conversation, with what each message shows."""
        return (
            self.select_related("author", "merged_from")
            .prefetch_related("attachments")
            .order_by("sent_at", "pk")
        )


class Message(Delivery):
    """Something said on a ticket: by the customer, to the customer, or among agents."""

    class Kind(models.TextChoices):
        INBOUND = "inbound", _("From the customer")
        OUTBOUND = "outbound", _("Answer")
        NOTE = "note", _("Internal note")

    Status = Status

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=8, choices=Kind)
    channel = models.CharField(max_length=16, choices=Channel)
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="messages")
    # Whom an outbound message is for, as decided when it was written.
    recipient = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    # The ticket on which it was written, if that has been merged into this one.
    merged_from = models.ForeignKey(
        Ticket, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # Acknowledgements and notices; nobody wrote them, and they keep no promise.
    is_automatic = models.BooleanField(default=False)
    # The address a message claims to come from; identity is `author`.
    from_address = models.CharField(max_length=320, blank=True)
    text = models.TextField(blank=True)
    # What is new in it: without quotes and signature.
    reply_text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    # Our door's clock for inbound, the commit for outbound and notes.
    sent_at = models.DateTimeField(default=now)

    message_id = models.CharField(max_length=255, blank=True)
    in_reply_to = models.CharField(max_length=255, blank=True)
    references = models.TextField(blank=True)

    search = SearchVectorField(null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["ticket", "sent_at", "id"], name="message_thread"),
            models.Index(
                fields=["message_id"],
                name="message_by_id",
                condition=~Q(message_id=""),
            ),
            models.Index(
                fields=["next_try_at"],
                name="message_unsent",
                condition=Q(status__in=["queued", "sending"]),
            ),
            # Few, and shown on every page of the desk until somebody has settled them.
            models.Index(fields=["sent_at"], name="message_unclear", condition=Q(status="unclear")),
            # How many confirmations an address got lately (law 9).
            models.Index(
                fields=["recipient", "sent_at"],
                name="message_automatic",
                condition=Q(is_automatic=True),
            ),
            GinIndex(fields=["search"], name="message_search"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.ticket}"

    @property
    def is_answer(self) -> bool:
        """True for a human's public answer, the only thing that can keep a promise."""
        return self.kind == self.Kind.OUTBOUND and not self.is_automatic

    @property
    def shown_text(self) -> str:
        """What a reader needs first: the new part, or everything when there is none."""
        return self.reply_text or self.text

    @property
    def quoted_text(self) -> str:
        """What is shown, as a mail quotes it (RFC 3676), cut after QUOTED_LINES lines."""
        lines = self.shown_text.splitlines()
        kept = [f"> {line}".rstrip() for line in lines[:QUOTED_LINES]]
        return "\n".join(kept + ["> …"] * (len(lines) > QUOTED_LINES))

    @property
    def has_more(self) -> bool:
        """True when the whole text holds more than what is shown first."""
        return bool(self.reply_text) and self.reply_text.strip() != self.text.strip()
