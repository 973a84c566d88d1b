"""The commercial side of support: prices, what is booked, who is billed, and the invoices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from billing.accounting import Price, Stay, Tax, tax_on
from billing.money import FULL
from billing.parties import BillingAddress, Supplier
from sla.models import SupportTier

__all__ = [
    "BillingAddress",
    "BillingEvent",
    "Invoice",
    "InvoiceRun",
    "PriceList",
    "Subscription",
    "Supplier",
]

DEFAULT_VAT_RATE = 1900


class PriceListQuerySet(models.QuerySet["PriceList"]):
    def in_force(self, month: date) -> PriceList:
        """The prices of a month, at worst the first ones; raises DoesNotExist without any."""
        valid = self.filter(valid_from__lte=month).order_by("valid_from").last()
        return valid or self.earliest("valid_from")

    def upcoming(self, month: date) -> PriceListQuerySet:
        """What counts only after this month, the next first."""
        return self.filter(valid_from__gt=month).order_by("valid_from")


class PriceList(models.Model):
    """What the tiers cost from the first of a month on; a month already begun keeps its prices."""

    valid_from = models.DateField(unique=True)
    # The basis of all its prices: net or gross. The other one follows.
    is_gross = models.BooleanField(default=False)
    # Hundredths of a percent: 1900 is 19 %.
    vat_rate = models.PositiveSmallIntegerField(
        default=DEFAULT_VAT_RATE, validators=[MaxValueValidator(FULL)]
    )
    # Cents a month by the tier's id; a tier without a price cannot be booked.
    prices = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # When the organisations that it makes a difference to are told, and when all had been.
    announce_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    announced_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = PriceListQuerySet.as_manager()

    class Meta:
        ordering = ["-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__day=1), name="price_list_begins_with_a_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%Y-%m}"

    def cents(self, tier: SupportTier) -> int | None:
        """A tier's price a month on the list's own basis; None where it has none."""
        found = self.prices.get(str(tier.pk))
        return int(found) if found is not None else None

    def price(self, tier: SupportTier) -> Tax | None:
        """A tier's price a month as net, VAT and gross; None where it has none."""
        cents = self.cents(tier)
        return None if cents is None else tax_on(cents, self.vat_rate, is_gross=self.is_gross)

    def by_tier(self) -> dict[int, Price]:
        """All prices, as accounting wants them."""
        return {int(tier): Price(cents, self.vat_rate) for tier, cents in self.prices.items()}


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def running(self) -> SubscriptionQuerySet:
        """Not ended, whether or not an end is planned."""
        return self.filter(ended_at=None)

    def within(self, start: datetime, end: datetime) -> SubscriptionQuerySet:
        """Those that ran at some moment of [start, end)."""
        lasting = Q(ended_at=None) | Q(ended_at__gt=start)
        planned = Q(cancel_at=None) | Q(cancel_at__gt=start)
        return self.filter(lasting, planned, started_at__lt=end).exclude(ended_at=F("started_at"))

    def ending(self, at: datetime | None = None) -> SubscriptionQuerySet:
        """Those whose planned end has come."""
        return self.running().filter(cancel_at__lte=at or now())


class Subscription(models.Model):
    """A tier that an organisation has booked, from a moment on and until another.

    Who has booked nothing has the default tier, which costs nothing.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="subscriptions")
    tier = models.ForeignKey(SupportTier, models.PROTECT, related_name="subscriptions")
    started_at = models.DateTimeField(default=now)
    ended_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # A cancellation for later, revocable until then; the sweep carries it out.
    cancel_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # The upcoming prices that this organisation has been told of, by mail or while booking.
    told_of = models.ForeignKey(PriceList, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(ended_at=None), name="subscription_one_running"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="subscription_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "started_at"], name="subscription_of"),
            models.Index(
                fields=["cancel_at"],
                name="subscription_ending",
                condition=Q(ended_at=None, cancel_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.tier}"

    def is_over(self, at: datetime) -> bool:
        """True while a planned end has come and nobody has carried it out yet."""
        return self.ended_at is None and self.cancel_at is not None and self.cancel_at <= at

    @property
    def stay(self) -> Stay:
        """The time that it costs, as accounting wants it; a planned end counts as one."""
        return Stay(self.tier_id, self.started_at, self.ended_at or self.cancel_at)


class BillingEvent(models.Model):
    """A line in an organisation's history: who booked, changed, cancelled or paid what, and when.

    Prices are those that were shown to whoever did it.
    """

    class Kind(models.TextChoices):
        BOOKED = "booked", _("Booked")
        CHANGED = "changed", _("Changed")
        CANCELLED = "cancelled", _("Cancelled")
        PLANNED = "planned", _("Cancelled for later")
        REVOKED = "revoked", _("Cancellation taken back")
        ENDED = "ended", _("Ended as cancelled")
        PAID = "paid", _("Paid")
        UNPAID = "unpaid", _("Payment taken back")
        ADDRESS = "address", _("Address changed")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="billing_events")
    kind = models.CharField(max_length=9, choices=Kind)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # Their name, for when they are gone; and whether the tenant did it for its customer.
    by_name = models.CharField(max_length=254, blank=True)
    is_by_tenant = models.BooleanField(default=False)
    tier = models.ForeignKey(SupportTier, models.PROTECT, null=True, blank=True, related_name="+")
    before = models.ForeignKey(SupportTier, models.PROTECT, null=True, blank=True, related_name="+")
    net = models.PositiveIntegerField(null=True, blank=True)
    gross = models.PositiveIntegerField(null=True, blank=True)
    vat_rate = models.PositiveSmallIntegerField(null=True, blank=True)
    # When it takes effect, if that is not at once.
    effective_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    invoice = models.ForeignKey(
        "Invoice", models.PROTECT, null=True, blank=True, related_name="events"
    )

    class Meta:
        indexes = [models.Index(fields=["organisation", "-at", "-id"], name="billing_event_of")]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.get_kind_display()}"

    @property
    def is_booking(self) -> bool:
        return self.kind in {self.Kind.BOOKED, self.Kind.CHANGED}

    @property
    def is_upgrade(self) -> bool:
        """True for a booking that also counts for what waited already."""
        if not self.is_booking or self.tier is None or self.before is None:
            return False
        return self.tier.position > self.before.position


class InvoiceRun(models.Model):
    """The invoices of one month being written; it may be interrupted, repeated and resumed."""

    month = models.DateField(unique=True)
    started_at = models.DateTimeField(default=now)
    finished_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # Who started it last; the sweep itself where nobody did.
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    # Why it cannot begin, as a code: nothing is written while this is set.
    blocked = models.CharField(max_length=20, blank=True)
    # Organisations to look at, how many have been, and who could not be billed: [[id, reason], …].
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    held_back = models.JSONField(default=list)

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def bills(self) -> InvoiceQuerySet:
        """Invoices, without the documents that cancel one."""
        return self.filter(kind=Invoice.Kind.INVOICE)

    def in_force(self) -> InvoiceQuerySet:
        return self.bills().filter(cancelled_at=None)

    def open(self) -> InvoiceQuerySet:
        """Neither paid nor cancelled."""
        return self.in_force().filter(paid_on=None)

    def overdue(self, today: date) -> InvoiceQuerySet:
        return self.open().filter(due_on__lt=today)

    def paid(self) -> InvoiceQuerySet:
        return self.in_force().filter(paid_on__isnull=False)

    def unrendered(self) -> InvoiceQuerySet:
        return self.filter(pdf_sha256="")

    def numbers(self) -> Iterable[tuple[int, int]]:
        return self.order_by("year", "sequence").values_list("year", "sequence")


class Invoice(models.Model):
    """An invoice, or the document that cancels one: final, with everything it says.

    A database trigger refuses any change but of what became of it, and any number that would leave
    a gap.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CANCELLATION = "cancellation", _("Cancellation invoice")

    # What became of it; all else is final.
    OUTCOME: ClassVar[list[str]] = [
        "paid_on",
        "cancelled_at",
        "pdf_sha256",
        "mailed_at",
    ]

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INVOICE)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=40, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices")
    run = models.ForeignKey(
        InvoiceRun, models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    # The month of service, by its first day.
    month = models.DateField()
    issued_on = models.DateField()
    due_on = models.DateField()
    made_at = models.DateTimeField(default=now)
    currency = models.CharField(max_length=3, default="EUR")
    is_gross = models.BooleanField()
    # Cents; a cancellation's are negative.
    net = models.IntegerField()
    vat = models.IntegerField()
    gross = models.IntegerField()
    # Both parties, the lines and the taxes as they are printed; see `billing.documents`.
    supplier = models.JSONField()
    customer = models.JSONField()
    lines = models.JSONField()
    taxes = models.JSONField()
    language = models.CharField(max_length=5)
    # The invoice that this document cancels.
    cancels = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="cancelled_by"
    )

    # The outcome.
    paid_on: models.DateField[date | None, date | None] = models.DateField(null=True, blank=True)
    cancelled_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    mailed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "sequence"], name="invoice_sequence_unique"),
            models.UniqueConstraint(
                fields=["organisation", "month"],
                condition=Q(kind="invoice", cancelled_at=None),
                name="invoice_one_a_month",
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("vat")), name="invoice_adds_up"),
            models.CheckConstraint(
                condition=Q(kind="invoice", cancels=None)
                | Q(kind="cancellation", cancels__isnull=False),
                name="invoice_cancellation_names_one",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-year", "-sequence"], name="invoice_of"),
            models.Index(fields=["month", "organisation"], name="invoice_month"),
            models.Index(
                fields=["due_on"],
                name="invoice_open",
                condition=Q(kind="invoice", paid_on=None, cancelled_at=None),
            ),
            models.Index(fields=["id"], name="invoice_unrendered", condition=Q(pdf_sha256="")),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_cancellation(self) -> bool:
        return self.kind == self.Kind.CANCELLATION

    @property
    def is_open(self) -> bool:
        return not self.is_cancellation and self.paid_on is None and self.cancelled_at is None

    def is_overdue(self, today: date) -> bool:
        return self.is_open and self.due_on < today

    @property
    def filename(self) -> str:
        return f"{self.number}.pdf"
