"""The share kept by week, as the shapes of a picture: columns of 100 %, the broken part on top.

All numbers are whole pixels: a template would write a fraction in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sla.report import Counts, Tally

# For a desk and for a phone: each is drawn at its own size, so that its words stay legible.
WIDE, NARROW = 920, 312
LEFT, TOP, PLOT, FOOT = 46, 22, 150, 26
WIDEST_COLUMN = 44
# What a label below and a number above a column take.
LABEL, NUMBER = 62, 52
MANY_WEEKS = 60


@dataclass(frozen=True, slots=True)
class Week:
    """One week's figures, as the table beside the picture says them."""

    monday: date
    counts: Counts

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def name(self) -> str:
        return _("Week %(week)d") % {"week": self.monday.isocalendar().week}


@dataclass(frozen=True, slots=True)
class Column:
    """One week: the kept part from the bottom up, the broken part above it."""

    week: Week
    x: int
    width: int
    kept_y: int
    kept: int
    broken: int
    # Where its words stand; empty where there is no room for them.
    middle: int
    label: str
    number: bool


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    width: int
    columns: list[Column]

    top: int = TOP
    left: int = LEFT
    bottom: int = TOP + PLOT
    height: int = TOP + PLOT + FOOT
    label_y: int = TOP + PLOT + 18

    @property
    def lines(self) -> list[tuple[int, float]]:
        """The heights of the grid, and the share each stands for."""
        return [(TOP, 1.0), (TOP + PLOT // 2, 0.5), (TOP + PLOT, 0.0)]


def weeks_of(tallies: Mapping[date, Tally]) -> list[Week]:
    return [Week(monday, tally.both) for monday, tally in tallies.items()]


def draw(name: str, weeks: list[Week], width: int) -> Chart:
    """Draw the weeks side by side in a picture of this width."""
    slot = (width - LEFT) / len(weeks)
    column = max(1, min(WIDEST_COLUMN, round(slot * 0.72)))
    every = max(1, -(-LABEL // max(1, int(slot))))
    columns = []
    for index, week in enumerate(weeks):
        middle = round(LEFT + slot * (index + 0.5))
        kept = round(PLOT * (week.counts.share or 0))
        decided = PLOT if week.counts.decided else 0
        # However few are broken, and however few kept, they are seen.
        broken = max(decided - kept, 2) if week.counts.broken else 0
        kept = decided - broken
        columns.append(
            Column(
                week=week,
                x=middle - column // 2,
                width=column,
                kept_y=TOP + PLOT - kept,
                kept=kept,
                broken=max(0, broken - 1) if kept else broken,
                middle=middle,
                label=_label(week, len(weeks)) if index % every == 0 else "",
                number=slot >= NUMBER and bool(decided),
            )
        )
    return Chart(name, width, columns)


def _label(week: Week, count: int) -> str:
    if count > MANY_WEEKS:
        return date_format(week.monday, "m/Y")
    return week.name
