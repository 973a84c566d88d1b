"""One document as a page: what it says, what became of it, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing import amounts, invoicing
from billing.models import Invoice, PriceList


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document; amounts in cents."""

    text: str
    days: int
    of: int
    ranges: list[str]
    unit: int
    cents: int


class PaymentForm(forms.Form):
    """The day on which an invoice was paid; empty takes a payment back."""

    on = forms.DateField(
        label=_("Paid on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no date, e.g. 2026-11-30.")},
    )

    def __init__(
        self, document: Invoice, today: date, typed: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(typed, initial={"on": document.paid_on or today})
        self.document = document
        limits = {"min": document.month.isoformat(), "max": today.isoformat()}
        self.fields["on"].widget.attrs.update(limits)

    def clean_on(self) -> date | None:
        on: date | None = self.cleaned_data["on"]
        if on is None and self.document.paid_on is None:
            raise forms.ValidationError(_("On which day was it paid?"))
        if on is not None and on < self.document.month:
            raise forms.ValidationError(_("The month that it is for had not begun by then."))
        return on


def context(document: Invoice, today: date, form: PaymentForm) -> dict[str, object]:
    """Everything the page shows; a newer invoice for the same month is named too."""
    cancelled_by = getattr(document, "cancelled_by", None)
    return {
        "document": document,
        "lines": [_line(one) for one in document.lines],
        "cancelled_by": cancelled_by,
        "follower": follower(document) if document.cancelled_at else None,
        "form": form,
        "today": today,
        "is_in_force": not document.is_cancellation and document.cancelled_at is None,
        "is_blocked": is_blocked(document),
    }


def follower(document: Invoice) -> Invoice | None:
    """The invoice in force for the organisation and the month of a cancelled one, if any."""
    found = Invoice.objects.in_force()
    return found.filter(organisation=document.organisation_id, month=document.month).first()


def is_blocked(document: Invoice) -> bool:
    """True while no new invoice could be written in its place: something about us is missing."""
    return bool(invoicing.why_blocked(PriceList.objects.in_force(document.month)))


def _line(line: Mapping[str, Any]) -> Line:
    spans = [
        (date.fromisoformat(first), date.fromisoformat(last)) for first, last in line["ranges"]
    ]
    return Line(
        text=line["text"],
        days=line["days"],
        of=line["of"],
        ranges=[amounts.span(first, last) for first, last in spans],
        unit=line["unit"],
        cents=line["cents"],
    )
