"""The two parties of every invoice, as they stand now; invoices keep snapshots of both."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation

GERMANY = "DE"


class Address(models.Model):
    """What an address on an invoice has (§ 14 (4) UStG)."""

    name = models.CharField(_("Company or name"), max_length=200)
    street = models.CharField(_("Street and number"), max_length=120)
    postcode = models.CharField(_("Postcode"), max_length=5)
    city = models.CharField(_("Town"), max_length=80)
    # ISO 3166-1; other countries come with reverse charge.
    country = models.CharField(max_length=2, default=GERMANY, editable=False)
    vat_id = models.CharField(_("VAT identification number"), max_length=14, blank=True)

    # What an invoice cannot do without.
    NEEDED: ClassVar[list[str]] = ["name", "street", "postcode", "city"]

    class Meta:
        abstract = True

    def snapshot(self, *more: str) -> dict[str, Any]:
        """The address as plain values, for an invoice to keep."""
        names = ["name", "street", "postcode", "city", "country", "vat_id", *more]
        return {name: getattr(self, name) for name in names}


class BillingAddress(Address):
    """Where an organisation's invoices go."""

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, related_name="billing_address"
    )
    contact = models.CharField(_("For the attention of"), max_length=120, blank=True)
    email = models.EmailField(_("Invoices by e-mail to"), max_length=254)
    # What the customer wants to read on its invoices, e.g. its order number (BT-13).
    reference = models.CharField(_("Your reference"), max_length=60, blank=True)
    changed_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"

    @property
    def fingerprint(self) -> dict[str, Any]:
        """All that it says."""
        return self.snapshot("contact", "email", "reference")


class Supplier(Address):
    """Who writes the invoices: the tenant itself, one row."""

    NEEDED: ClassVar[list[str]] = [*Address.NEEDED]

    contact_email = models.EmailField(_("E-mail address"), max_length=254, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    website = models.CharField(_("Website"), max_length=120, blank=True)
    tax_number = models.CharField(_("Tax number"), max_length=20, blank=True)
    register = models.CharField(_("Register and management"), max_length=200, blank=True)
    bank = models.CharField(_("Bank"), max_length=80, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    days_to_pay = models.PositiveSmallIntegerField(
        _("Days to pay"), default=14, validators=[MaxValueValidator(90)]
    )
    number_prefix = models.CharField(_("Prefix of invoice numbers"), max_length=12, default="RE-")
    # Why no tax is charged, where the rate is 0 (§ 14 (4) no. 8 UStG).
    exemption = models.CharField(_("Reason for no VAT"), max_length=200, blank=True)
    # How long before they count new prices are announced.
    notice_days = models.PositiveSmallIntegerField(
        _("Notice of new prices, days"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    accent = models.CharField(_("Colour"), max_length=7, default="#0b6168")
    # The file of the logo in the tenant's storage, named by its content; it is never overwritten.
    logo = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="supplier_one")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Supplier:
        """The tenant's own row; an empty one, not stored yet, where nobody has filled it in."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def missing(self) -> list[str]:
        """The fields without which no invoice can be written, e.g. ["street", "tax_number"]."""
        found = [name for name in self.NEEDED if not getattr(self, name)]
        if not self.tax_number and not self.vat_id:
            found.append("tax_number")
        return found
