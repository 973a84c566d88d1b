"""Business hours as an admin fills them in: the fields, and rows of intervals and special days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from desk.calendar_days import MINUTES_OF_DAY, clock_of, hours_of, minutes_of
from helpdesk import regions
from sla.calendar import FIRST_YEAR, LAST_YEAR
from sla.public_holidays import is_country

# More in a row than a year is a mistake.
LONGEST_STRETCH = timedelta(days=366)
A_LEAP_YEAR = 2000
# Business minutes; a week of office days.
LONGEST_WARNING = 5 * 8 * 60


def clock_field(label: Any) -> forms.CharField:
    # No `max_length` in the browser: it would cut what is pasted, without a word.
    return forms.CharField(
        label=label,
        required=False,
        widget=forms.TextInput({"class": "clock", "autocomplete": "off", "size": 6}),
    )


def minutes_field(label: Any, help_text: Any, most: int = LONGEST_WARNING) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        validators=[MinValueValidator(0), MaxValueValidator(most)],
        widget=forms.TextInput({"class": "digits", "inputmode": "numeric", "size": 5}),
    )


class CalendarForm(forms.Form):
    """What a calendar is called, where it is, and when agents are warned."""

    name = forms.CharField(label=_("Name"), max_length=80)
    at_risk_minutes = minutes_field(
        _("A guarantee moves up"),
        _("This many business minutes before its end it stands before all priorities. 0: never."),
    )
    warn_percent = minutes_field(
        _("First warning"),
        _("When this share of the business time is used, in percent. 0: never."),
        most=99,
    )
    warn_minutes = minutes_field(
        _("Last warning"),
        _("This many business minutes before the end. 0: never."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    # The holidays that were shown with a box; what came back without its tick is switched off.
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, country: str, zone: str, **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["zone"] = forms.ChoiceField(
            label=_("Time zone"),
            choices=regions.zone_choices(zone),
            error_messages={
                "invalid_choice": _("There is no time zone “%(value)s”. Choose another.")
            },
        )
        self.fields["country"] = forms.ChoiceField(
            label=_("Country of the public holidays"),
            choices=regions.country_choices(country),
            required=False,
            error_messages={
                "invalid_choice": _("There is no country “%(value)s”. Choose another.")
            },
        )
        self.fields["subdivision"] = forms.ChoiceField(
            label=_("Federal state"),
            choices=regions.subdivision_choices(self.chosen_country),
            required=False,
            error_messages={
                "invalid_choice": _("“%(value)s” does not belong to this country. Choose again.")
            },
        )

    @property
    def chosen_country(self) -> str:
        """The country as it stands in the form now; "" for one that does not exist."""
        value = str(self["country"].value() or "")
        return value if is_country(value) else ""

    @property
    def chosen_subdivision(self) -> str:
        """The federal state as it stands in the form now; "" for one of another country."""
        value = str(self["subdivision"].value() or "")
        known = {code for code, _name in regions.subdivision_choices(self.chosen_country)}
        return value if value in known else ""


class IntervalForm(forms.Form):
    """One stretch of business hours of a weekday; an empty one is none."""

    start = clock_field(_("from"))
    end = clock_field(_("until"))
    is_overnight = forms.BooleanField(label=_("runs past midnight"), required=False)

    def clean_start(self) -> str:
        return self._clock("start")

    def clean_end(self) -> str:
        return self._clock("end")

    def clean(self) -> dict[str, Any]:
        if self.errors or self.is_empty:
            return self.cleaned_data
        start, end = self.cleaned_data["start"], self.cleaned_data["end"]
        if not start or not end:
            raise forms.ValidationError(_("An interval needs a beginning and an end."))
        if start == "24:00" or start == end:
            raise forms.ValidationError(
                _("%(start)s–%(end)s has no length. For the whole day write 00:00–24:00."),
                params={"start": start, "end": end},
            )
        if self.crosses_midnight and not self.cleaned_data["is_overnight"]:
            raise forms.ValidationError(
                _(
                    "%(start)s–%(end)s ends before it begins. If a night shift into the next day "
                    "is meant, tick “runs past midnight”; otherwise correct the times."
                ),
                params={"start": start, "end": end},
            )
        return self.cleaned_data

    @property
    def is_empty(self) -> bool:
        return not (self.cleaned_data.get("start") or self.cleaned_data.get("end"))

    @property
    def crosses_midnight(self) -> bool:
        return minutes_of(self.cleaned_data["end"]) < minutes_of(self.cleaned_data["start"])

    @property
    def asks_for_midnight(self) -> bool:
        """True where the question belongs: it was ticked, or the times make no sense without."""
        try:
            start, end = (minutes_of(clock_of(self[name].value() or "")) for name in CLOCKS)
        except ValueError:
            return False
        return end < start

    @property
    def pair(self) -> list[str]:
        return [self.cleaned_data["start"], self.cleaned_data["end"]]

    @property
    def parts(self) -> list[tuple[int, int, int]]:
        """What it covers: (days after its own, start, end) in minutes; two parts over midnight."""
        start, end = (minutes_of(clock) for clock in self.pair)
        if end > start:
            return [(0, start, end)]
        return [(0, start, MINUTES_OF_DAY), *([(1, 0, end)] if end else [])]

    def _clock(self, name: str) -> str:
        text = self.cleaned_data[name]
        try:
            return clock_of(text) if text else ""
        except ValueError:
            raise forms.ValidationError(
                _("“%(text)s” is no time of day. Write it like 09:00."), params={"text": text}
            )


CLOCKS = ("start", "end")


class SpecialDayForm(forms.Form):
    """A closure or days with hours of their own, once or every year; an empty row is none."""

    name = forms.CharField(label=_("What is it?"), max_length=80, required=False)
    first = forms.DateField(
        label=_("First day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    is_yearly = forms.BooleanField(label=_("every year"), required=False)
    hours = forms.CharField(
        label=_("Hours"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def clean_hours(self) -> list[tuple[str, str]]:
        text = self.cleaned_data["hours"]
        try:
            return hours_of(text)
        except ValueError:
            raise forms.ValidationError(
                _(
                    "“%(text)s” cannot be read as hours. Write 09:00–12:00, several with a comma "
                    "and each after the other; leave it empty for closed."
                ),
                params={"text": text},
            )

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if self.errors or self.is_empty:
            return self.cleaned_data
        if first is None:
            raise forms.ValidationError(_("Which day? Choose the first day."))
        last = last or first
        if last < first:
            raise forms.ValidationError(_("The last day lies before the first one."))
        if last - first > LONGEST_STRETCH:
            raise forms.ValidationError(_("That is more than a year. Please check the last day."))
        if first.year < FIRST_YEAR or last.year > LAST_YEAR:
            raise forms.ValidationError(
                _("The years %(first)s to %(last)s are known; this day lies beyond them."),
                params={"first": FIRST_YEAR, "last": LAST_YEAR},
            )
        return self.cleaned_data

    @property
    def is_empty(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in ("name", "first", "last", "hours"))

    @property
    def days(self) -> list[date]:
        """All days from the first to the last; those of every year as days of a leap year."""
        first = self.cleaned_data["first"]
        last = self.cleaned_data["last"] or first
        if not self.cleaned_data["is_yearly"]:
            return _each(first, last)
        goes_on = last.year > first.year
        first, last = first.replace(year=A_LEAP_YEAR), last.replace(year=A_LEAP_YEAR + goes_on)
        return [day.replace(year=A_LEAP_YEAR) for day in _each(first, last)]

    @property
    def special(self) -> dict[str, object]:
        hours = [[start, end] for start, end in self.cleaned_data["hours"]]
        return {"name": self.cleaned_data["name"], "intervals": hours}


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


IntervalFormSet = forms.formset_factory(IntervalForm, extra=0)
SpecialDayFormSet = forms.formset_factory(SpecialDayForm, extra=0)
