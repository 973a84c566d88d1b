"""Measure and print one table: `script/bench`, or `script/bench due intake` for some of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib import import_module

SECTIONS = (
    "due",
    "intake",
    "contact_form",
    "facebook",
    "queue_page",
    "next_ticket",
    "sweep",
    "upgrade",
    "billing",
    "public_pages",
    "search",
    "startup",
)


def main(names: list[str]) -> int:
    """Run the named sections, or all; an unknown name says which there are."""
    if unknown := set(names) - set(SECTIONS):
        print(f"No such section: {', '.join(sorted(unknown))}. There are: {', '.join(SECTIONS)}.")
        return 2
    rows: list[tuple[str, str, str, str]] = []
    for name in names or SECTIONS:
        print(f"… {name}", file=sys.stderr, flush=True)
        measure: Callable[[], Iterable[tuple[str, float, str, str]]] = import_module(
            f"benchmarks.{name}"
        ).measure
        rows += [(label, figure(value), unit, limit) for label, value, unit, limit in measure()]
    print(table(rows))
    return 0


def figure(value: float) -> str:
    """Three significant digits and no exponent: 315,000 · 42.1 · 0.031."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def table(rows: list[tuple[str, str, str, str]]) -> str:
    """The rows as aligned columns, figures to the right."""
    head = ("measured", "here", "unit", "beside it")
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {value:>{widths[1]}}  {unit:<{widths[2]}}  {limit}".rstrip()
        for name, value, unit, limit in [head, *rows]
    ]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
