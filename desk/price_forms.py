"""New prices as an admin types them: euros a month, from the first of a month on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from billing import amounts, prices
from billing.accounting import month_after
from billing.amounts import CENTS
from billing.models import PriceList
from billing.money import FULL
from sla.models import SupportTier

MONTHS = 12
# "1.234,50" and "1,234.50": three digits behind a sign are thousands, one or two are cents.
AMOUNTS = (
    re.compile(r"(\d{1,3}(?:\.\d{3}){1,3}|\d{1,9})(?:,(\d{1,2}))?", re.ASCII),
    re.compile(r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(?:\.(\d{1,2}))?", re.ASCII),
)
RATE = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?", re.ASCII)


class EuroField(forms.Field):
    """An amount as Germans or English write it; cents, or None where nothing was typed."""

    def to_python(self, value: object) -> Any:
        typed = _squeezed(value, "€")
        if not typed:
            return None
        found = next(filter(None, (kind.fullmatch(typed) for kind in AMOUNTS)), None)
        if found is None:
            raise ValidationError(_("This is no amount, e.g. 19 or 19.50."))
        whole, rest = re.sub(r"\D", "", found[1]), (found[2] or "").ljust(2, "0")
        cents = int(whole) * CENTS + int(rest)
        if cents > prices.MOST_CENTS:
            most = amounts.short_euro(prices.MOST_CENTS)
            raise ValidationError(_("At most %(most)s a month."), params={"most": most})
        return cents


class RateField(forms.Field):
    """A rate in percent; hundredths of a percent."""

    def to_python(self, value: object) -> Any:
        typed = _squeezed(value, "%")
        if not typed:
            return None
        found = RATE.fullmatch(typed)
        rate = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else FULL + 1
        if rate > FULL:
            raise ValidationError(_("This is no rate, e.g. 19 or 7.5."))
        return rate


class PricesForm(forms.Form):
    """All prices of a list; they begin with those in force."""

    valid_from = forms.ChoiceField(label=_("Valid from"))
    basis = forms.ChoiceField(
        label=_("These prices are"),
        choices=[("net", _("net")), ("gross", _("gross"))],
        widget=forms.RadioSelect,
    )
    vat_rate = RateField(
        label=_("VAT rate in percent"),
        widget=forms.TextInput({"class": "digits", "inputmode": "decimal"}),
    )

    def __init__(self, current: PriceList, typed: Mapping[str, str] | None = None) -> None:
        self.tiers = list(SupportTier.objects.all())
        super().__init__(typed, initial=_initial(current, self.tiers))
        self.months = possible_months()
        self.fields["valid_from"] = forms.ChoiceField(
            label=_("Valid from"),
            choices=[(f"{month:%Y-%m}", amounts.day(month)) for month in self.months],
        )
        for tier in self.tiers:
            if not tier.is_default:
                self.fields[_name(tier)] = EuroField(
                    label=tier.name,
                    required=False,
                    widget=forms.TextInput({"class": "digits", "inputmode": "decimal"}),
                )

    def rows(self) -> list[tuple[SupportTier, BoundField | None]]:
        """Each tier with its field; the default tier has none, it costs nothing."""
        return [(tier, None if tier.is_default else self[_name(tier)]) for tier in self.tiers]

    @property
    def cents(self) -> dict[SupportTier, int]:
        """What was typed, by tier; a tier without a price is left out."""
        typed = {
            tier: 0 if tier.is_default else self.cleaned_data[_name(tier)] for tier in self.tiers
        }
        return {tier: cents for tier, cents in typed.items() if cents is not None}

    @property
    def asked(self) -> PriceList:
        """The list as it would be stored."""
        return PriceList(
            valid_from=date.fromisoformat(f"{self.cleaned_data['valid_from']}-01"),
            is_gross=self.cleaned_data["basis"] == "gross",
            vat_rate=self.cleaned_data["vat_rate"],
            prices={str(tier.pk): cents for tier, cents in self.cents.items()},
        )


class FirstPriceForm(forms.Form):
    """The first price of a tier that has none, on the basis of the list in force."""

    price = EuroField(
        label=_("Price per month"),
        widget=forms.TextInput({"class": "digits", "inputmode": "decimal", "size": 8}),
        error_messages={"required": _("What does it cost a month? 0 is free of charge.")},
    )


def possible_months() -> list[date]:
    """The next months that new prices may count from, without those that have some already."""
    taken = set(PriceList.objects.values_list("valid_from", flat=True))
    found: list[date] = []
    month = prices.earliest_month()
    while len(found) < MONTHS:
        if month not in taken:
            found.append(month)
        month = month_after(month)
    return found


def _squeezed(value: object, unit: str) -> str:
    """What was typed, without its unit and its spaces."""
    return "".join(str(value or "").replace(unit, "").split())


def _initial(current: PriceList, tiers: list[SupportTier]) -> dict[str, object]:
    values: dict[str, object] = {
        "basis": "gross" if current.is_gross else "net",
        "vat_rate": _written(current.vat_rate, is_short=True),
    }
    for tier in tiers:
        cents = current.cents(tier)
        values[_name(tier)] = "" if cents is None else _written(cents)
    return values


def _name(tier: SupportTier) -> str:
    return f"price_{tier.pk}"


def _written(hundredths: int, *, is_short: bool = False) -> str:
    """As it is typed in the reader's language: "19,00", and a rate as short as it is exact."""
    if is_short and not hundredths % 100:
        return str(hundredths // 100)
    written = number_format(f"{hundredths / 100:.2f}", use_l10n=True)
    return written.rstrip("0") if is_short else written
