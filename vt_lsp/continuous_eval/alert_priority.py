"""How much an alert matters, from 0 to 100, and why. Pure.

severity x confidence x reach x freshness, moved by what the user did with such alerts before. Each factor is told in
words, so that nobody has to wonder about the order of a list.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from vt_lsp.models import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vt_lsp.models import Alert

_SEVERITY: Final = {Severity.ERROR: 1.0, Severity.WARNING: 0.7, Severity.INFORMATION: 0.4, Severity.HINT: 0.2}
_HALF_LIFE: Final = timedelta(days=14)
_WIDE: Final = 32  # claims, callers and open files: from here on reach counts in full
LEAST_FOR_WINDOW: Final = 10  # below it, an alert waits for the summary however precise its type is


class Reactions(msgspec.Struct, frozen=True):
    """What the user did with alerts of one rule and drift type: acted on them, or put them away."""

    acted: int = 0
    dismissed: int = 0

    @property
    def factor(self) -> float:
        """Between 0.25 and 1.5; 1 where nothing is known."""
        return max(0.25, min(1.5, 2 * (self.acted + 1) / (self.acted + self.dismissed + 2)))


@dataclass(frozen=True, slots=True)
class Priority:
    """The score, and each factor in words."""

    score: int
    reasons: tuple[str, ...]


def kind_of(alert: Alert) -> str:
    """Alerts that the user's reactions are counted together for."""
    return f"{alert.rule}/{alert.context.get('drift_type', '')}"


def priority(alert: Alert, reactions: Mapping[str, Reactions], now: datetime) -> Priority:
    """How much the alert matters at a moment."""
    severity = _SEVERITY[alert.severity]
    reach = 0.6 + 0.4 * min(1.0, math.log2(max(1, alert.reach)) / math.log2(_WIDE))
    age = max(timedelta(), now - (alert.seen or alert.timestamp))
    fresh = 0.4 + 0.6 * 0.5 ** (age / _HALF_LIFE)
    known = reactions.get(kind_of(alert), Reactions())
    score = 100 * severity * alert.confidence * reach * fresh * known.factor
    reasons = [
        f"{alert.severity}: x {severity:g}",
        f"confidence {alert.confidence:.0%}: x {alert.confidence:.2g}",
        f"concerns {alert.reach} claim{'s' * (alert.reach != 1)}, callers or open files: x {reach:.2g}",
        f"{_ago(age)}: x {fresh:.2g}",
    ]
    if known != Reactions():
        done = f"you acted on {known.acted} such and put {known.dismissed} away"
        reasons.append(f"{done}: x {known.factor:.2g}")
    return Priority(min(100, round(score)), tuple(reasons))


def _ago(age: timedelta) -> str:
    if age < timedelta(hours=1):
        return "new"
    hours = int(age / timedelta(hours=1))
    return f"seen {hours} h ago" if hours < 48 else f"seen {hours // 24} days ago"
