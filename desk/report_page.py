"""What the report's page shows: figures, tables whose numbers are links, and the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organisation, Team, User
from desk import report_chart
from desk.report_chart import Chart, Week
from desk.report_form import ALL_KINDS, SPANS, Asked, ReportForm
from sla.models import SupportTier
from sla.report import NOBODY, Counts, Dimension, Outcome, Period, Report, Tally
from sla.report_times import NO_TIMES, Times
from tickets.models import Channel

# As many rows as a table shows; what is behind it is in the CSV, or a filter away.
MOST_ROWS = 100
# The filters whose fields are folded away while they are empty.
FOLDED = ("kind", "guaranteed", "tier", "channel", "team", "agent", "customer")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, and where the tickets behind it are."""

    number: int
    url: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    # The report of this row alone; empty where there is none.
    url: str
    metal: str
    cells: list[Cell]
    share: float | None
    times: Times


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    url: str
    is_current: bool


def context(asked: Asked, form: ReportForm, found: Report) -> dict[str, object]:
    """Everything the page shows besides the form."""
    total = found.total
    rows = _rows(asked, found)
    weeks = report_chart.weeks_of(found.weeks)
    return {
        "form": form,
        "period": period_name(asked.filters.period),
        "spans": _spans(asked),
        "tabs": _tabs(asked),
        "by": Dimension(asked.by).label,
        "total": _row(asked, _("All"), total.both, found.times),
        "promised": [
            _row(asked, _("Guarantees"), total.guarantees, NO_TIMES, guaranteed="yes"),
            _row(asked, _("Targets"), total.targets, NO_TIMES, guaranteed="no"),
        ],
        "times": found.times,
        "rows": rows,
        "hidden_rows": len(found.rows) - len(rows),
        "weeks": weeks,
        "charts": _charts(weeks) if total.both.decided else [],
        "export": asked.address(reverse("desk:promise_export")),
        "plain": reverse("desk:promises"),
        "organisation": _organisation(asked),
        "narrowed": not asked.span or any(asked.params.get(name) for name in FOLDED),
    }


def period_name(period: Period) -> str:
    """A whole month by its name, else the first and the last day."""
    if period.first.day == period.end.day == 1 and (period.end - period.first).days <= 31:
        return date_format(period.first, "F Y")
    days = {"first": date_format(period.first), "last": date_format(period.last)}
    return _("%(first)s to %(last)s") % days


def said(asked: Asked, form: ReportForm) -> list[str]:
    """The filters in words, as the head of a list says them."""
    kinds = {"next": _("Follow-ups"), ALL_KINDS: _("First responses and follow-ups")}
    words = [kinds.get(asked.params.get("kind", ""), _("First responses"))]
    chosen = ("outcome", "guaranteed", "tier", "channel", "team", "agent")
    words += [_chosen(form, name, asked.params[name]) for name in chosen if asked.params.get(name)]
    if customer := asked.params.get("customer"):
        words.append(_("“%(words)s”") % {"words": customer})
    if organisation := form.cleaned_data.get("organisation"):
        words.append(organisation.name)
    return words


def _chosen(form: ReportForm, name: str, value: str) -> str:
    choices = form.fields[name].choices  # type: ignore[attr-defined]  # each is a choice
    return next((str(label) for key, label in choices if str(key) == value), value)


def _spans(asked: Asked) -> list[Link]:
    path = reverse("desk:promises")
    dates = {"since": "", "until": ""}
    return [
        Link(str(label), asked.address(path, **dates, period=span), span == asked.span)
        for span, label in SPANS.items()
    ]


def _tabs(asked: Asked) -> list[Link]:
    path = reverse("desk:promises")
    return [
        Link(str(label), f"{asked.address(path, by=by)}#rows", by == asked.by)
        for by, label in Dimension.choices
    ]


def _organisation(asked: Asked) -> Link | None:
    """The one organisation the report is about, and the way back to all."""
    if asked.filters.organisation is None:
        return None
    organisation = Organisation.objects.get(pk=asked.filters.organisation)
    return Link(organisation.name, asked.address(reverse("desk:promises"), organisation=""), True)


def _rows(asked: Asked, found: Report) -> list[Row]:
    names = _names(asked.by, found.rows)
    return [
        _row(
            asked,
            names[key][0],
            found.rows[key].both,
            found.times_of.get(key, NO_TIMES),
            metal=names[key][1],
            **{asked.by: NOBODY if key is None else key},
        )
        for key in _in_order(asked.by, found.rows, names)[:MOST_ROWS]
    ]


def _row(
    asked: Asked, name: str, counts: Counts, times: Times, *, metal: str = "", **of: object
) -> Row:
    path = reverse("desk:promise_tickets")
    cells = [Cell(counts.all, asked.address(path, **of))]
    for outcome in Outcome.values:
        number = getattr(counts, outcome)
        cells.append(Cell(number, asked.address(path, **of, outcome=outcome), outcome))
    url = asked.address(reverse("desk:promises"), **of) if of else ""
    return Row(name, url, metal, cells, counts.share, times)


def _in_order(by: str, tallies: dict[Any, Tally], names: dict[Any, tuple[str, str]]) -> list[Any]:
    """Tiers in their own order, highest first; others by how much was promised, nobody last."""
    if by == Dimension.TIER:
        return [key for key in names if key in tallies]
    return sorted(tallies, key=lambda key: (key is None, -tallies[key].both.all, names[key][0]))


def _names(by: str, keys: Iterable[Any]) -> dict[Any, tuple[str, str]]:
    """The name of each value, and the metal of a tier."""
    if by == Dimension.TIER:
        tiers = SupportTier.objects.order_by("-position")
        return {tier.pk: (tier.name, tier.metal) for tier in tiers}
    if by == Dimension.CHANNEL:
        return {key: (str(Channel(key).label), "") for key in keys}
    nameless = _("nobody") if by == Dimension.AGENT else _("no team")
    return {None: (nameless, ""), **dict(_named(by, [key for key in keys if key is not None]))}


def _named(by: str, keys: list[Any]) -> Iterator[tuple[Any, tuple[str, str]]]:
    found: dict[Any, Any] = {}
    if by == Dimension.TEAM:
        found = Team.objects.in_bulk(keys)
    elif by == Dimension.AGENT:
        found = User.objects.get_queryset().in_bulk(keys)
    else:
        found = Organisation.objects.in_bulk(keys)
    return ((key, (str(one), "")) for key, one in found.items())


def _charts(weeks: list[Week]) -> list[Chart]:
    return [
        report_chart.draw("wide", weeks, report_chart.WIDE),
        report_chart.draw("narrow", weeks, report_chart.NARROW),
    ]
