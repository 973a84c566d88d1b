"""The addresses of invoices as people type them, checked and made clean."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import stdnum.bic
import stdnum.de.stnr
import stdnum.de.vat
import stdnum.iban
from django import forms
from django.core.validators import MaxLengthValidator, RegexValidator
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import ValidationError as NumberError

from billing.models import BillingAddress, Supplier
from helpdesk.texts import one_line

# What mail servers on the internet take; Django's own check also lets local ones pass.
EMAIL = RegexValidator(
    re.compile(r"\A[^\s@\"]+@[^\s@\[\]]+\.[^\s@\[\].]{2,}\Z"),
    _("Enter an address like name@example.com."),
)
POSTCODE = RegexValidator(
    re.compile(r"\A[0-9]{5}\Z", re.ASCII),
    _("A German postcode has five digits. Invoices to other countries are not possible yet."),
)
COLOUR = RegexValidator(
    re.compile(r"\A#[0-9a-fA-F]{6}\Z", re.ASCII), _("A colour looks like #0b6168.")
)
PREFIX = RegexValidator(
    re.compile(r"\A[A-Za-z0-9._-]*\Z", re.ASCII),
    _("Letters, digits, hyphens, dots and underscores."),
)


# Of a number as it is typed, with its spaces.
LONGEST_NUMBER = 60


class Numbers(Protocol):
    """What every module of stdnum can do."""

    def validate(self, number: str) -> str: ...


class AddressFields(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What both addresses have: one line each, no stray spaces, German numbers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["postcode"].validators.append(POSTCODE)
        for name in {"email", "contact_email"} & set(self.fields):
            self.fields[name].validators.append(EMAIL)
        for name, hint in AUTOCOMPLETE.items():
            if name in self.fields:
                self.fields[name].widget.attrs["autocomplete"] = hint
        # Typed with spaces a number is longer than stored; the model measures what is left of it.
        for name in ("postcode", "vat_id", "tax_number", "iban", "bic"):
            if field := self.fields.get(name):
                field.widget.attrs.pop("maxlength", None)
                field.validators = [
                    one for one in field.validators if not isinstance(one, MaxLengthValidator)
                ]
                field.validators.append(MaxLengthValidator(LONGEST_NUMBER))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, value in values.items():
            if isinstance(value, str):
                values[name] = one_line(value)
        return values

    def clean_vat_id(self) -> str:
        return self._number("vat_id", stdnum.de.vat, lambda number: f"DE{number}")

    def _number(self, field: str, kind: Numbers, write: Callable[[str], str] = str) -> str:
        """A number with a check digit, without its spaces; empty where none was given."""
        typed: str = self.cleaned_data[field]
        if not typed.strip():
            return ""
        try:
            return write(kind.validate(typed))
        except NumberError as error:
            said = _("“%(number)s” cannot be right: please compare it once more.")
            raise forms.ValidationError(said, params={"number": typed}) from error


AUTOCOMPLETE = {
    "name": "organization",
    "street": "street-address",
    "postcode": "postal-code",
    "city": "address-level2",
    "contact": "name",
    "email": "email",
    "contact_email": "email",
    "phone": "tel",
}


class AddressForm(AddressFields):
    """Where an organisation's invoices go."""

    class Meta:
        model = BillingAddress
        fields: ClassVar[list[str]] = [
            "name",
            "contact",
            "street",
            "postcode",
            "city",
            "email",
            "vat_id",
            "reference",
        ]
        help_texts: ClassVar[dict[str, Any]] = {
            "reference": _("Stands on each invoice, e.g. your order number."),
        }


class SupplierForm(AddressFields):
    """Who writes the invoices; what the law asks for may be filled in bit by bit."""

    class Meta:
        model = Supplier
        fields: ClassVar[list[str]] = [
            "name",
            "street",
            "postcode",
            "city",
            "tax_number",
            "vat_id",
            "exemption",
            "register",
            "contact_email",
            "phone",
            "website",
            "bank",
            "iban",
            "bic",
            "days_to_pay",
            "number_prefix",
            "notice_days",
            "accent",
        ]
        help_texts: ClassVar[dict[str, Any]] = {
            "tax_number": _("One of tax number and VAT identification number has to be there."),
            "exemption": _(
                "Only for a VAT rate of 0, e.g. “No VAT is charged (§ 19 UStG, small business)”."
            ),
            "register": _("E.g. “Amtsgericht Köln HRB 12345 · Geschäftsführerin: …”."),
            "notice_days": _("So many days before they count, new prices are announced by mail."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accent"].validators.append(COLOUR)
        self.fields["number_prefix"].validators.append(PREFIX)

    def clean_tax_number(self) -> str:
        typed: str = self.cleaned_data["tax_number"]
        # It is printed as its owner writes it: each federal state has a form of its own.
        self._number("tax_number", stdnum.de.stnr)
        return typed.strip()

    def clean_iban(self) -> str:
        return self._number("iban", stdnum.iban)

    def clean_bic(self) -> str:
        return self._number("bic", stdnum.bic)
