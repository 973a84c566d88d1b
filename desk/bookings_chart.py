"""How many customers had which level, month by month, as the shapes of a picture: stacked columns.

All numbers are whole pixels: a template would write a fraction in the reader's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

from sla.models import SupportTier

# For a desk and for a phone: each is drawn at its own size, so that its words stay legible.
WIDE, NARROW = 920, 312
LEFT, TOP, PLOT, FOOT = 46, 22, 150, 26
WIDEST_COLUMN = 44
# What a label below a column takes.
LABEL = 34
# What a digit above a column takes.
DIGIT = 8
GAP = 1
# Tops of the scale within a power of ten; all can be halved.
STEPS = (2, 4, 6, 10)


@dataclass(frozen=True, slots=True)
class Month:
    """One month's end, or the present moment of the month that runs: bookings by tier."""

    first: date
    counts: tuple[int, ...]
    is_running: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Piece:
    """One tier's part of a column."""

    tier: SupportTier
    count: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    month: Month
    pieces: list[Piece]
    x: int
    width: int
    middle: int
    # Where its number and its label stand, and whether there is room for them.
    number_y: int
    number: bool
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    name: str
    width: int
    columns: list[Column]
    most: int

    left: int = LEFT
    height: int = TOP + PLOT + FOOT
    label_y: int = TOP + PLOT + 18

    @property
    def lines(self) -> list[tuple[int, int]]:
        """The heights of the grid, and the number each stands for."""
        return [(TOP, self.most), (TOP + PLOT // 2, self.most // 2), (TOP + PLOT, 0)]


def draw(name: str, tiers: Sequence[SupportTier], months: Sequence[Month], width: int) -> Chart:
    """Draw the months side by side in a picture of this width; the first tier stands below."""
    most = scale(max((month.total for month in months), default=0))
    slot = (width - LEFT) / max(1, len(months))
    column = max(1, min(WIDEST_COLUMN, round(slot * 0.64)))
    every = max(1, -(-LABEL // max(1, int(slot))))
    columns = []
    for index, month in enumerate(months):
        middle = round(LEFT + slot * (index + 0.5))
        pieces = _pieces(tiers, month, most)
        is_labelled = (len(months) - 1 - index) % every == 0
        columns.append(
            Column(
                month=month,
                pieces=pieces,
                x=middle - column // 2,
                width=column,
                middle=middle,
                number_y=(pieces[-1].y if pieces else TOP + PLOT) - 7,
                number=bool(pieces) and (is_labelled or slot >= DIGIT * len(f"{month.total:,}")),
                label=date_format(month.first, "M") if is_labelled else "",
            )
        )
    return Chart(name, width, columns, most)


def scale(most: int) -> int:
    """The top of the scale: the next round number, one that can be halved."""
    power = 1
    while True:
        for step in STEPS:
            if most <= step * power:
                return step * power
        power *= 10


def _pieces(tiers: Sequence[SupportTier], month: Month, most: int) -> list[Piece]:
    """From the bottom up; however few there are of a tier, they are seen."""
    pieces: list[Piece] = []
    foot, below = TOP + PLOT, 0
    for tier, count in zip(tiers, month.counts, strict=True):
        if not count:
            continue
        below += count
        top = min(TOP + PLOT - round(PLOT * below / most), foot - 1 - GAP)
        pieces.append(Piece(tier, count, top, max(1, foot - top - (GAP if pieces else 0))))
        foot = top
    return pieces
