"""What the page of who writes the invoices shows, and what saving it does."""

from __future__ import annotations

from django.utils.translation import gettext

from billing import addresses, invoicing, prices
from billing.models import InvoiceRun, Supplier
from desk import logos
from desk.logos import LogoError
from desk.supplier_forms import WIDE, SupplierPageForm


def context(form: SupplierPageForm) -> dict[str, object]:
    """The form, and what the stored row still lacks."""
    stored = Supplier.current()
    return {
        "form": form,
        "wide": WIDE,
        "lacking": lacking(stored),
        "missing": missing_words(stored),
        "blocked": invoicing.why_blocked(prices.current()),
        "waiting": list(InvoiceRun.objects.exclude(blocked="").order_by("month")),
        "logo": logos.as_data(stored.logo),
    }


def save(form: SupplierPageForm) -> bool:
    """Store what was typed; what stands against the logo becomes a complaint of the form."""
    supplier, logo = form.instance, form.cleaned_data["logo_file"]
    if form.cleaned_data.get("remove_logo"):
        supplier.logo = ""
    if logo:
        try:
            supplier.logo = logos.store(logo)
        except LogoError as error:
            form.add_error("logo_file", str(error))
            return False
    addresses.save_supplier(supplier)
    return True


def missing_words(supplier: Supplier) -> list[str]:
    """What no invoice can be written without, by its name on the form."""
    return [_label(name) for name in supplier.missing]


def lacking(supplier: Supplier) -> list[str]:
    """The fields that are marked: both of those of which one has to be there."""
    found = supplier.missing
    return [*found, "vat_id"] if "tax_number" in found else found


def _label(name: str) -> str:
    if name == "tax_number":
        return gettext("Tax number or VAT identification number")
    return str(Supplier._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
