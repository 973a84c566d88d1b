"""Money: integer cents, exact sums as fractions, and one rounding at the very end (law 7).

Plain arithmetic: no Django, no clock. Rates of VAT are hundredths of a percent: 1900 is 19 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

FULL = 10_000  # 100 % in hundredths of a percent
HALF = Fraction(1, 2)


def round_half_up(exact: Fraction) -> int:
    """The nearest whole number of cents; half a cent goes away from zero."""
    return floor(exact + HALF) if exact >= 0 else -floor(-exact + HALF)


def vat_on_net(net: int, rate: int) -> int:
    """The tax on top of a net amount, in cents."""
    return round_half_up(Fraction(net * rate, FULL))


def vat_in_gross(gross: int, rate: int) -> int:
    """The tax that a gross amount contains, in cents."""
    return round_half_up(Fraction(gross * rate, FULL + rate))


def split(total: int, parts: Sequence[Fraction]) -> list[int]:
    """Whole cents for each exact part, together just `total` (largest remainder).

    Each is the part's own floor, or one more; equal remainders are served in order. Raises
    ValueError when `total` is not the rounded sum of the parts.
    """
    floors = [floor(part) for part in parts]
    missing = total - sum(floors)
    if not 0 <= missing <= len(parts):
        raise ValueError(f"{total} is not the sum of {list(parts)}")
    by_remainder = sorted(range(len(parts)), key=lambda index: floors[index] - parts[index])
    chosen = set(by_remainder[:missing])
    return [one + (index in chosen) for index, one in enumerate(floors)]
