"""What a measurement gives: named rows with a ratio, its target and the seconds behind it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``value`` is what the target is about (a ratio, or an amount in the unit shown)."""

    what: str
    value: float
    target: float | None
    unit: str
    seen: str

    @property
    def is_met(self) -> bool:
        return self.target is None or self.value <= self.target


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over rounds of the quotient of each round, in which both met the same machine."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | measured | target | met | seen |", "| --- | ---: | ---: | :-: | --- |"]
    for row in rows:
        target = "" if row.target is None else f"≤ {row.target:g} {row.unit}"
        met = "" if row.target is None else "yes" if row.is_met else "**no**"
        lines.append(f"| {row.what} | {row.value:.2f} {row.unit} | {target} | {met} | {row.seen} |")
    return "\n".join(lines)
