"""What a report is asked for: a period and what narrows it, as it stands in a page's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.utils.functional import Promise as Text
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Team, User
from sla import tiers
from sla.calendar import FIRST_YEAR, LAST_YEAR
from sla.models import Promise, SupportTier
from sla.report import NOBODY, Dimension, Filters, Outcome, Period
from tickets.models import Channel

DAY = timedelta(days=1)
LONGEST_YEARS = 5
LONGEST = timedelta(days=LONGEST_YEARS * 366)
ALL_KINDS = "all"
SPANS: dict[str, Text] = {
    "week": _("This week"),
    "last_week": _("Last week"),
    "month": _("This month"),
    "last_month": _("Last month"),
    "quarter": _("This quarter"),
}
USUAL = "month"
GUARANTEED = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Asked:
    """A report as it was asked for: what is counted, by what, and the parameters of its address."""

    filters: Filters
    by: str
    # The name of the period if it has one.
    span: str
    params: dict[str, str]

    def of_all_outcomes(self) -> Asked:
        """The same report, of every outcome."""
        filters = replace(self.filters, outcome="")
        return replace(self, filters=filters, params={**self.params, "outcome": ""})

    def address(self, path: str, **other: object) -> str:
        """An address with these parameters, some of them replaced; an empty one is left out."""
        values = {name: str(value) for name, value in {**self.params, **other}.items()}
        written = urlencode({name: value for name, value in values.items() if value})
        return f"{path}?{written}" if written else path


class ReportForm(forms.Form):
    """The filters; whatever is wrong with one of them, the others still apply."""

    since = forms.DateField(label=_("From"))
    until = forms.DateField(label=_("To (inclusive)"))
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("First responses")),
            (Promise.Kind.NEXT.value, _("Follow-ups")),
            (ALL_KINDS, _("Both")),
        ],
    )
    guaranteed = forms.ChoiceField(
        label=_("Promised"),
        required=False,
        choices=[("", _("Both")), ("yes", _("Guarantees")), ("no", _("Targets"))],
    )
    tier = forms.ModelChoiceField(
        SupportTier.objects.all(), label=_("Support level"), required=False, empty_label=_("All")
    )
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, choices=[("", _("All")), *Channel.choices]
    )
    team = forms.ChoiceField(label=_("Team"), required=False)
    agent = forms.ChoiceField(label=_("Agent"), required=False)
    customer = forms.CharField(label=_("Customer account contains"), required=False, max_length=200)
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(), required=False, widget=forms.HiddenInput
    )
    by = forms.ChoiceField(required=False, choices=Dimension.choices, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("All")), *Outcome.choices]
    )

    def __init__(self, query: Mapping[str, str]) -> None:
        self.zone = tiers.zone()
        self.today = localdate(timezone=self.zone)
        values = {name: query.get(name, "") for name in self.base_fields}
        if not values["since"] and not values["until"]:
            span = query.get("period", "")
            first, last = days_of(span if span in SPANS else USUAL, self.today)
            values |= {"since": first.isoformat(), "until": last.isoformat()}
        super().__init__(values)
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            self.fields[name].error_messages |= {
                "required": _("A period needs its first and its last day."),
                "invalid": _("This is no date, e.g. 2026-11-30."),
            }
        _choose(self.fields["team"], _teams())
        _choose(self.fields["agent"], _agents())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and (wrong := _wrong(since, until)):
            self.add_error("until", wrong)
        return cleaned

    def asked(self) -> Asked:
        """What is asked for; a wrong period gives way to this month, another filter to none."""
        self.is_valid()
        chosen = self.cleaned_data
        self._keep_what_is_no_date()
        since, until = chosen.get("since"), chosen.get("until")
        if not since or not until:
            since, until = days_of(USUAL, self.today)
        spans = (name for name in SPANS if days_of(name, self.today) == (since, until))
        span = next(spans, "")
        dates = {"since": since.isoformat(), "until": until.isoformat()}
        params = {name: str(self[name].value() or "") for name in chosen if name not in dates}
        return Asked(
            filters=_filters(chosen, Period(since, until + DAY, self.zone)),
            by=chosen.get("by") or Dimension.TIER,
            span=span,
            params={**({"period": span} if span else dates), **params},
        )

    def _keep_what_is_no_date(self) -> None:
        """A browser's own field for dates would show nothing in its place."""
        for name in ("since", "until"):
            if self.has_error(name, "invalid"):
                cast("forms.DateInput", self.fields[name].widget).input_type = "text"


def days_of(span: str, today: date) -> tuple[date, date]:
    """The first and the last day of a named period."""
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    if span == "week":
        return monday, monday + 6 * DAY
    if span == "last_week":
        return monday - 7 * DAY, monday - DAY
    if span == "last_month":
        return (month - DAY).replace(day=1), month - DAY
    if span == "quarter":
        first = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
        return first, _month_end(first, 3)
    return month, _month_end(month, 1)


def _month_end(first: date, months: int) -> date:
    later = first + timedelta(days=31 * months)
    return later.replace(day=1) - DAY


def _wrong(since: date, until: date) -> str:
    if until < since:
        return gettext("The period ends before it begins.")
    if since.year < FIRST_YEAR or until.year >= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR - 1}
        return gettext("Only the years %(first)d to %(last)d can be reported.") % years
    if until - since > LONGEST:
        return gettext("A report covers at most %(years)d years.") % {"years": LONGEST_YEARS}
    return ""


def _filters(chosen: Mapping[str, Any], period: Period) -> Filters:
    kind = chosen.get("kind") or Promise.Kind.FIRST
    tier, organisation = chosen.get("tier"), chosen.get("organisation")
    return Filters(
        period=period,
        kind="" if kind == ALL_KINDS else kind,
        is_guaranteed=GUARANTEED.get(chosen.get("guaranteed", "")),
        tier=tier.pk if tier else None,
        channel=chosen.get("channel", ""),
        team=chosen.get("team", ""),
        agent=chosen.get("agent", ""),
        organisation=organisation.pk if organisation else None,
        customer=chosen.get("customer", ""),
        outcome=chosen.get("outcome", ""),
    )


def _teams() -> list[tuple[str, Any]]:
    teams = [(str(team.pk), team.name) for team in Team.objects.order_by("name")]
    return [("", _("All")), *teams, (NOBODY, _("no team"))]


def _agents() -> list[tuple[str, Any]]:
    """All who have ever worked here: a locked person's answers are in the report too."""
    agents = User.objects.get_queryset().exclude(role=User.Role.CUSTOMER)
    people = [(str(one.pk), str(one)) for one in agents.order_by("name", "email")]
    return [("", _("All")), *people, (NOBODY, _("nobody"))]


def _choose(field: forms.Field, choices: list[tuple[str, Any]]) -> None:
    cast("forms.ChoiceField", field).choices = choices
