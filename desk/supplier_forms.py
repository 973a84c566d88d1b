"""Who writes the invoices, as an admin fills it in: bit by bit, with a logo."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.utils.functional import Promise as Text
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.forms import SupplierForm
from billing.models import Supplier
from desk import logos
from desk.logos import Logo, LogoError

GROUPS: list[tuple[Text, list[str]]] = [
    (pgettext_lazy("postal", "Address"), ["name", "street", "postcode", "city"]),
    (_("Tax"), ["tax_number", "vat_id", "exemption"]),
    (_("Contact"), ["contact_email", "phone", "website", "register"]),
    (_("Bank account"), ["iban", "bank", "bic"]),
    (_("Invoices and prices"), ["days_to_pay", "notice_days", "number_prefix"]),
    (_("Look"), ["accent", "logo_file", "remove_logo"]),
]
# What stands across the whole sheet.
WIDE = {"name", "street", "exemption", "website", "register", "iban", "logo_file", "remove_logo"}
NUMBERS = ("days_to_pay", "notice_days")


class SupplierPageForm(SupplierForm):
    """All of the supplier; what the law asks for may come later, invoices wait for it."""

    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or SVG, at most 500 kB. It is printed at the top of each invoice."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/svg+xml"}),
    )
    remove_logo = forms.BooleanField(label=_("Print no logo any more"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in Supplier.NEEDED:
            self.fields[name].required = False
        self.fields["accent"].widget = forms.TextInput({"type": "color"})
        for name in NUMBERS:
            self.fields[name].widget = forms.TextInput(
                {"class": "digits", "inputmode": "numeric", "size": 4}
            )
        if not self.instance.logo:
            del self.fields["remove_logo"]

    def groups(self) -> list[tuple[Text, list[BoundField]]]:
        return [
            (title, [self[name] for name in names if name in self.fields])
            for title, names in GROUPS
        ]

    def clean_logo_file(self) -> Logo | None:
        typed: UploadedFile | None = self.cleaned_data["logo_file"]
        if not typed:
            return None
        try:
            return logos.look_at(typed.read(logos.MOST_BYTES + 1))
        except LogoError as error:
            raise forms.ValidationError(str(error)) from error
