"""The documents of a tenant, filtered, a page at a time, with what is still to be paid of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast
from urllib.parse import urlencode

from django import forms
from django.db import models
from django.db.models import Count, Q
from django.utils.functional import Promise as Text
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from billing import amounts
from billing.models import Invoice, InvoiceQuerySet, InvoiceRun
from desk.report_page import Link
from helpdesk import keyset

PAGE = 50
# The place of a document in the list: its year and its number in it.
NEWEST_FIRST = "sn"
# Months that can be chosen; what is older is found by its number.
MOST_MONTHS = 60
STATES: dict[str, Text] = {
    "": _("All"),
    "open": _("Open"),
    "overdue": _("Overdue"),
    "paid": _("Paid"),
    "cancelled": pgettext_lazy("invoice", "Cancelled"),
}


@dataclass(frozen=True, slots=True)
class State:
    """What became of a document: the look of its chip (chip.css), and the word in it."""

    look: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    document: Invoice
    state: State


@dataclass(frozen=True, slots=True)
class Sum:
    """How many documents of a kind are among those shown, and their gross sum in cents."""

    number: int
    gross: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    # Where the next page begins; empty on the last one.
    after: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Which documents are asked for."""

    today: date
    state: str = ""
    month: date | None = None
    words: str = ""
    params: dict[str, str] = field(default_factory=dict)

    @property
    def found(self) -> InvoiceQuerySet:
        """Those documents, in no order."""
        found = self._in_state(Invoice.objects.all())
        if self.month:
            found = found.filter(month=self.month)
        if self.words:
            found = found.filter(
                Q(number__icontains=self.words)
                | Q(customer__name__icontains=self.words)
                | Q(organisation__name__icontains=self.words)
            )
        return found

    @property
    def is_narrowed(self) -> bool:
        return bool(self.state or self.month or self.words)

    def address(self, path: str, **other: str) -> str:
        """An address with these filters, some of them replaced; an empty one is left out."""
        values = {**self.params, **other}
        written = urlencode({name: value for name, value in values.items() if value})
        return f"{path}?{written}" if written else path

    def _in_state(self, found: InvoiceQuerySet) -> InvoiceQuerySet:
        if self.state == "open":
            return found.open()
        if self.state == "overdue":
            return found.overdue(self.today)
        if self.state == "paid":
            return found.paid()
        if self.state == "cancelled":
            # Both halves: what was cancelled, and the documents that did it.
            return found.exclude(cancelled_at=None, kind=Invoice.Kind.INVOICE)
        return found


class InvoiceFilter(forms.Form):
    """The filters of the list; one that cannot be read is left out, the others apply."""

    state = forms.ChoiceField(
        required=False, choices=list(STATES.items()), widget=forms.HiddenInput
    )
    month = forms.ChoiceField(label=_("Month"), required=False)
    q = forms.CharField(label=_("Number or customer"), required=False, max_length=80)

    def __init__(self, query: Mapping[str, str], today: date) -> None:
        super().__init__({name: query.get(name, "") for name in self.base_fields})
        self.today = today
        months = list(InvoiceRun.objects.values_list("month", flat=True)[:MOST_MONTHS])
        if (asked := _month(query.get("month", ""))) and asked not in months:
            months.append(asked)
        choices = [(f"{month:%Y-%m}", amounts.month(month)) for month in months]
        field = cast("forms.ChoiceField", self.fields["month"])
        field.choices = [("", gettext("All months")), *choices]

    def asked(self) -> Asked:
        self.is_valid()
        chosen = self.cleaned_data
        params = {name: str(chosen.get(name) or "") for name in self.fields}
        month = _month(params["month"])
        return Asked(self.today, params["state"], month, params["q"], params)


def tabs(asked: Asked, path: str) -> list[Link]:
    """The states to choose from, the other filters kept."""
    return [
        Link(str(name), asked.address(path, state=state), state == asked.state)
        for state, name in STATES.items()
    ]


def page(asked: Asked, after: str = "") -> Page:
    """The newest documents, or those behind a place in the list."""
    found = asked.found.select_related("cancels").order_by("-year", "-sequence")
    found = found.defer("supplier", "lines", "taxes", "cancels__supplier", "cancels__lines")
    key = keyset.decode(after, NEWEST_FIRST)
    if key:
        year, sequence = key
        behind = Q(year__lt=year) | Q(year=year, sequence__lt=sequence)
        found = found.filter(behind, year__lte=year)
    listed = list(found[: PAGE + 1])
    shown = listed[:PAGE]
    is_more = len(listed) > PAGE
    place = keyset.encode((shown[-1].year, shown[-1].sequence)) if is_more else ""
    rows = [Row(one, state_of(one, asked.today)) for one in shown]
    return Page(rows, place, is_first=key is None)


def sums(asked: Asked) -> dict[str, Sum]:
    """What is open, overdue and paid among the documents shown."""
    found = asked.found
    return {
        "open": _sum(found.open()),
        "overdue": _sum(found.overdue(asked.today)),
        "paid": _sum(found.paid()),
    }


def state_of(document: Invoice, today: date) -> State:
    if document.is_cancellation:
        return State("plain", pgettext("invoice", "Cancellation"))
    if document.cancelled_at is not None:
        return State("plain", pgettext("invoice", "Cancelled"))
    if document.paid_on is not None:
        return State("good", gettext("Paid"))
    if document.is_overdue(today):
        return State("bad", gettext("Overdue"))
    return State("open", gettext("Open"))


def _sum(found: InvoiceQuerySet) -> Sum:
    row = found.aggregate(number=Count("pk"), gross=models.Sum("gross"))
    return Sum(row["number"], row["gross"] or 0)


def _month(written: str) -> date | None:
    try:
        return date.fromisoformat(f"{written}-01") if len(written) == len("2026-11") else None
    except ValueError:
        return None
